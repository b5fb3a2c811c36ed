"""How an analysis goes on: what workers tell of it. Routes change states only by `cancel` and `submit`.

Each function is one transaction. The lease that `start` gives is the fence: whoever was thought dead and comes back
holds a lease of an earlier attempt, and is told to stop.
 Workers call them in this order: `start`, `record_progress` and `record_finding` any
number of times, then one of `finish`, `fail` or, when they have to give it back, `requeue`. Every one of them notices
when the analysis was cancelled, deleted or taken by somebody else meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from unmask.db.repository import Repository
from unmask.db.tables import Analysis, Artifact, FindingRow
from unmask.errors import Cancelled, UnmaskError
from unmask.result import Finding, Result
from unmask.service.context import Context, Principal
from unmask.service.errors import NotFound, WrongState
from unmask.service.retention import expiry

LEASE = timedelta(seconds=60)
"""How long a worker may be silent before it is thought dead. `record_progress` and `heartbeat` renew it."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on an analysis: `attempt` counts how often it was started."""

    analysis: str
    attempt: int


OPEN: tuple[Any, ...] = ("queued", "running")


@dataclass(frozen=True, slots=True)
class ArtifactFile:
    """A file that a worker has put into the store already, under `key`."""

    name: str
    key: str
    size: int
    sha256: str
    media_type: str


def start(context: Context, analysis: str, worker: str) -> tuple[Analysis, Lease] | None:
    """Take a queued analysis: from `queued` to `running`, leased to `worker`.

    None if it is not queued any more: taken by another worker, cancelled or deleted. The job is then dropped.
    """
    now = context.now()
    with context.database.write() as repo:
        row = repo.analyses.change(
            analysis,
            ("queued",),
            "running",
            "worker",
            worker=worker,
            lease_until=now + LEASE,
            started_at=now,
            stage="ingest",
            fraction=0.0,
            attempts=Analysis.attempts + 1,
        )
        if row is None:
            return None
        repo.events.add(analysis, "state", {"state": "running", "attempt": row.attempts}, now)
        return row, Lease(analysis, row.attempts)


def heartbeat(context: Context, lease: Lease) -> None:
    """Say that the worker lives. Cheap; call it every few seconds, or `record_progress` instead.

    Raises:
        Cancelled: the analysis is not running any more; stop working on it.
    """
    with context.database.write() as repo:
        _renew(repo, context, lease)


def record_progress(
    context: Context, lease: Lease, stage: str, fraction: float, detail: dict[str, Any] | None = None
) -> None:
    """Tell how far it is: an event `progress` for whoever listens. `fraction` is 0 to 1, of `stage`.

    Raises:
        Cancelled: the analysis is not running any more; stop working on it.
    """
    with context.database.write() as repo:
        _renew(repo, context, lease, stage=stage, fraction=min(1.0, max(0.0, fraction)))
        data = {"stage": stage, "fraction": round(fraction, 4)} | (detail or {})
        repo.events.add(lease.analysis, "progress", data, context.now())


def record_media(context: Context, lease: Lease, duration: float) -> None:
    """What ingest learned: the media's duration in seconds. Raises Cancelled as `record_progress`."""
    with context.database.write() as repo:
        _renew(repo, context, lease, duration=duration)
        repo.events.add(lease.analysis, "media", {"duration": duration}, context.now())


def record_finding(context: Context, lease: Lease, finding: Finding) -> None:
    """A finding that is known before the end: an event `finding`. Raises Cancelled as `record_progress`."""
    with context.database.write() as repo:
        _renew(repo, context, lease)
        repo.attached.put_finding(_finding_row(lease.analysis, finding))
        repo.events.add(lease.analysis, "finding", finding.model_dump(mode="json"), context.now())


def finish(context: Context, lease: Lease, result: Result, artifacts: Sequence[ArtifactFile]) -> Analysis:
    """It is done: verdict, findings and artifacts become visible together, `result.json` among the artifacts.

    Called twice with the same outcome (a task that ran again), the second call changes nothing.

    Raises:
        Cancelled: it was cancelled, deleted or failed meanwhile. The caller removes what it put into the store.
    """
    now = context.now()
    with context.database.write() as repo:
        row = repo.analyses.change(
            lease.analysis,
            ("running",),
            "done",
            "worker",
            attempt=lease.attempt,
            finished_at=now,
            stage=None,
            fraction=1.0,
            duration=result.media.duration,
            verdict=result.verdict.label,
            probability=result.verdict.probability,
            worker=None,
            lease_until=None,
        )
        if row is None:
            there = repo.analyses.find(lease.analysis)
            if there is not None and there.state == "done":
                return there
            raise Cancelled("The analysis ended in another way meanwhile.")
        repo.attached.replace_findings(
            lease.analysis, [_finding_row(lease.analysis, finding) for finding in result.findings]
        )
        repo.attached.replace_artifacts(lease.analysis, [_artifact_row(lease.analysis, file) for file in artifacts])
        data = {"state": "done", "verdict": result.verdict.label, "probability": result.verdict.probability}
        _ended(repo, context, row, data)
    return row


