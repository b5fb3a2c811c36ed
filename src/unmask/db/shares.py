"""The table of links that show one result to others."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from unmask.db.types import Base, Identity


class Share(Base):
    """A link that shows one result to whoever has it, until it expires or is taken back; only its hash is kept."""

    __tablename__ = "shares"

    id: Mapped[str] = mapped_column(Identity, primary_key=True)
    project_id: Mapped[str] = mapped_column(Identity, ForeignKey("projects.id", ondelete="CASCADE"))
    analysis_id: Mapped[str] = mapped_column(Identity, ForeignKey("analyses.id", ondelete="CASCADE"), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_by: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    revoked_at: Mapped[datetime | None]
