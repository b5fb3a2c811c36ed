"""Projects and their keys."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from unmask.db.tables import ApiKey, KeyUse, Project


class Access:
    """Rows of `projects`, `api_keys` and `key_uses`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add_project(self, project: Project) -> None:
        """Insert a project."""
        self._session.add(project)
        self._session.flush()

    def project(self, identity: str) -> Project | None:
        """A project by its id."""
        return self._session.get(Project, identity)

    def project_named(self, name: str) -> Project | None:
        """A project by its name."""
        return self._session.scalars(select(Project).where(Project.name == name)).one_or_none()

    def projects(self) -> Sequence[Project]:
        """All projects, by name."""
        return self._session.scalars(select(Project).order_by(Project.name)).all()

    def add_key(self, key: ApiKey) -> None:
        """Insert a key."""
        self._session.add(key)
        self._session.flush()

    def key(self, key_id: str) -> ApiKey | None:
        """The key with that public id, of any project, whether it still holds or not."""
        return self._session.scalars(select(ApiKey).where(ApiKey.key_id == key_id)).one_or_none()

    def has_keys(self, now: datetime) -> bool:
        """Whether any project has a key that holds."""
        holds = ApiKey.revoked_at.is_(None) & (ApiKey.expires_at.is_(None) | (ApiKey.expires_at > now))
        return self._session.scalar(select(ApiKey.id).where(holds).limit(1)) is not None

    def keys(self, project: str) -> Sequence[ApiKey]:
        """A project's keys, the oldest first."""
        return self._session.scalars(select(ApiKey).where(ApiKey.project_id == project).order_by(ApiKey.id)).all()

    def revoke(self, project: str, key_id: str, at: datetime) -> bool:
        """End a key of a project; whether there was one that held."""
        statement = update(ApiKey).where(
            ApiKey.key_id == key_id, ApiKey.project_id == project, ApiKey.revoked_at.is_(None)
        )
        return self._session.execute(statement.values(revoked_at=at).returning(ApiKey.id)).first() is not None

    def count_use(self, key: str, window: str, started: datetime, by: int = 1) -> int:
        """Count a use of a key in a window and return how many there are then; safe between processes."""
        insert = postgresql.insert if self._session.get_bind().dialect.name == "postgresql" else sqlite.insert
        statement = insert(KeyUse).values(key_id=key, window=window, started_at=started, count=by)
        statement = statement.on_conflict_do_update(
            index_elements=[KeyUse.key_id, KeyUse.window, KeyUse.started_at], set_={"count": KeyUse.count + by}
        )
        return int(self._session.scalar(statement.returning(KeyUse.count)) or by)
