"""Webhooks: addresses of a project, messages to them, and their delivery with patience.

A message is a row before it is sent, so a restart loses none; a receiver may get one twice and tells it by its id. What
can't be delivered for a day is dead: it stays in a list, from which it can be sent again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal, get_args

from unmask import metrics
from unmask.db.repository import Repository
from unmask.db.tables import Delivery, DeliveryState, Webhook
from unmask.fetching import Policy, check_url
from unmask.service.context import Context, Principal, new_id
from unmask.service.errors import NotFound, WrongState
from unmask.webhooks.backoff import backoff
from unmask.webhooks.deliver import Message, Outcome, deliver
from unmask.webhooks.signature import new_secret

EventKind = Literal["analysis.done", "analysis.failed", "analysis.cancelled"]
EVENTS: Final[tuple[EventKind, ...]] = get_args(EventKind)
TEST: Final = "webhook.test"

_AT_ONCE: Final = 8
_LEASE: Final = 60.0


def policy(context: Context) -> Policy:
    """Where messages may go, and how long one attempt may take."""
    return replace(Policy.of(context.settings), seconds=context.settings.webhook_seconds, redirects=0)


def create(context: Context, principal: Principal, url: str, events: Sequence[EventKind]) -> Webhook:
    """Have an address told of these events, all when there are none. The row holds the secret that signs.

    Raises:
        UrlRefused: not an address that messages are sent to.
    """
    target, now = check_url(url, policy(context)), context.now()
    webhook = Webhook(
        id=new_id(now),
        project_id=principal.project,
        url=target.url,
        secret=new_secret(),
        events=sorted(set(events)),
        created_at=now,
    )
    with context.database.write() as repo:
        repo.webhooks.add(webhook)
        repo.records.audit(
            "webhook.create", principal.actor, now, project=principal.project, detail={"webhook": webhook.id}
        )
    return webhook


def listed(context: Context, principal: Principal) -> Sequence[Webhook]:
    """The project's addresses."""
    with context.database.read() as repo:
        return repo.webhooks.all(principal.project)


def remove(context: Context, principal: Principal, webhook: str) -> None:
    """Tell this address nothing more. Raises NotFound."""
    with context.database.write() as repo:
        repo.webhooks.delete(_found(repo, principal, webhook))
        detail = {"webhook": webhook}
        repo.records.audit("webhook.delete", principal.actor, context.now(), project=principal.project, detail=detail)


def secret(context: Context, principal: Principal, *, fresh: bool = False) -> str:
    """The secret that signs messages to the addresses that analyses name; `fresh` replaces it."""
    with context.database.write() as repo:
        found = repo.webhooks.secret(principal.project, new_secret(), replace=fresh)
    if found is None:
        raise NotFound("There is no such project.")
    return found


def send_test(context: Context, principal: Principal, webhook: str | None, url: str | None) -> Outcome:
    """Send one message of the kind `webhook.test` now, to an address of the project or to another one.

    Raises:
        NotFound: no address of that id.
        UrlRefused: not an address that messages are sent to.
    """
    if webhook is not None:
        with context.database.read() as repo:
            row = _found(repo, principal, webhook)
        address, key = row.url, row.secret
    else:
        address, key = check_url(url or "", policy(context)).url, secret(context, principal)
    now = context.now()
    identity = new_id(now)
    message = Message(identity, _body(_payload(identity, TEST, now, {})), key)
    return deliver(address, message, policy(context), int(now.timestamp()))


def deliveries(
    context: Context, principal: Principal, state: DeliveryState | None, before: str | None, limit: int
) -> Sequence[Delivery]:
    """Messages of the project, the newest first; the dead letters are those of the state `dead`."""
    with context.database.read() as repo:
        return repo.webhooks.deliveries(principal.project, state, before, limit)


