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

    The row is locked meanwhile, so that nobody removes the same content at the same time.

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
        context.store.move(received.key, place)
    else:
        context.store.delete([received.key])


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
