"""Resumable uploads: parts in the store, their list in the database, one object when they are whole.

A part counts once its row is committed, so whatever dies, the offset that a client is told is what is really there.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from unmask.access.uploads import HEAD, check_head, check_size
from unmask.db.tables import Upload, UploadPart
from unmask.ingest.text import clean_name
from unmask.service.context import Context, Principal, new_id
from unmask.service.errors import Gone, NotFound, OffsetMismatch, PayloadTooLarge, UploadUnfinished
from unmask.service.media import drop_stray
from unmask.service.receiving import receive
from unmask.storage import keys
from unmask.storage.base import ObjectMissing

_GRACE = timedelta(hours=1)
PART = 8 * 1024**2
"""Bytes that are gathered into one part; what is held in memory of one upload."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an upload stands: so many of its bytes are kept, and `whole` says that they were put together."""

    received: int
    length: int
    whole: bool


def create(context: Context, principal: Principal, length: int, name: str) -> Upload:
    """Announce an upload of so many bytes.

    Raises:
        EmptyFile, TooLarge: none, or more than the limit.
    """
    check_size(length, context.settings.max_upload_bytes)
    now = context.now()
    upload = Upload(
        id=new_id(now),
        project_id=principal.project,
        name=clean_name(name),
        length=length,
        received=0,
        created_at=now,
        expires_at=now + timedelta(seconds=context.settings.upload_seconds),
    )
    with context.database.write() as repo:
        repo.uploads.add(upload)
    return upload


def find(context: Context, principal: Principal, upload: str) -> Upload:
    """An upload of the project.

    Raises:
        NotFound: there is none with that id; a used one is none any more.
        Gone: it was not finished in time.
    """
    with context.database.read() as repo:
        found = repo.uploads.get(principal.project, upload)
    if found is None:
        raise NotFound("There is no upload with that id.")
    if found.expires_at <= context.now():
        raise Gone("The upload was not finished in time.")
    return found


async def append(
    context: Context, principal: Principal, upload: str, offset: int, pieces: AsyncIterator[bytes]
) -> Standing:
    """Add bytes from `offset` on. Whatever ends them, what came before is kept.

    Raises:
        OffsetMismatch: the upload stands elsewhere, or somebody else adds to it at the same time.
        PayloadTooLarge: more bytes than were announced; those that were are kept.
        NotMedia, UnsupportedContainer, Encrypted: the first bytes say that it is nothing to analyse.
        NotFound, Gone: as `find`.
    """
    found = await asyncio.to_thread(find, context, principal, upload)
    if offset != found.received:
        raise OffsetMismatch(f"The upload stands at {found.received}, not at {offset}.")
    writer = _Writer(context, found)
    try:
        async for piece in pieces:
            await writer.add(piece)
    finally:
        await asyncio.shield(writer.flush())  # a broken connection must not cost what it brought
    if writer.offset == found.length:
        await assemble(context, principal, upload)
    return Standing(writer.offset, found.length, writer.offset == found.length)


async def assemble(context: Context, principal: Principal, upload: str) -> None:
    """Put the parts of an upload together, if all are there; doing it twice changes nothing.

    Raises:
        UploadUnfinished: bytes are missing.
        NotMedia, UnsupportedContainer, Encrypted, NotFound, Gone: as `append`.
    """
    found = await asyncio.to_thread(find, context, principal, upload)
    if found.sha256 is not None:
        return
    if found.received < found.length:
        raise UploadUnfinished(f"The upload has {found.received} of {found.length} bytes.")
    parts = await asyncio.to_thread(_parts, context, upload)
    place = keys.incoming(principal.project, upload)
    received = await receive(context, principal.project, _joined(context, parts), place)
    await asyncio.to_thread(_whole, context, principal, upload, received.sha256)
    await asyncio.to_thread(_delete_parts, context, principal.project, upload)


def remove(context: Context, principal: Principal, upload: str) -> None:
    """Give an upload up. Raises NotFound or Gone as `find`."""
    find(context, principal, upload)
    _remove(context, principal.project, upload)


