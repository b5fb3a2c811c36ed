"""A key in a cookie counts for our own pages, and for nobody else's."""

import asyncio

import pytest

from unmask.web.session import KeyCookie


def seen_by_routes(method="GET", **headers):
    """The header Authorization as the application behind the middleware sees it."""
    got = []

    async def app(scope, receive, send):
        got.extend(value.decode() for name, value in scope["headers"] if name == b"authorization")

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "headers": raw}
    asyncio.run(KeyCookie(app)(scope, None, None))
    return got


def test_a_cookie_becomes_the_header():
    assert seen_by_routes(cookie="a=b; unmask_key=unmask_x_y") == ["Bearer unmask_x_y"]


def test_a_header_of_the_request_goes_before():
    assert seen_by_routes(cookie="unmask_key=k", authorization="Bearer own") == ["Bearer own"]
    assert seen_by_routes(cookie="unmask_key=k", x_api_key="own") == []


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_a_foreign_page_can_change_nothing_with_it(method):
    here = {"cookie": "unmask_key=k", "host": "unmask.example"}
    assert seen_by_routes(method, **here, origin="https://evil.example") == []
    assert seen_by_routes(method, **here) == []
    assert seen_by_routes(method, **here, origin="https://unmask.example") == ["Bearer k"]


def test_without_a_cookie_nothing_is_added():
    assert seen_by_routes(cookie="other=1") == []
    assert seen_by_routes() == []
