"""Fetch a file by its address into a folder: redirects checked one by one, limits on size and time."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, cast
from urllib.parse import unquote, urljoin, urlsplit

import httpcore

from unmask.errors import FetchFailed, FetchTimeout, TooLarge, UrlRefused
from unmask.fetching.connect import Deadline
from unmask.fetching.exchange import exchange, header
from unmask.fetching.policy import Policy
from unmask.fetching.resolve import Resolver, system_resolver
from unmask.fetching.urls import Target, check_url
from unmask.ingest.receive import Received, receive

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_PASSING: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_HEADERS: Final = {"User-Agent": "unmask", "Accept": "*/*", "Accept-Encoding": "identity", "Connection": "close"}
_FILE_NAME: Final = re.compile(r'filename="([^"\\]+)"|filename=([^\s;"]+)', re.IGNORECASE)
_LONGEST_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that was fetched.

    Attributes:
        received: where it lies, its length and hash.
        name: what the other side calls it. To be shown, and used for nothing else.
        content_type: what the other side says it is; believed by nobody.
        urls: all addresses on the way, the first is the one that was asked for.
    """

    received: Received
    name: str
    content_type: str | None
    urls: tuple[str, ...]


def fetch(url: str, into: Path, policy: Policy, resolver: Resolver = system_resolver) -> Fetched:
    """Fetch the file at `url` into the folder `into`, in bounded memory and time.

    Raises:
        UrlRefused: the address, or one that it leads to, is not to be reached.
        FetchFailed: the other server is not there or answers with something else than a file.
        FetchTimeout: it took longer than `policy.seconds`, or fell silent.
        TooLarge: more bytes than `policy.max_bytes`.
        EmptyFile: no bytes.
    """
    deadline = Deadline(policy.seconds)
    target = check_url(url, policy)
    way = [target.url]
    for _ in range(policy.redirects + 1):
        with exchange("GET", target, _HEADERS, policy=policy, resolver=resolver, deadline=deadline) as answer:
            if answer.status not in _REDIRECTS:
                return _take(answer, into, policy, deadline, way)
            location = header(answer, "location")
        target = _next(target, location, policy)
        way.append(target.url)
    raise FetchFailed(f"The address leads on more than {policy.redirects} times.")


def _next(target: Target, location: str | None, policy: Policy) -> Target:
    """Where a redirect leads, checked like the first address."""
    if not location:
        raise FetchFailed("The other server leads on without saying where.")
    following = check_url(urljoin(target.url, location), policy)
    if target.scheme == "https" and following.scheme == "http":
        raise UrlRefused("The address leads from https to http.")
    return following


def _take(answer: httpcore.Response, into: Path, policy: Policy, deadline: Deadline, way: list[str]) -> Fetched:
    if answer.status != 200:
        passing = answer.status in _PASSING
        raise FetchFailed(f"The other server answered with status {answer.status}.", passing=passing)
    if (header(answer, "content-encoding") or "identity").lower() != "identity":
        raise FetchFailed("The other server sends the file compressed, which was not asked for.")
    declared = header(answer, "content-length")
    if declared and declared.isdecimal() and int(declared) > policy.max_bytes:
        raise TooLarge(f"The file has more than {policy.max_bytes} bytes.")
    received = receive(cast(BinaryIO, _Body(answer.iter_stream(), deadline)), into, policy.max_bytes)
    return Fetched(received, _name(answer, way[-1]), header(answer, "content-type"), tuple(way))


class _Body(io.RawIOBase):
    """The answer's body as a file to read from; its parts are as large as the network gives them."""

    def __init__(self, parts: Iterator[bytes], deadline: Deadline) -> None:
        self._parts = parts
        self._rest = b""
        self._deadline = deadline

    def read(self, size: int = -1) -> bytes:
        """The next bytes, at most `size`; none at the end."""
        if self._deadline.over:
            raise FetchTimeout("The other server was too slow.")
        while not self._rest:
            part = next(self._parts, None)
            if part is None:
                return b""
            self._rest = part
        taken, self._rest = (self._rest, b"") if size < 0 else (self._rest[:size], self._rest[size:])
        return taken


def _name(answer: httpcore.Response, url: str) -> str:
    """The file's name by `Content-Disposition` or else by the address: one line, without folders."""
    found = _FILE_NAME.search(header(answer, "content-disposition") or "")
    name = (found[1] or found[2]) if found else unquote(urlsplit(url).path)
    name = "".join(char for char in re.split(r"[/\\]", name)[-1] if char.isprintable())
    return name.strip()[:_LONGEST_NAME] or "media"
