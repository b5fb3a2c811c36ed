"""One attempt to deliver a message. The address is as untrusted as one that media are fetched from."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final, Literal

from unmask.errors import FetchFailed, UrlRefused
from unmask.fetching.connect import Deadline
from unmask.fetching.exchange import exchange, header
from unmask.fetching.policy import Policy
from unmask.fetching.resolve import Resolver, system_resolver
from unmask.fetching.urls import check_url
from unmask.webhooks.signature import sign

Status = Literal["delivered", "retry", "dead"]

_GONE: Final = 410
_USER_AGENT: Final = "unmask-webhooks"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attempt.

    Attributes:
        status: `delivered`, to be tried again (`retry`), or in vain for ever (`dead`).
        http_status: of the answer; None when there was none.
        reason: why it was not delivered; empty when it was.
        retry_after: seconds that the receiver asks for.
        seconds: how long the attempt took.
    """

    status: Status
    http_status: int | None
    reason: str
    retry_after: float | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent: its id stays the same over all attempts, so that the receiver can tell a repetition."""

    id: str
    body: bytes
    secret: str


def deliver(
    url: str, message: Message, policy: Policy, timestamp: int, resolver: Resolver = system_resolver
) -> Outcome:
    """Send the message once, signed as of `timestamp` (Unix time, seconds). Redirects are not followed.

    Any 2xx counts as delivered, 410 says that nobody wants it any more, everything else is tried again. The body of the
    answer is not read: it could only be shown to somebody whom it does not concern.
    """
    began = time.monotonic()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": _USER_AGENT,
        "Accept": "*/*",
        "Connection": "close",
        **sign(message.secret, message.id, timestamp, message.body),
    }
    deadline = Deadline(policy.seconds)
    status: int | None = None
    wish: float | None = None
    try:
        target = check_url(url, policy)
        with exchange(
            "POST", target, headers, policy=policy, resolver=resolver, deadline=deadline, body=message.body
        ) as answer:
            status, wish = answer.status, _seconds(header(answer, "retry-after"))
    except UrlRefused as refused:
        return Outcome("dead", None, refused.message, None, _since(began))
    except FetchFailed as failed:
        return Outcome("retry", None, failed.message, None, _since(began))
    if 200 <= status < 300:
        return Outcome("delivered", status, "", None, _since(began))
    reason = f"The receiver answered with status {status}."
    return Outcome("dead" if status == _GONE else "retry", status, reason, wish, _since(began))


def _seconds(text: str | None) -> float | None:
    """`Retry-After` in seconds; a date in it does not count."""
    return float(text) if text and text.isascii() and text.isdecimal() and len(text) < 8 else None


def _since(began: float) -> float:
    return round(time.monotonic() - began, 3)
