"""What is kept about what was done: batches, idempotency keys, audit, proofs of deletion, messages to webhooks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from unmask.db.tables import AuditEntry, Batch, Deletion, Delivery, IdempotencyKey, Webhook


class Records:
    """Rows of `batches`, `idempotency_keys`, `audit`, `deletions`, `webhooks` and `deliveries`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, row: Batch | Deletion | Delivery | Webhook) -> None:
        """Insert a row."""
        self._session.add(row)
        self._session.flush()

    def batch(self, project: str, batch: str) -> Batch | None:
        """One batch of a project."""
        return self._session.scalars(select(Batch).where(Batch.id == batch, Batch.project_id == project)).one_or_none()

    def batches(self, project: str, before: str | None, limit: int) -> Sequence[Batch]:
        """A project's batches, the newest first, older than the id `before`."""
        query = select(Batch).where(Batch.project_id == project)
        if before is not None:
            query = query.where(Batch.id < before)
        return self._session.scalars(query.order_by(Batch.id.desc()).limit(limit)).all()

    def first_use(self, project: str, key: str, fingerprint: str, subject: str, at: datetime) -> IdempotencyKey | None:
        """Take an idempotency key for `subject`: None if it was free, else the use that came first.

        Of two at the same time the second waits for the first one's transaction.
        """
        insert = postgresql.insert if self._session.get_bind().dialect.name == "postgresql" else sqlite.insert
        statement = (
            insert(IdempotencyKey)
            .values(project_id=project, key=key, fingerprint=fingerprint, subject_id=subject, created_at=at)
            .on_conflict_do_nothing()
            .returning(IdempotencyKey.key)
        )
        if self._session.execute(statement).first() is not None:
            return None
        return self._session.get(IdempotencyKey, (project, key))

    def forget_keys(self, before: datetime) -> int:
        """Forget idempotency keys made before that time; how many there were."""
        statement = delete(IdempotencyKey).where(IdempotencyKey.created_at < before)
        return len(self._session.execute(statement.returning(IdempotencyKey.key)).all())

    def audit(
        self,
        action: str,
        actor: str,
        at: datetime,
        *,
        project: str | None = None,
        analysis: str | None = None,
        detail: dict[str, Any] | None = None,
    ) -> None:
        """Write down what was done; changes of state write themselves down."""
        entry = AuditEntry(at=at, project_id=project, analysis_id=analysis, actor=actor, action=action, detail=detail)
        self._session.add(entry)
        self._session.flush()

    def history(self, project: str, analysis: str) -> Sequence[AuditEntry]:
        """What was done to an analysis, in order."""
        query = select(AuditEntry).where(AuditEntry.project_id == project, AuditEntry.analysis_id == analysis)
        return self._session.scalars(query.order_by(AuditEntry.id)).all()

    def deletion(self, project: str, analysis: str, *, lock: bool = False) -> Deletion | None:
        """The proof that an analysis of the project was deleted."""
        query = select(Deletion).where(Deletion.project_id == project, Deletion.analysis_id == analysis)
        return self._session.scalars(query.with_for_update() if lock else query).one_or_none()