def sweep(context: Context, limit: int = 100) -> int:
    """Remove uploads that were not finished or not used in time; how many there were. For beat tasks."""
    with context.database.read() as repo:
        old = [(upload.project_id, upload.id) for upload in repo.uploads.expired(context.now(), limit)]
        projects = [project.id for project in repo.access.projects()]
    for project, upload in old:
        _remove(context, project, upload)
    for project in projects:
        _forget(context, project)
    return len(old)


def abandoned_before(context: Context) -> datetime:
    """What was being received and has not been touched since then, nobody receives any more."""
    return context.now() - timedelta(seconds=context.settings.upload_seconds) - _GRACE


def _delete_parts(context: Context, project: str, upload: str) -> None:
    """All parts, also those of which a server that died did not tell the database."""
    context.store.delete([item.key for item in context.store.list(keys.upload_prefix(project, upload))])


def _forget(context: Context, project: str) -> None:
    """Remove what was received and never taken, because a server died in between."""
    before = abandoned_before(context)
    parts = [item for item in context.store.list(keys.uploads(project)) if item.modified < before]
    with context.database.read() as repo:
        lost = [item.key for item in parts if repo.uploads.get(project, item.key.rsplit("/", 2)[1]) is None]
    context.store.delete(lost)
    old = [item for item in context.store.list(keys.incoming(project, "")) if item.modified < before]
    with context.database.read() as repo:
        left = [item for item in old if repo.uploads.get(project, item.key.rsplit("/", 1)[1]) is None]
    for item in left:
        with suppress(ObjectMissing):  # another process sweeps too
            with context.store.open(item.key) as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            drop_stray(context, project, sha256, item.size)
        context.store.delete([item.key])


class _Writer:
    """Gathers pieces to parts, and writes each part before the database hears of it."""

    def __init__(self, context: Context, upload: Upload) -> None:
        self._context = context
        self._upload = upload
        self._held = bytearray()
        self.offset = upload.received

    async def add(self, piece: bytes) -> None:
        room = self._upload.length - self.offset - len(self._held)
        self._held += piece[:room]
        if len(self._held) >= PART:
            await self.flush()
        if len(piece) > room:
            raise PayloadTooLarge(f"The upload was announced to have {self._upload.length} bytes.")

    async def flush(self) -> None:
        if self._held:
            data = bytes(self._held)
            self._held.clear()
            await asyncio.to_thread(self._keep, data)
            self.offset += len(data)

    def _keep(self, data: bytes) -> None:
        if self.offset == 0 and len(data) >= min(HEAD, self._upload.length):
            check_head(data[:HEAD])
        project, upload = self._upload.project_id, self._upload.id
        key = keys.upload_part(project, upload, self.offset, new_id())
        self._context.store.put(key, data)
        with self._context.database.write() as repo:
            row = repo.uploads.get(project, upload, lock=True)
            if row is not None and row.received == self.offset:
                repo.uploads.append(row, UploadPart(upload_id=upload, offset=self.offset, size=len(data), key=key))
                return
        self._context.store.delete([key])
        if row is None:
            raise NotFound("The upload was given up meanwhile.")
        raise OffsetMismatch(f"The upload stands at {row.received}: somebody else adds to it at the same time.")


def _parts(context: Context, upload: str) -> list[UploadPart]:
    with context.database.read() as repo:
        return list(repo.uploads.parts(upload))


async def _joined(context: Context, parts: list[UploadPart]) -> AsyncIterator[bytes]:
    for part in parts:
        async for piece in context.store.stream(part.key):
            yield piece


def _whole(context: Context, principal: Principal, upload: str, sha256: str) -> None:
    with context.database.write() as repo:
        row = repo.uploads.get(principal.project, upload, lock=True)
        if row is not None:
            row.sha256 = sha256


def _remove(context: Context, project: str, upload: str) -> None:
    with context.database.read() as repo:
        row = repo.uploads.get(project, upload)
    if row is not None and row.sha256 is not None:
        drop_stray(context, project, row.sha256, row.length)
    _delete_parts(context, project, upload)
    context.store.delete([keys.incoming(project, upload)])
    with context.database.write() as repo:
        row = repo.uploads.get(project, upload, lock=True)
        if row is not None:
            repo.uploads.delete(row)
