"""Links that show one result to others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from unmask.db.shares import Share


class Shares:
    """Rows of `shares`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, share: Share) -> None:
        """Insert a link."""
        self._session.add(share)
        self._session.flush()

    def of(self, project: str, analysis: str) -> Sequence[Share]:
        """The links of a project's analysis, ended ones among them, the newest first."""
        query = select(Share).where(Share.project_id == project, Share.analysis_id == analysis)
        return self._session.scalars(query.order_by(Share.id.desc())).all()

    def with_digest(self, digest: str) -> Share | None:
        """The link whose token has that hash, of any project, whether it still holds or not."""
        return self._session.scalars(select(Share).where(Share.digest == digest)).one_or_none()

    def revoke(self, project: str, analysis: str, share: str, at: datetime) -> bool | None:
        """End a link of a project's analysis: True if it held until now, False if not; None if there is none."""
        wanted = (Share.id == share, Share.project_id == project, Share.analysis_id == analysis)
        ended = update(Share).where(*wanted, Share.revoked_at.is_(None)).values(revoked_at=at)
        if self._session.execute(ended.returning(Share.id)).first() is not None:
            return True
        return False if self._session.scalar(select(Share.id).where(*wanted)) is not None else None

    def forget(self, before: datetime) -> int:
        """Remove the links that expired before that time, of all projects; how many there were. For beat tasks."""
        gone = delete(Share).where(Share.expires_at < before).returning(Share.id)
        return len(self._session.execute(gone).all())
