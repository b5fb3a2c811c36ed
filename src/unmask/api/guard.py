"""Around every request: its time is measured, and a server without keys answers only the person at its machine."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

from fastapi import Request
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from unmask import metrics
from unmask.access.bind import is_loopback
from unmask.api.problems import answer
from unmask.service.errors import WrongHost

_METHODS = {"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"}


class Guard:
    """Middleware. Without keys, a page of somebody else's in the same browser must not be able to ask.

    Such a page reaches loopback by a name that it had resolved to 127.0.0.1 (the header Host tells), or by a request
    across origins (the header Origin tells).
    """

    def __init__(self, app: ASGIApp, keyless: bool) -> None:
        self._app = app
        self._keyless = keyless

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            if self._keyless and _is_foreign(Headers(scope=scope)):
                refusal = answer(WrongHost("The request does not come from this machine's own page."), Request(scope))
                await refusal(scope, receive, sending)
            else:
                await self._app(scope, receive, sending)
        finally:
            method = scope["method"] if scope["method"] in _METHODS else "OTHER"
            metrics.request_answered(_template(scope), method, status, time.perf_counter() - began)


def _template(scope: Scope) -> str:
    """The path's template with its prefix; one word for all that has none, so that labels stay few."""
    found = scope.get("fastapi", {}).get("effective_route_context") or scope.get("route")
    return getattr(found, "path", "unknown")


def _is_foreign(headers: Headers) -> bool:
    host = headers.get("host", "")
    origin = headers.get("origin")
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return not is_loopback(name) or (origin is not None and urlsplit(origin).netloc != host)
    except ValueError:
        return True
