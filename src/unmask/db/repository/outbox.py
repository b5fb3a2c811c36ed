"""Jobs that were decided in a transaction and leave after its commit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import case, delete, func, select, update
from sqlalchemy.orm import Session

from unmask.db.tables import OutboxJob, Priority


class Outbox:
    """Rows of `outbox`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(
        self,
        kind: str,
        payload: dict[str, Any],
        at: datetime,
        *,
        project: str | None = None,
        analysis: str | None = None,
        priority: Priority = "interactive",
        available: datetime | None = None,
    ) -> int:
        """Decide on a job; it can be taken once this transaction is committed, and not before `available`."""
        job = OutboxJob(
            kind=kind,
            payload=payload,
            project_id=project,
            analysis_id=analysis,
            priority=priority,
            created_at=at,
            available_at=available or at,
        )
        self._session.add(job)
        self._session.flush()
        return job.id

    def take(self, now: datetime, limit: int) -> Sequence[OutboxJob]:
        """Jobs that wait, interactive before batch, oldest first. They stay locked until this transaction ends.

        Other relays skip them meanwhile (PostgreSQL) or wait (SQLite). Hand each to the broker, call `dispatched` and
        commit: a relay that dies before the commit leaves the job to be handed out once more, so jobs are idempotent.
        """
        urgent = case((OutboxJob.priority == "interactive", 0), else_=1)
        query = (
            select(OutboxJob)
            .where(OutboxJob.dispatched_at.is_(None), OutboxJob.available_at <= now)
            .order_by(urgent, OutboxJob.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        return self._session.scalars(query).all()

    def hold(self, job: int, until: datetime) -> None:
        """Somebody does the job; others may take it again from `until` on, should they never hear of it."""
        self._session.execute(update(OutboxJob).where(OutboxJob.id == job).values(available_at=until))

    def dispatched(self, job: int, at: datetime) -> None:
        """The broker has the job."""
        self._session.execute(update(OutboxJob).where(OutboxJob.id == job).values(dispatched_at=at))

    def failed(self, job: int, error: str, again: datetime) -> None:
        """The broker did not take the job; it waits until `again`."""
        values = {"attempts": OutboxJob.attempts + 1, "last_error": error[:500], "available_at": again}
        self._session.execute(update(OutboxJob).where(OutboxJob.id == job).values(values))

    def prune(self, before: datetime) -> int:
        """Forget jobs that left before that time; how many there were."""
        query = delete(OutboxJob).where(OutboxJob.dispatched_at < before)
        return len(self._session.execute(query.returning(OutboxJob.id)).all())

    def waiting(self, now: datetime) -> tuple[int, datetime | None]:
        """How many could leave now, and since when the oldest of them could; for metrics."""
        query = select(func.count(), func.min(OutboxJob.available_at)).where(
            OutboxJob.dispatched_at.is_(None), OutboxJob.available_at <= now
        )
        count, oldest = self._session.execute(query).one()
        return count, oldest
