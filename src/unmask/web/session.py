"""Signing in: a browser keeps the key in a cookie that no script can read, and it counts only for our own pages.

A player, an image and an event stream can't send a header of their own, so the cookie is turned into the header
`Authorization` here, before any route sees the request.
"""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

COOKIE = "unmask_key"
_SAFE = {"GET", "HEAD", "OPTIONS"}


class KeyCookie:
    """Middleware: the key of the cookie as a header, unless the request has one, or comes from a foreign page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] == "http":
            key = _key(Headers(scope=scope), scope["method"])
            if key is not None:
                header = (b"authorization", f"Bearer {key}".encode("latin-1", "replace"))
                scope = dict(scope) | {"headers": [*scope["headers"], header]}
        await self._app(scope, receive, send)


def _key(headers: Headers, method: str) -> str | None:
    if COOKIE not in headers.get("cookie", "") or "authorization" in headers or "x-api-key" in headers:
        return None
    if method not in _SAFE and not is_own(headers):
        return None
    try:
        found = SimpleCookie(headers["cookie"]).get(COOKIE)
    except CookieError:
        return None
    return found.value if found else None


def is_own(headers: Headers) -> bool:
    """Whether a request that changes something comes from a page of this server; Lax cookies are the first wall."""
    origin = headers.get("origin")
    try:
        return origin is not None and urlsplit(origin).netloc == headers.get("host", "")
    except ValueError:
        return False
