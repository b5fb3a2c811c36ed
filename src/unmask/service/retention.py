"""How long things are kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from unmask.db.repository import Repository
from unmask.db.tables import Analysis
from unmask.service.context import Context, Principal
from unmask.service.deletion import delete
from unmask.service.media import drop_unneeded
from unmask.settings import ServiceSettings
from unmask.storage import keys

REMEMBERED = timedelta(days=7)
"""How long idempotency keys hold, and jobs that were done are kept to be looked at."""
LINKS_REMEMBERED = timedelta(days=30)
"""How long an expired link is still known as such."""
RECORD = "result.json"
"""The one artifact that stays where only the record is kept."""
APPLY: Final = "retention.apply"
RELEASE: Final = "media.release"
"""Jobs: hold what has ended to a project's rules of today; let an analysis go of its media."""
_AT_ONCE: Final = 500


def expiry(repo: Repository, settings: ServiceSettings, row: Analysis, ended: datetime) -> datetime | None:
    """When an analysis that ended then is deleted: its own wish, else its project's, else the server's; None: never.

    A retention of 0 days concerns the media, which goes at once; the rest then follows the project or the server.
    """
    days = row.options.get("retention_days") or None
    if days is None:
        project = repo.access.project(row.project_id)
        days = project.retention_days if project is not None and project.retention_days is not None else None
    if days is None:
        days = settings.retention_days
    return None if days is None else ended + timedelta(days=days)


def leaves_at_once(repo: Repository, row: Analysis) -> bool:
    """Whether the media of an analysis goes as soon as it ended: its own wish, or its project's rule."""
    project = repo.access.project(row.project_id)
    return row.options.get("retention_days") == 0 or (project is not None and project.zero_retention)


def due(context: Context, principal: Principal, limit: int) -> tuple[Sequence[Analysis], int]:
    """What of the project is deleted next, at most `limit` of it, and how many analyses have an end at all."""
    with context.database.read() as repo:
        return repo.analyses.due(principal.project, limit), repo.analyses.count_due(principal.project)


def apply(context: Context, project: str, _analysis: str = "", _payload: dict[str, Any] | None = None) -> None:
    """The job `retention.apply`: all analyses that have ended follow the rules of today. Twice is as once."""
    after = ""
    while True:
        now = context.now()
        with context.database.write() as repo:
            rows = repo.analyses.ended(project, after, _AT_ONCE)
            for row in rows:
                row.expires_at = expiry(repo, context.settings, row, row.finished_at or now)
                if row.media_held and leaves_at_once(repo, row):
                    repo.outbox.add(RELEASE, {}, now, project=project, analysis=row.id, priority=row.priority)
        if len(rows) < _AT_ONCE:
            return
        after = rows[-1].id


def sweep(context: Context, limit: int = 100) -> int:
    """Delete analyses whose time is over, or all of them but their record; how many there were. For beat tasks."""
    with context.database.read() as repo:
        over = repo.analyses.expired(context.now(), limit)
    for project, analysis in over:
        if not keep_only_record(context, project, analysis):
            delete(context, Principal(project, frozenset(), "retention"), analysis)
    with context.database.write() as repo:
        repo.records.forget_keys(context.now() - REMEMBERED)
        repo.shares.forget(context.now() - LINKS_REMEMBERED)
        repo.outbox.prune(context.now() - REMEMBERED)
    return len(over)


def keep_only_record(context: Context, project: str, analysis: str) -> bool:
    """Remove media, report and evidence, and keep the row and `result.json`; False if that is not wished for."""
    with context.database.write() as repo:
        row = repo.analyses.get(project, analysis)
        if row is None or row.state != "done" or not _keeps_record(repo, row):
            return False
        kept = [artifact for artifact in repo.attached.artifacts(analysis) if artifact.name == RECORD]
        repo.attached.keep_artifacts(analysis, [artifact.name for artifact in kept])
        row.media_held, row.expires_at = False, None
        repo.session.flush()
        if row.media_sha256 is not None:
            drop_unneeded(repo, context, project, row.media_sha256)
        repo.records.audit("analysis.keep_record", "retention", context.now(), project=project, analysis=analysis)
        stays = {artifact.key for artifact in kept}
        found = context.store.list(keys.analysis_prefix(project, analysis))
        context.store.delete([item.key for item in found if item.key not in stays])
    return True


def _keeps_record(repo: Repository, row: Analysis) -> bool:
    project = repo.access.project(row.project_id)
    return row.keep_record or (project is not None and project.keep_record)