def again(context: Context, principal: Principal, delivery: str) -> Delivery:
    """Send a dead message again, with all its tries.

    Raises:
        NotFound: no message of that id.
        WrongState: it is not dead.
    """
    with context.database.write() as repo:
        if repo.webhooks.delivery(principal.project, delivery) is None:
            raise NotFound("There is no delivery with that id.")
        row = repo.webhooks.again(principal.project, delivery, context.now())
    if row is None:
        raise WrongState("The delivery is not dead.")
    return row


def run(context: Context, project: str, analysis: str, payload: dict[str, Any]) -> None:
    """The job `webhook.event`: messages are written, and what is due is sent at once."""
    write(context, project, analysis, payload)
    sweep(context)


def write(context: Context, project: str, analysis: str, payload: dict[str, Any]) -> None:
    """Write a message to each address that wants to know of an event. Doing it twice writes no more."""
    event, now = str(payload["event"]), context.now()
    with context.database.write() as repo:
        row = repo.analyses.get(project, analysis)
        if row is None or repo.webhooks.told(project, analysis, event):
            return
        wanted = [one for one in repo.webhooks.all(project) if not one.events or event in one.events]
        addresses: list[tuple[str | None, str]] = [(one.id, one.url) for one in wanted if one.disabled_at is None]
        if named := row.options.get("webhook"):
            addresses.append((None, str(named)))
            repo.webhooks.secret(project, new_secret())
        data = {"analysis": analysis, "label": row.label, "batch": row.batch_id, **payload.get("data", {})}
        for webhook, url in addresses:
            identity = new_id(now)
            repo.webhooks.add_delivery(
                Delivery(
                    id=identity,
                    project_id=project,
                    webhook_id=webhook,
                    analysis_id=analysis,
                    url=url,
                    event=event,
                    payload=_payload(identity, event, now, data),
                    state="pending",
                    attempts=0,
                    next_at=now,
                    created_at=now,
                )
            )


def sweep(context: Context, limit: int = 50) -> int:
    """Make one attempt at each message that is due, several at once; how many there were.

    A process that dies meanwhile leaves its messages to whoever sweeps after it.
    """
    now, allowed = context.now(), policy(context)
    with context.database.write() as repo:
        due = repo.webhooks.claim(now, now + timedelta(seconds=allowed.seconds + _LEASE), limit)
        secrets = repo.webhooks.signing_secrets(due)
    if not due:
        return 0

    def attempt(row: Delivery) -> None:
        message = Message(row.id, _body(row.payload), secrets[row.id])
        _settle(context, row, deliver(row.url, message, allowed, int(context.now().timestamp())))

    with ThreadPoolExecutor(_AT_ONCE, "webhook") as pool:
        list(pool.map(attempt, [row for row in due if row.id in secrets]))
    return len(due)


def _settle(context: Context, row: Delivery, outcome: Outcome) -> None:
    metrics.WEBHOOKS.labels(outcome.status).inc()
    now = context.now()
    state: DeliveryState = "delivered" if outcome.status == "delivered" else "dead"
    next_at: datetime | None = None
    if outcome.status == "retry":
        wait = backoff(row.attempts, wished=outcome.retry_after)
        if wait is not None:
            state, next_at = "pending", now + timedelta(seconds=wait)
    with context.database.write() as repo:
        repo.webhooks.settle(row.id, state, now, next_at=next_at, status=outcome.http_status, error=outcome.reason)


def _payload(identity: str, event: str, at: datetime, data: dict[str, Any]) -> dict[str, Any]:
    return {"id": identity, "type": event, "timestamp": at.isoformat(), "data": data}


def _body(payload: dict[str, Any]) -> bytes:
    """The bytes that are sent and signed: the same ones at every attempt."""
    return json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _found(repo: Repository, principal: Principal, webhook: str) -> Webhook:
    row = repo.webhooks.get(principal.project, webhook)
    if row is None:
        raise NotFound("There is no webhook with that id.")
    return row
