"""Bytes on their way into the store: limited, hashed and looked at as they come, never whole in memory."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator

from unmask import metrics
from unmask.access.uploads import HEAD, check_head
from unmask.errors import TooLarge
from unmask.service.context import Context, new_id
from unmask.service.media import Incoming
from unmask.storage import keys


async def receive(context: Context, project: str, pieces: AsyncIterator[bytes], key: str | None = None) -> Incoming:
    """Take bytes into the store, under `key` or one of their own in the project's `incoming`.

    Raises:
        EmptyFile, TooLarge: there are none, or more than the limit.
        NotMedia, UnsupportedContainer, Encrypted: the first bytes say that it is nothing to analyse.
        StoreUnavailable: the store does not take them.
        Whatever `pieces` raises. In every case nothing is left behind.
    """
    place = key or keys.incoming(project, new_id())
    seen = Seen(pieces, context.settings.max_upload_bytes)
    size = await context.store.put_stream(place, seen.pass_on())
    metrics.UPLOAD_BYTES.inc(size)
    return Incoming(place, size, seen.sha256)


class Seen:
    """Pieces that are passed on, with their hash; refused as soon as they are known to be refused."""

    def __init__(self, pieces: AsyncIterator[bytes], limit: int) -> None:
        self._pieces = pieces
        self._limit = limit
        self._hash = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """SHA-256 of what was passed on, lower-case hex."""
        return self._hash.hexdigest()

    async def pass_on(self) -> AsyncIterator[bytes]:
        """The pieces, none before the head is known to be that of a media."""
        head, passed, size = b"", False, 0
        async for piece in self._pieces:
            size += len(piece)
            if size > self._limit:
                raise TooLarge(f"The upload has more than {self._limit} bytes.")
            self._hash.update(piece)
            if passed:
                yield piece
                continue
            head += piece
            if len(head) >= HEAD:
                check_head(head[:HEAD])
                passed = True
                yield head
        if not passed:
            check_head(head)
            yield head
