"""How long things are kept."""

from __future__ import annotations

from datetime import datetime, timedelta

from unmask.db.repository import Repository
from unmask.db.tables import Analysis
from unmask.settings import ServiceSettings


def expiry(repo: Repository, settings: ServiceSettings, row: Analysis, ended: datetime) -> datetime | None:
    """When an analysis that ended then is deleted: its own wish, else its project's, else the server's; None: never.

    A retention of 0 days concerns the media, which goes at once; the rest then follows the project or the server.
    """
    days = row.options.get("retention_days") or None
    if days is None:
        project = repo.access.project(row.project_id)
        days = project.retention_days if project is not None and project.retention_days is not None else None
    if days is None:
        days = settings.retention_days
    return None if days is None else ended + timedelta(days=days)
