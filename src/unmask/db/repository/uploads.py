"""Resumable uploads and their parts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from unmask.db.tables import Upload, UploadPart


class Uploads:
    """Rows of `uploads` and `upload_parts`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, upload: Upload) -> None:
        """Insert a new upload."""
        self._session.add(upload)
        self._session.flush()

    def get(self, project: str, upload: str, *, lock: bool = False) -> Upload | None:
        """One upload of a project; with `lock`, nobody else changes it until this transaction ends."""
        query = select(Upload).where(Upload.id == upload, Upload.project_id == project)
        if lock:
            query = query.with_for_update()
        return self._session.scalars(query, execution_options={"populate_existing": lock}).one_or_none()

    def append(self, upload: Upload, part: UploadPart) -> None:
        """Add a part to an upload that is locked; the part must start where the upload stands."""
        if part.offset != upload.received:
            raise ValueError(f"a part at {part.offset}, but the upload stands at {upload.received}")
        upload.received += part.size
        self._session.add(part)
        self._session.flush()

    def parts(self, upload: str) -> Sequence[UploadPart]:
        """All parts, in order."""
        query = select(UploadPart).where(UploadPart.upload_id == upload).order_by(UploadPart.offset)
        return self._session.scalars(query).all()

    def expired(self, now: datetime, limit: int) -> Sequence[Upload]:
        """Uploads of all projects that ended before `now`; for beat tasks."""
        return self._session.scalars(select(Upload).where(Upload.expires_at < now).limit(limit)).all()

    def delete(self, upload: Upload) -> None:
        """Remove it with its parts' rows."""
        self._session.delete(upload)
        self._session.flush()
