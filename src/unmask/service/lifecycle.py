"""How an analysis goes on. Workers tell of it here; routes change states only by `submit` and `cancel`.

Workers: `start`, then `record_progress`, `record_media` and `record_finding` any number of times, then one of `finish`
and `fail`. Each works in the caller's transaction, so that it is one with what the worker notes of its own unit, and
each notices when the analysis was cancelled, deleted or ended meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from unmask.db.repository import Repository
from unmask.db.tables import Analysis, Artifact, FindingRow, UsedModel
from unmask.errors import Cancelled, UnmaskError
from unmask.result import Finding, Result
from unmask.service.context import Context, Principal
from unmask.service.deletion import SWEEP_AFTER
from unmask.service.errors import NotFound, WrongState
from unmask.service.retention import RELEASE, expiry, leaves_at_once

OPEN: tuple[Any, ...] = ("queued", "running")


@dataclass(frozen=True, slots=True)
class ArtifactFile:
    """A file that a worker has put into the store already, under `key`."""

    name: str
    key: str
    size: int
    sha256: str
    media_type: str


def start(repo: Repository, context: Context, analysis: str) -> Analysis | None:
    """From `queued` to `running`. None if it is not queued any more: begun already, cancelled or deleted."""
    now = context.now()
    row = repo.analyses.change(analysis, ("queued",), "running", "worker", started_at=now, stage="ingest")
    if row is not None:
        repo.events.add(analysis, "state", {"state": "running"}, now)
    return row


def record_progress(
    repo: Repository, context: Context, analysis: str, *, stage: str, fraction: float, **detail: Any
) -> int:
    """Tell how far it is: an event `progress`, whose place is returned. `fraction` is 0 to 1, of `stage`.

    Raises:
        Cancelled: the analysis is not running any more; stop working on it.
    """
    fraction = min(1.0, max(0.0, fraction))
    data = {"stage": stage, "fraction": round(fraction, 4)} | detail
    return _tell(repo, context, analysis, "progress", data, stage=stage, fraction=fraction)


def record_media(repo: Repository, context: Context, analysis: str, duration: float) -> int:
    """What ingest learned: the media's duration in seconds. Raises Cancelled as `record_progress`."""
    return _tell(repo, context, analysis, "media", {"duration": duration}, duration=duration)


def record_finding(repo: Repository, context: Context, analysis: str, finding: Finding) -> int:
    """A finding that is known before the end: an event `finding`. Raises Cancelled as `record_progress`."""
    place = _tell(repo, context, analysis, "finding", finding.model_dump(mode="json"))
    repo.attached.put_finding(_finding_row(analysis, finding))
    return place


def finish(
    repo: Repository, context: Context, analysis: str, result: Result, artifacts: Sequence[ArtifactFile]
) -> Analysis:
    """It is done: verdict, findings and artifacts become visible together, `result.json` among the artifacts.

    A second call (a task that ran again) changes nothing.

    Raises:
        Cancelled: it was cancelled, deleted or failed meanwhile. The caller removes what it put into the store.
    """
    row = repo.analyses.change(
        analysis,
        ("running",),
        "done",
        "worker",
        finished_at=context.now(),
        stage=None,
        fraction=1.0,
        duration=result.media.duration,
        verdict=result.verdict.label,
        probability=result.verdict.probability,
    )
    if row is None:
        there = repo.analyses.find(analysis)
        if there is not None and there.state == "done":
            return there
        raise Cancelled("The analysis ended in another way meanwhile.")
    repo.attached.replace_findings(analysis, [_finding_row(analysis, finding) for finding in result.findings])
    used = {model.name: model for model in result.models}.values()
    repo.attached.replace_models(
        analysis, [UsedModel(analysis_id=analysis, name=m.name, version=m.version, sha256=m.sha256) for m in used]
    )
    repo.attached.replace_artifacts(analysis, [_artifact_row(analysis, file) for file in artifacts])
    data = {"state": "done", "verdict": result.verdict.label, "probability": result.verdict.probability}
    _ended(repo, context, row, data)
    return row


def fail(repo: Repository, context: Context, analysis: str, error: UnmaskError) -> bool:
    """It can't be done, for a reason that the client is told; whether it was still open."""
    row = repo.analyses.change(
        analysis,
        OPEN,
        "failed",
        "worker",
        finished_at=context.now(),
        error_code=error.code,
        error_status=error.http_status,
        error_message=error.message,
        error_hint=error.hint,
    )
    if row is not None:
        _ended(repo, context, row, {"state": "failed", "error": error.to_dict()})
    return row is not None


def cancel(context: Context, principal: Principal, analysis: str) -> Analysis:
    """Stop it. Its state is `cancelled` at once; its workers notice within a second or two.

    Cancelling what is cancelled changes nothing.

    Raises:
        NotFound: no such analysis in this project.
        WrongState: it has ended already.
    """
    now = context.now()
    with context.database.write() as repo:
        if repo.analyses.get(principal.project, analysis) is None:
            raise NotFound("There is no analysis with that id.")
        row = repo.analyses.change(analysis, OPEN, "cancelled", principal.actor, finished_at=now)
        if row is not None:
            repo.work.drop_waiting(analysis)
            _ended(repo, context, row, {"state": "cancelled"})
            return row
        there = repo.analyses.get(principal.project, analysis)
        if there is None:
            raise NotFound("There is no analysis with that id.")
        if there.state != "cancelled":
            raise WrongState(f"The analysis has ended already: it is {there.state}.")
        return there


def _tell(repo: Repository, context: Context, analysis: str, kind: str, data: dict[str, Any], **values: Any) -> int:
    if not repo.analyses.set(analysis, "running", **values):
        raise Cancelled("The analysis is not running any more.")
    place = repo.events.add(analysis, kind, data, context.now())
    if place is None:
        raise Cancelled("The analysis is not there any more.")
    return place


def _ended(repo: Repository, context: Context, row: Analysis, data: dict[str, Any]) -> None:
    """What every end has in common: an event, the retention's clock, messages to webhooks."""
    now = row.finished_at or context.now()
    repo.events.add(row.id, "state", data, now)
    row.expires_at = expiry(repo, context.settings, row, now)
    if leaves_at_once(repo, row):
        repo.outbox.add(RELEASE, {}, now, project=row.project_id, analysis=row.id)
    repo.outbox.add("analysis.tidy", {}, now, project=row.project_id, analysis=row.id, available=now + SWEEP_AFTER)
    repo.outbox.add(
        "webhook.event",
        {"event": f"analysis.{row.state}", "data": data},
        now,
        project=row.project_id,
        analysis=row.id,
        priority=row.priority,
    )


def _finding_row(analysis: str, finding: Finding) -> FindingRow:
    return FindingRow(
        analysis_id=analysis,
        detector=finding.detector,
        subject=finding.subject,
        state=finding.state,
        probability=finding.probability,
        reason=finding.reason,
    )


def _artifact_row(analysis: str, file: ArtifactFile) -> Artifact:
    return Artifact(
        analysis_id=analysis,
        name=file.name,
        key=file.key,
        size=file.size,
        sha256=file.sha256,
        media_type=file.media_type,
    )
