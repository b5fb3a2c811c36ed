"""The protocol of the object store. Keys are ours alone: no character of a user's ever stands in one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BufferedIOBase
from pathlib import Path
from typing import Protocol

from unmask.service.errors import ServiceError


class ObjectMissing(ServiceError):
    """There is no object under that key."""

    code = "object_missing"
    http_status = 404


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """One object: its key, its length in bytes, its entity tag (opaque, may be empty) and when it was written."""

    key: str
    size: int
    etag: str
    modified: datetime


class Store(Protocol):
    """Objects under keys. What is written appears whole or not at all.

    All methods raise `StoreUnavailable` when the store can't be reached, is full or refuses; those that read raise
    `ObjectMissing` for a key that does not exist. Safe to share between threads.
    """

    def put(self, key: str, data: bytes | Path | Iterable[bytes], media_type: str = "") -> int:
        """Write an object from memory, from a file or from pieces, in bounded memory; returns its length in bytes."""
        ...

    async def put_stream(self, key: str, pieces: AsyncIterator[bytes], media_type: str = "") -> int:
        """Write an object from pieces as they come; an error of `pieces` is passed on and leaves nothing behind."""
        ...

    def get(self, key: str) -> bytes:
        """A whole object, for small ones only."""
        ...

    def get_range(self, key: str, start: int, length: int) -> bytes:
        """The bytes `[start, start + length)`, as far as the object reaches."""
        ...

    def open(self, key: str) -> BufferedIOBase:
        """A seekable reader that fetches only what is read, by range, in blocks."""
        ...

    def download(self, key: str, path: Path) -> int:
        """Write an object into a file, in bounded memory; returns its length in bytes."""
        ...

    def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes `[start, end)` in pieces. The object is looked up when the first piece is asked for."""
        ...

    def head(self, key: str) -> ObjectInfo:
        """What is known of an object."""
        ...

    def exists(self, key: str) -> bool:
        """Whether there is an object under that key."""
        ...

    def copy(self, source: str, target: str) -> None:
        """Let an object be there under another key too, replacing what was there."""
        ...

    def delete(self, keys: Sequence[str]) -> None:
        """Remove objects; keys that don't exist are no error."""
        ...

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """All objects whose key starts with `prefix`, which ends at a slash."""
        ...

    def presign(self, key: str, seconds: int) -> str | None:
        """A link that gives whoever has it the object for so long; None where the store can't."""
        ...

    def clear_unfinished(self, before: datetime) -> int:
        """Remove what writes left to which nothing came since: their process died. S3 servers do it themselves."""
        ...

    def check(self) -> None:
        """Ask whether the store answers, cheaply."""
        ...
