"""The bytes of media in the store: the same bytes in one project are kept once, as long as an analysis needs them."""

from __future__ import annotations

from dataclasses import dataclass

from unmask.db.repository import Repository
from unmask.errors import QuotaExceeded
from unmask.service.context import Context
from unmask.storage import keys


@dataclass(frozen=True, slots=True)
class Incoming:
    """Bytes that were received whole: where they lie for now, their length and their SHA-256 (lower-case hex)."""

    key: str
    size: int
    sha256: str


def hold_media(repo: Repository, context: Context, project: str, received: Incoming) -> None:
    """Give received bytes their place by content. In the caller's transaction.

    The row is locked meanwhile, so that nobody removes the same content at the same time. The bytes as they were
    received go after the commit: if that is lost, the request can be made again, and the sweep finds the copy by them.

    Raises:
        QuotaExceeded: the project may not store so many bytes more.
    """
    made = repo.media.claim(project, received.sha256, received.size, context.now())
    if made:
        owner = repo.access.project(project)
        if owner is not None and owner.max_stored_bytes is not None:
            stored = repo.media.stored_bytes(project)
            if stored > owner.max_stored_bytes:
                raise QuotaExceeded(f"The project may store {owner.max_stored_bytes} bytes of media.", 3600)
    place = keys.media(project, received.sha256)
    if made or not context.store.exists(place):
        context.store.copy(received.key, place)
    repo.afterwards(lambda: context.store.delete([received.key]))


def drop_unneeded(repo: Repository, context: Context, project: str, sha256: str) -> bool:
    """Remove the bytes of that content if no analysis of the project needs them; whether they are gone.

    The row is locked meanwhile: whoever sends the same content now waits, and puts it there again.
    """
    media = repo.media.lock(project, sha256)
    if media is None:
        return True
    if repo.media.holders(project, sha256):
        return False
    context.store.delete([keys.media(project, sha256)])
    repo.media.delete(media)
    return True


def drop_stray(context: Context, project: str, sha256: str, size: int) -> bool:
    """Remove bytes that lie at their place by content without anybody needing them: their transaction was lost.

    Whether there were such. Whoever sends the same content now waits, and puts it there again.
    """
    place = keys.media(project, sha256)
    if not context.store.exists(place):
        return False
    with context.database.write() as repo:
        repo.media.claim(project, sha256, size, context.now())
        return drop_unneeded(repo, context, project, sha256)


def release(context: Context, project: str, analysis: str) -> bool:
    """Let an analysis that has ended go of its bytes; whether they left the store because nobody else needs them.

    This is what a retention of zero days asks for.
    """
    with context.database.write() as repo:
        row = repo.analyses.get(project, analysis)
        if row is None or row.finished_at is None or row.media_sha256 is None:
            return False
        row.media_held = False
        repo.session.flush()
        return drop_unneeded(repo, context, project, row.media_sha256)
