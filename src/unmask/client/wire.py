"""What both clients need of HTTP: how requests are made, when they are sent again, how events are read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import httpx
from tenacity import RetryCallState, retry_if_exception, stop_after_attempt, wait_random_exponential

from unmask.client.errors import ApiError, ClientError
from unmask.client.flows import Call
from unmask.client.models import Event

TIMEOUT: Final = httpx.Timeout(60.0, connect=10.0)
STREAM_TIMEOUT: Final = httpx.Timeout(60.0, connect=10.0)
"""Of the events; the server says something at least every 15 seconds."""

TRIES: Final = 6
_spread = wait_random_exponential(multiplier=0.2, max=20)


def settings(base_url: str, key: str | None) -> dict[str, Any]:
    """What `httpx.Client` and `httpx.AsyncClient` are made with."""
    headers = {"User-Agent": "unmask-client"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    return {
        "base_url": f"{base_url.rstrip('/')}/v1",
        "headers": headers,
        "timeout": TIMEOUT,
        "follow_redirects": True,  # artifacts may lie at a link to the store; httpx keeps the key from other hosts
    }


def request(call: Call) -> dict[str, Any]:
    """The arguments of httpx's `request`."""
    return {
        "method": call.method,
        "url": call.path,
        "headers": call.headers,
        "json": call.json,
        "content": call.content,
        "params": call.params or None,
    }


def retrying() -> dict[str, Any]:
    """When tenacity tries again: what may pass, a few times, as late as the server asks."""
    return {
        "stop": stop_after_attempt(TRIES),
        "wait": _wait,
        "retry": retry_if_exception(lambda error: isinstance(error, ClientError) and error.passing),
        "reraise": True,
    }


def checked(answer: httpx.Response) -> httpx.Response:
    """The answer if it is a good one. Raises ApiError."""
    if answer.is_error:
        raise ApiError.of(answer)
    return answer


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome is not None else None
    asked = error.retry_after if isinstance(error, ClientError) else None
    return max(asked or 0.0, _spread(state))


class EventReader:
    """Reads server-sent events line by line (HTML standard, 9.2.6)."""

    def __init__(self) -> None:
        self._kind, self._id = "", ""
        self._data: list[str] = []

    def feed(self, line: str) -> Iterator[Event]:
        """One line without its end; an event at the line that completes it."""
        if line:
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "event":
                self._kind = value
            elif name == "data":
                self._data.append(value)
            elif name == "id" and value.isascii() and value.isdecimal():
                self._id = value
            return
        if self._data and self._id:
            yield Event(id=int(self._id), kind=self._kind or "message", data=json.loads("\n".join(self._data)))
        self._kind, self._data = "", []