def fail(context: Context, analysis: str, error: UnmaskError, attempt: int | None = None) -> bool:
    """It can't be done, for a reason that the client is told; whether it was still open.

    A worker gives the `attempt` of its lease; without one, it fails whoever works on it.
    """
    now = context.now()
    with context.database.write() as repo:
        row = repo.analyses.change(
            analysis,
            OPEN,
            "failed",
            "worker",
            attempt=attempt,
            finished_at=now,
            error_code=error.code,
            error_status=error.http_status,
            error_message=error.message,
            error_hint=error.hint,
            worker=None,
            lease_until=None,
        )
        if row is not None:
            _ended(repo, context, row, {"state": "failed", "error": error.to_dict()})
        return row is not None


def requeue(context: Context, lease: Lease, reason: str, *, died: bool = True, delay: float = 0.0) -> bool:
    """Give a running analysis back, to be started again after `delay` seconds; whether it was running.

    `died` counts a death of its worker: `Analysis.deaths` says how many there were, for the quarantine.
    """
    now = context.now()
    with context.database.write() as repo:
        deaths = Analysis.deaths + 1 if died else Analysis.deaths
        row = repo.analyses.change(
            lease.analysis,
            ("running",),
            "queued",
            "worker",
            attempt=lease.attempt,
            worker=None,
            lease_until=None,
            deaths=deaths,
            fraction=0.0,
        )
        if row is None:
            return False
        repo.events.add(lease.analysis, "state", {"state": "queued", "reason": reason}, now)
        enqueue(repo, context, row, delay)
        return True


def cancel(context: Context, principal: Principal, analysis: str) -> Analysis:
    """Stop it. Its state is `cancelled` at once; its worker notices with its next progress or heartbeat.

    Cancelling what is cancelled changes nothing.

    Raises:
        NotFound: no such analysis in this project.
        WrongState: it has ended already.
    """
    now = context.now()
    with context.database.write() as repo:
        if repo.analyses.get(principal.project, analysis) is None:
            raise NotFound("There is no analysis with that id.")
        row = repo.analyses.change(
            analysis, OPEN, "cancelled", principal.actor, finished_at=now, worker=None, lease_until=None
        )
        if row is not None:
            repo.outbox.withdraw(analysis, "analysis.start")
            repo.outbox.add("analysis.cancel", {}, now, project=principal.project, analysis=analysis)
            _ended(repo, context, row, {"state": "cancelled"})
            return row
        there = repo.analyses.get(principal.project, analysis)
        if there is None:
            raise NotFound("There is no analysis with that id.")
        if there.state != "cancelled":
            raise WrongState(f"The analysis has ended already: it is {there.state}.")
        return there


def enqueue(repo: Repository, context: Context, row: Analysis, delay: float = 0.0) -> None:
    """Decide, in the caller's transaction, that a worker is to take it; the job leaves with the commit."""
    now = context.now()
    repo.outbox.add(
        "analysis.start",
        {},
        now,
        project=row.project_id,
        analysis=row.id,
        priority=row.priority,
        available=now + timedelta(seconds=delay),
    )


def _renew(repo: Repository, context: Context, lease: Lease, **values: Any) -> None:
    values["lease_until"] = context.now() + LEASE
    if not repo.analyses.set(lease.analysis, "running", lease.attempt, **values):
        raise Cancelled("The analysis is not running any more.")


def _ended(repo: Repository, context: Context, row: Analysis, data: dict[str, Any]) -> None:
    """What every end has in common: an event, the retention's clock, messages to webhooks."""
    now = context.now()
    repo.events.add(row.id, "state", data, now)
    row.expires_at = expiry(repo, context.settings, row, now)
    if row.options.get("retention_days") == 0:
        repo.outbox.add("media.release", {}, now, project=row.project_id, analysis=row.id)
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
