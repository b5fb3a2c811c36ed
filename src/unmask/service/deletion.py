"""Deletion of an analysis, everywhere, with a receipt that says what was removed and that it is gone.

Rows go first, in one transaction, with the list of objects kept in the receipt; objects go after the commit. If the
store does not answer then, the job `deletion.complete` goes on. A worker that did not notice yet may still write: the
job `analysis.sweep` looks once more, later.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from unmask.db.repository import Repository
from unmask.db.tables import Analysis, Deletion
from unmask.record import receipt as receipts
from unmask.service.context import Context, Principal, new_id
from unmask.service.errors import NotFound, StoreUnavailable
from unmask.service.media import drop_unneeded
from unmask.storage import keys

SWEEP_AFTER = timedelta(minutes=10)
"""A worker notices within seconds; after so long nothing of its can be under way."""


def delete(context: Context, principal: Principal, analysis: str) -> Deletion:
    """Delete an analysis, stopping it if need be. Deleting what is deleted gives the same receipt again.

    `completed_at` of what is returned is None if the store does not answer now; the rest is then done later.

    Raises:
        NotFound: no such analysis in this project, and none was deleted.
    """
    delete_rows(context, principal.project, analysis, principal.actor)
    try:
        return complete_deletion(context, principal.project, analysis)
    except StoreUnavailable:
        with context.database.read() as repo:
            deletion = repo.records.deletion(principal.project, analysis)
        if deletion is None:
            raise NotFound("There is no analysis with that id.") from None
        return deletion


def delete_rows(context: Context, project: str, analysis: str, actor: str) -> None:
    """The first half: rows, in one transaction that also decides on the second half.

    Raises:
        NotFound: no such analysis in this project, and none was deleted.
    """
    now = context.now()
    with context.database.write() as repo:
        if repo.analyses.get(project, analysis) is None or (row := repo.analyses.lock(analysis)) is None:
            if repo.records.deletion(project, analysis) is None:
                raise NotFound("There is no analysis with that id.")
            return
        receipt = _planned(repo, row, now)
        repo.outbox.add("deletion.complete", {}, now, project=project, analysis=analysis)
        repo.outbox.add("analysis.sweep", {}, now, project=project, analysis=analysis, available=now + SWEEP_AFTER)
        repo.records.audit("analysis.delete", actor, now, project=project, analysis=analysis)
        repo.analyses.delete(row)
        repo.records.add(
            Deletion(id=new_id(now), project_id=project, analysis_id=analysis, requested_at=now, receipt=receipt)
        )


def complete_deletion(context: Context, project: str, analysis: str) -> Deletion:
    """The second half: objects go, are looked for, and the receipt is closed. Doing it twice changes nothing more.

    Raises:
        NotFound: nothing of that id was deleted.
        StoreUnavailable: the store does not answer, or still has something.
    """
    prefix = keys.analysis_prefix(project, analysis)
    with context.database.read() as repo:
        deletion = repo.records.deletion(project, analysis)
    if deletion is None:
        raise NotFound("Nothing of that id was deleted.")
    if deletion.completed_at is not None:
        return deletion
    found = list(context.store.list(prefix))
    context.store.delete([item.key for item in found])
    left = [item.key for item in context.store.list(prefix)]
    if left:
        raise StoreUnavailable(f"The store still has {len(left)} objects of the analysis.")
    now = context.now()
    with context.database.write() as repo:
        row = repo.records.deletion(project, analysis, lock=True)
        if row is None:
            raise NotFound("Nothing of that id was deleted.")
        if row.completed_at is None:
            objects = [{"key": item.key, "bytes": item.size} for item in found]
            row.receipt = _closed(row.receipt, objects, _media(repo, context, project, row.receipt["media"]), now)
            row.completed_at = now
        return row


def sweep(context: Context, project: str, analysis: str) -> int:
    """Remove what a worker wrote after the deletion; how many objects that were."""
    found = [item.key for item in context.store.list(keys.analysis_prefix(project, analysis))]
    context.store.delete(found)
    return len(found)


def tidy(context: Context, project: str, analysis: str) -> int:
    """Remove what workers left of an analysis that has ended and that no row names; how many objects that were.

    What they hand each other stays when the last of them died, or none was at work as it was cancelled.
    """
    with context.database.read() as repo:
        row = repo.analyses.get(project, analysis)
        if row is None or row.finished_at is None:
            return 0
        kept = {artifact.key for artifact in repo.attached.artifacts(analysis)}
    left = [item.key for item in context.store.list(keys.analysis_prefix(project, analysis)) if item.key not in kept]
    context.store.delete(left)
    return len(left)


def _planned(repo: Repository, row: Analysis, now: datetime) -> dict[str, Any]:
    return {
        "schema": receipts.SCHEMA,
        "analysis": row.id,
        "project": row.project_id,
        "requested": now.isoformat(),
        "completed": None,
        "state_before": row.state,
        "media": {"sha256": row.media_sha256, "bytes": row.media_bytes} if row.media_sha256 else None,
        "rows": {
            "events": row.event_seq,
            "findings": len(repo.attached.findings(row.id)),
            "artifacts": len(repo.attached.artifacts(row.id)),
            "feedback": len(repo.attached.feedback(row.id)),
            "shares": len(repo.shares.of(row.project_id, row.id)),
        },
        "objects": [],
        "remaining": None,
    }


def _media(repo: Repository, context: Context, project: str, media: dict[str, Any] | None) -> dict[str, Any] | None:
    """What became of the bytes: they stay as long as another analysis of the project was made of them."""
    if media is None:
        return None
    removed = drop_unneeded(repo, context, project, media["sha256"])
    others = 0 if removed else repo.media.holders(project, media["sha256"])
    return media | {"removed": removed, "still_needed_by": others}


def _closed(
    planned: dict[str, Any], objects: list[dict[str, Any]], media: dict[str, Any] | None, now: datetime
) -> dict[str, Any]:
    return receipts.close(planned | {"objects": objects, "media": media, "remaining": 0, "completed": now.isoformat()})
