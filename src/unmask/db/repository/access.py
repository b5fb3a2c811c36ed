"""Projects and their keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from unmask.db.tables import Analysis, ApiKey, KeyUse, Project, StoredMedia


@dataclass(frozen=True, slots=True)
class Usage:
    """What a project has.

    Attributes:
        analyses: how many are in each state; states without any are not there.
        recent: how many were asked for since a time.
        media: how many media are in the store.
        media_bytes: how many bytes these are.
        keys: how many keys hold.
        next_due: when its next analysis is deleted.
    """

    analyses: dict[str, int] = field(default_factory=dict)
    recent: int = 0
    media: int = 0
    media_bytes: int = 0
    keys: int = 0
    next_due: datetime | None = None


class Access:
    """Rows of `projects`, `api_keys` and `key_uses`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add_project(self, identity: str, name: str, at: datetime) -> Project | None:
        """Insert a project; None when there is one of that name. Of two at the same time one gets it."""
        insert = postgresql.insert if self._session.get_bind().dialect.name == "postgresql" else sqlite.insert
        values = {"id": identity, "name": name, "created_at": at, "keep_record": False}
        statement = insert(Project).values(values).on_conflict_do_nothing(index_elements=[Project.name])
        return self._session.scalars(statement.returning(Project)).one_or_none()

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

    def key_by_id(self, identity: str) -> ApiKey | None:
        """The key of that row, of any project."""
        return self._session.get(ApiKey, identity)

    def has_keys(self, now: datetime) -> bool:
        """Whether any project has a key that holds."""
        return self._session.scalar(select(ApiKey.id).where(_holds(now)).limit(1)) is not None

    def note_use(self, key: str, now: datetime, unless_since: datetime) -> None:
        """Write down that a key was used now, unless a use since then is written down already."""
        long_ago = or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at < unless_since)
        self._session.execute(update(ApiKey).where(ApiKey.id == key, long_ago).values(last_used_at=now))

    def keys(self, project: str) -> Sequence[ApiKey]:
        """A project's keys, the oldest first."""
        return self._session.scalars(select(ApiKey).where(ApiKey.project_id == project).order_by(ApiKey.id)).all()

    def revoke(self, project: str, key_id: str, at: datetime) -> bool:
        """End a key of a project; whether there was one that held."""
        statement = update(ApiKey).where(
            ApiKey.key_id == key_id, ApiKey.project_id == project, ApiKey.revoked_at.is_(None)
        )
        return self._session.execute(statement.values(revoked_at=at).returning(ApiKey.id)).first() is not None

    def usage(self, projects: Sequence[str], now: datetime, since: str) -> dict[str, Usage]:
        """What each of these projects has; `since` is the least id of an analysis that counts as recent."""

        def by_project(query: Select[Any], column: Any) -> dict[str, Any]:
            rows = self._session.execute(query.where(column.in_(projects)).group_by(column))
            return {row[0]: row for row in rows}

        states: dict[str, dict[str, int]] = {}
        counted = select(Analysis.project_id, Analysis.state, func.count()).where(Analysis.project_id.in_(projects))
        for project, state, count in self._session.execute(counted.group_by(Analysis.project_id, Analysis.state)):
            states.setdefault(project, {})[state] = count
        owner = Analysis.project_id
        recent = by_project(select(owner, func.count()).where(Analysis.id >= since), owner)
        due = by_project(select(owner, func.min(Analysis.expires_at)), owner)
        media = by_project(
            select(StoredMedia.project_id, func.count(), func.sum(StoredMedia.size)), StoredMedia.project_id
        )
        keys = by_project(select(ApiKey.project_id, func.count()).where(_holds(now)), ApiKey.project_id)
        return {
            one: Usage(
                analyses=states.get(one, {}),
                recent=recent[one][1] if one in recent else 0,
                media=media[one][1] if one in media else 0,
                media_bytes=int(media[one][2]) if one in media else 0,
                keys=keys[one][1] if one in keys else 0,
                next_due=due[one][1] if one in due else None,
            )
            for one in projects
        }

    def uses(self, project: str, window: str, started: datetime) -> dict[str, int]:
        """How often each key of a project was used in the window that began then, by the key's row."""
        query = select(KeyUse.key_id, KeyUse.count).join(ApiKey, ApiKey.id == KeyUse.key_id)
        query = query.where(ApiKey.project_id == project, KeyUse.window == window, KeyUse.started_at == started)
        return {key: count for key, count in self._session.execute(query)}  # noqa: C416 - rows are not pairs

    def count_use(self, key: str, window: str, started: datetime, by: int = 1) -> int:
        """Count a use of a key in a window and return how many there are then; safe between processes."""
        insert = postgresql.insert if self._session.get_bind().dialect.name == "postgresql" else sqlite.insert
        statement = insert(KeyUse).values(key_id=key, window=window, started_at=started, count=by)
        statement = statement.on_conflict_do_update(
            index_elements=[KeyUse.key_id, KeyUse.window, KeyUse.started_at], set_={"count": KeyUse.count + by}
        )
        return int(self._session.scalar(statement.returning(KeyUse.count)) or by)


def _holds(now: datetime) -> Any:
    return ApiKey.revoked_at.is_(None) & (ApiKey.expires_at.is_(None) | (ApiKey.expires_at > now))
