"""Addresses that are told of events, and what is on its way to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from unmask.db.tables import Delivery, DeliveryState, Project, Webhook


class Webhooks:
    """Rows of `webhooks` and `deliveries`, and the secret of a project."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, webhook: Webhook) -> None:
        """Insert an address."""
        self._session.add(webhook)
        self._session.flush()

    def get(self, project: str, webhook: str) -> Webhook | None:
        """One address of a project."""
        query = select(Webhook).where(Webhook.id == webhook, Webhook.project_id == project)
        return self._session.scalars(query).one_or_none()

    def all(self, project: str) -> Sequence[Webhook]:
        """A project's addresses, the oldest first."""
        query = select(Webhook).where(Webhook.project_id == project).order_by(Webhook.id)
        return self._session.scalars(query).all()

    def delete(self, webhook: Webhook) -> None:
        """Remove an address with all that was on its way there."""
        self._session.delete(webhook)
        self._session.flush()

    def secret(self, project: str, fresh: str, *, replace: bool = False) -> str | None:
        """The project's secret; `fresh` becomes it when there is none yet, or with `replace`. None: no such project."""
        change = update(Project).where(Project.id == project)
        if not replace:
            change = change.where(Project.webhook_secret.is_(None))
        self._session.execute(change.values(webhook_secret=fresh))
        return self._session.scalar(select(Project.webhook_secret).where(Project.id == project))

    def add_delivery(self, delivery: Delivery) -> None:
        """Insert a message."""
        self._session.add(delivery)
        self._session.flush()

    def told(self, project: str, analysis: str, event: str) -> bool:
        """Whether there are messages about this event already."""
        query = select(Delivery.id).where(
            Delivery.project_id == project, Delivery.analysis_id == analysis, Delivery.event == event
        )
        return self._session.scalar(query.limit(1)) is not None

    def deliveries(
        self, project: str, state: DeliveryState | None, before: str | None, limit: int
    ) -> Sequence[Delivery]:
        """A project's messages, the newest first, older than the id `before`."""
        query = select(Delivery).where(Delivery.project_id == project)
        if state is not None:
            query = query.where(Delivery.state == state)
        if before is not None:
            query = query.where(Delivery.id < before)
        return self._session.scalars(query.order_by(Delivery.id.desc()).limit(limit)).all()

    def delivery(self, project: str, delivery: str) -> Delivery | None:
        """One message of a project."""
        query = select(Delivery).where(Delivery.id == delivery, Delivery.project_id == project)
        return self._session.scalars(query).one_or_none()

    def again(self, project: str, delivery: str, at: datetime) -> Delivery | None:
        """Bring a dead message back to life; None when it is not dead."""
        change = update(Delivery).where(
            Delivery.id == delivery, Delivery.project_id == project, Delivery.state == "dead"
        )
        change = change.values(state="pending", attempts=0, next_at=at, last_error=None, last_status=None)
        if self._session.execute(change.returning(Delivery.id)).first() is None:
            return None
        return self._session.get(Delivery, delivery, populate_existing=True)

    def claim(self, now: datetime, until: datetime, limit: int) -> Sequence[Delivery]:
        """Due messages of all projects, for beat tasks. Nobody else gets them before `until`."""
        due = (
            select(Delivery)
            .where(Delivery.state == "pending", Delivery.next_at <= now)
            .order_by(Delivery.next_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        found = self._session.scalars(due).all()
        for delivery in found:
            delivery.next_at, delivery.attempts = until, delivery.attempts + 1
        self._session.flush()
        return found

    def settle(
        self,
        delivery: str,
        state: DeliveryState,
        now: datetime,
        *,
        next_at: datetime | None,
        status: int | None,
        error: str,
    ) -> None:
        """Note what came of an attempt at a message that is still pending."""
        change = update(Delivery).where(Delivery.id == delivery, Delivery.state == "pending")
        delivered = now if state == "delivered" else None
        self._session.execute(
            change.values(
                state=state, next_at=next_at, last_status=status, last_error=error or None, delivered_at=delivered
            )
        )

    def signing_secrets(self, deliveries: Sequence[Delivery]) -> dict[str, str]:
        """The secret for each message, by the message's id: its webhook's, else its project's."""
        hooks = {one.webhook_id for one in deliveries if one.webhook_id is not None}
        projects = {one.project_id for one in deliveries if one.webhook_id is None}
        query = select(Webhook.id, Webhook.secret).where(Webhook.id.in_(hooks))
        by_hook: dict[str | None, str] = {row.id: row.secret for row in self._session.execute(query)}
        wider = select(Project.id, Project.webhook_secret).where(Project.id.in_(projects))
        by_project: dict[str, str | None] = {row.id: row.webhook_secret for row in self._session.execute(wider)}
        found = {
            one.id: by_hook.get(one.webhook_id) if one.webhook_id is not None else by_project.get(one.project_id)
            for one in deliveries
        }
        return {identity: secret for identity, secret in found.items() if secret is not None}
