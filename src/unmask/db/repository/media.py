"""Which bytes are in the store, and who still needs them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from unmask.db.tables import Analysis, StoredMedia


class MediaRows:
    """Rows of `media`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def claim(self, project: str, sha256: str, size: int, at: datetime) -> bool:
        """Make the row unless it is there, and lock it until the transaction ends; whether it was made."""
        insert = postgresql.insert if self._session.get_bind().dialect.name == "postgresql" else sqlite.insert
        statement = (
            insert(StoredMedia)
            .values(project_id=project, sha256=sha256, size=size, created_at=at)
            .on_conflict_do_nothing()
            .returning(StoredMedia.sha256)
        )
        made = self._session.execute(statement).first() is not None
        return made or self.lock(project, sha256) is None

    def lock(self, project: str, sha256: str) -> StoredMedia | None:
        """The row, which nobody else changes until this transaction ends."""
        query = select(StoredMedia).where(StoredMedia.project_id == project, StoredMedia.sha256 == sha256)
        return self._session.scalars(query.with_for_update()).one_or_none()

    def holders(self, project: str, sha256: str) -> int:
        """How many analyses of the project still need these bytes."""
        query = select(func.count()).where(
            Analysis.project_id == project, Analysis.media_sha256 == sha256, Analysis.media_held.is_(True)
        )
        return self._session.scalar(query) or 0

    def stored_bytes(self, project: str) -> int:
        """How many bytes of media the project has in the store."""
        query = select(func.coalesce(func.sum(StoredMedia.size), 0)).where(StoredMedia.project_id == project)
        return int(self._session.scalar(query) or 0)

    def delete(self, media: StoredMedia) -> None:
        """Remove the row."""
        self._session.delete(media)
        self._session.flush()
