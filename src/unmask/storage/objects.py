"""The store over obstore: S3 and MinIO, a folder, or memory, all with the same code."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import LocalStore, MemoryStore, S3Store

from unmask.service.errors import StoreUnavailable
from unmask.storage import unfinished
from unmask.storage.base import ObjectInfo, ObjectMissing
from unmask.storage.ranges import RangeReader

PART = 5 * 1024**2
"""Bytes in one piece of a multipart upload: the least that S3 takes."""
PARTS_AT_ONCE = 3
_PIECE = 256 * 1024
_BLOCK = 1024**2
_AT_ONCE = 1000  # objects in one request to delete, S3's limit

Backend = S3Store | LocalStore | MemoryStore


class ObjectStore:
    """Objects in a backend of obstore. `signer` is the same bucket as clients reach it, or None: no links.

    `folder` is where a backend that is a folder has its files.
    """

    def __init__(self, backend: Backend, signer: S3Store | None = None, folder: Path | None = None) -> None:
        self._backend = backend
        self._signer = signer
        self._folder = folder

    def put(self, key: str, data: bytes | Path | Iterable[bytes], media_type: str = "") -> int:
        """As `Store.put`."""
        source: Any = data if isinstance(data, bytes | Path) else _Counted(data)
        with _translated():
            obstore.put(
                self._backend,
                key,
                source,
                attributes=self._attributes(media_type),
                chunk_size=PART,
                max_concurrency=PARTS_AT_ONCE,
            )
        if isinstance(data, bytes):
            return len(data)
        return data.stat().st_size if isinstance(data, Path) else source.size

    async def put_stream(self, key: str, pieces: AsyncIterator[bytes], media_type: str = "") -> int:
        """As `Store.put_stream`."""
        counted = _AsyncCounted(pieces)
        try:
            with _translated():
                await obstore.put_async(
                    self._backend,
                    key,
                    counted,
                    attributes=self._attributes(media_type),
                    chunk_size=PART,
                    max_concurrency=PARTS_AT_ONCE,
                )
        except BaseException:
            if counted.failure is not None:  # what went wrong is the sender's, not the store's
                raise counted.failure from None
            raise
        return counted.size

    def _attributes(self, media_type: str) -> Any:
        """A folder keeps no content types, and refuses to be told one."""
        return {"Content-Type": media_type} if media_type and not isinstance(self._backend, LocalStore) else None

    def get(self, key: str) -> bytes:
        """As `Store.get`."""
        with _translated():
            return obstore.get(self._backend, key).bytes().to_bytes()

    def get_range(self, key: str, start: int, length: int) -> bytes:
        """As `Store.get_range`."""
        end = min(start + length, self.head(key).size)
        if end <= start:
            return b""
        return self._range(key, start, end)

    def open(self, key: str) -> io.BufferedReader:
        """As `Store.open`."""
        size = self.head(key).size
        return io.BufferedReader(RangeReader(lambda start, end: self._range(key, start, end), size), _BLOCK)

    def download(self, key: str, path: Path) -> int:
        """As `Store.download`."""
        size = 0
        with _translated(), path.open("wb") as target:
            for piece in obstore.get(self._backend, key).stream(min_chunk_size=_BLOCK):
                size += target.write(piece)
        return size

    async def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """As `Store.stream`."""
        if end is not None and end <= start:
            return
        wanted: Any = {"offset": start} if end is None else (start, end)
        with _translated():
            found = await obstore.get_async(self._backend, key, options={"range": wanted} if start or end else {})
            async for piece in found.stream(min_chunk_size=_PIECE):
                yield bytes(piece)

    def head(self, key: str) -> ObjectInfo:
        """As `Store.head`."""
        with _translated():
            return _info(obstore.head(self._backend, key))

    def exists(self, key: str) -> bool:
        """As `Store.exists`."""
        try:
            self.head(key)
        except ObjectMissing:
            return False
        return True

    def copy(self, source: str, target: str) -> None:
        """As `Store.copy`."""
        with _translated():
            obstore.copy(self._backend, source, target)

    def delete(self, keys: Sequence[str]) -> None:
        """As `Store.delete`."""
        for first in range(0, len(keys), _AT_ONCE):
            self._delete(keys[first : first + _AT_ONCE])

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """As `Store.list`."""
        with _translated():
            for chunk in obstore.list(self._backend, prefix):
                yield from (_info(item) for item in chunk)

    def presign(self, key: str, seconds: int) -> str | None:
        """As `Store.presign`."""
        if self._signer is None:
            return None
        with _translated():
            return obstore.sign(self._signer, "GET", key, timedelta(seconds=seconds))

    def clear_unfinished(self, before: datetime) -> int:
        """As `Store.clear_unfinished`."""
        with _translated():
            return 0 if self._folder is None else unfinished.clear(self._folder, before)

    def check(self) -> None:
        """As `Store.check`."""
        try:
            self.head("health")
        except ObjectMissing:
            return

    def _range(self, key: str, start: int, end: int) -> bytes:
        with _translated():
            return obstore.get_range(self._backend, key, start=start, end=end).to_bytes()

    def _delete(self, keys: Sequence[str]) -> None:
        try:
            with _translated():
                obstore.delete(self._backend, [*keys])
        except ObjectMissing:  # a folder names the first that is not there and leaves the others
            for key in keys:
                try:
                    with _translated():
                        obstore.delete(self._backend, key)
                except ObjectMissing:
                    continue


class _Counted:
    """Pieces as they are, and how many bytes they were."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        piece = next(self._pieces)
        self.size += len(piece)
        return piece


class _AsyncCounted:
    """As `_Counted`, and the error that the sender ended with."""

    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        self._pieces = pieces
        self.size = 0
        self.failure: BaseException | None = None

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            piece = await anext(self._pieces)
        except StopAsyncIteration:
            raise
        except BaseException as failure:
            self.failure = failure
            raise
        self.size += len(piece)
        return piece


@contextmanager
def _translated() -> Iterator[None]:
    """The backend's errors as ours; what they say stays in the log, for it holds addresses."""
    try:
        yield
    except FileNotFoundError as missing:
        raise ObjectMissing("There is no such object in the store.") from missing
    except (PermissionDeniedError, UnauthenticatedError, PermissionError) as refused:
        raise StoreUnavailable("The store refuses this server's credentials.") from refused
    except (BaseError, OSError) as broken:
        raise StoreUnavailable("The store does not answer, or has no room.") from broken


def _info(meta: Any) -> ObjectInfo:
    return ObjectInfo(meta["path"], meta["size"], (meta["e_tag"] or "").strip('"'), meta["last_modified"])
