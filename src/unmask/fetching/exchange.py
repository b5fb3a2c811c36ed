"""One request and its answer over a guarded connection. No proxy, no cookies, no redirects, no second try."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache

import httpcore

from unmask.errors import FetchFailed, FetchTimeout
from unmask.fetching.connect import Deadline, GuardedBackend
from unmask.fetching.policy import Policy
from unmask.fetching.resolve import Resolver
from unmask.fetching.urls import Target


@cache
def _tls() -> ssl.SSLContext:
    """The system's roots; made once, because reading them takes a tenth of a second."""
    return ssl.create_default_context()


@contextmanager
def exchange(
    method: str,
    target: Target,
    headers: Mapping[str, str],
    *,
    policy: Policy,
    resolver: Resolver,
    deadline: Deadline,
    body: bytes | None = None,
) -> Iterator[httpcore.Response]:
    """Send one request; the answer's body is still to be read, within the block.

    The settings of the environment for proxies are not looked at: a proxy resolves names by itself, unchecked.

    Raises:
        UrlRefused: the host's address is not to be reached.
        FetchTimeout: no answer in time.
        FetchFailed: no connection, or an answer that is not HTTP.
    """
    backend = GuardedBackend(policy, resolver, deadline)
    url = httpcore.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path)
    sent = [("Host", target.netloc), *headers.items()]
    if body is not None:
        sent.append(("Content-Length", str(len(body))))
    context = _tls() if target.scheme == "https" else None
    try:
        with (
            httpcore.ConnectionPool(context, max_keepalive_connections=0, network_backend=backend) as pool,
            pool.stream(method, url, headers=sent, content=body) as answer,
        ):
            yield answer
    except httpcore.TimeoutException as late:
        raise FetchTimeout("The other server was too slow.", passing=True) from late
    except (httpcore.NetworkError, httpcore.ProtocolError) as wrong:
        raise FetchFailed("The other server could not be reached, or broke off.", passing=True) from wrong


def header(answer: httpcore.Response, name: str) -> str | None:
    """The first header of that name (lower case), as text; None when there is none."""
    wanted = name.encode()
    return next((value.decode("latin-1").strip() for key, value in answer.headers if key.lower() == wanted), None)
