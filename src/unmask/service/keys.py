"""Projects, their keys, and who holds one. How a key looks and is proved: `unmask.access.keys`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import cast

from unmask.access.keys import make_key, prove, read_key
from unmask.access.scopes import SCOPES, Scope
from unmask.db.tables import ApiKey, Project
from unmask.errors import Unauthorized
from unmask.service.context import Context, Principal, new_id

LOCAL_PROJECT = "local"
"""The project of the embedded mode, in which no key is needed."""


def ensure_project(context: Context, name: str) -> Project:
    """The project of that name, made when it is not there."""
    with context.database.write() as repo:
        project = repo.access.project_named(name)
        if project is None:
            now = context.now()
            project = Project(id=new_id(now), name=name, created_at=now)
            repo.access.add_project(project)
            repo.records.audit("project.create", "local", now, project=project.id)
        return project


@dataclass(frozen=True, slots=True)
class ProjectLimits:
    """What a project may keep, and for how long; None leaves a value as it is, a negative number takes it away.

    Attributes:
        max_stored_bytes: most bytes of media in the store.
        retention_days: days until its analyses are deleted, unless they say otherwise.
        keep_record: whether `result.json` stays when retention deletes the rest.
    """

    max_stored_bytes: int | None = None
    retention_days: float | None = None
    keep_record: bool | None = None


def limit_project(context: Context, name: str, limits: ProjectLimits) -> Project:
    """Change what a project may keep; the project is made when it is not there."""
    ensure_project(context, name)
    with context.database.write() as repo:
        project = repo.access.project_named(name)
        assert project is not None
        if (most := limits.max_stored_bytes) is not None:
            project.max_stored_bytes = most if most >= 0 else None
        if (days := limits.retention_days) is not None:
            project.retention_days = days if days >= 0 else None
        if limits.keep_record is not None:
            project.keep_record = limits.keep_record
        detail = {name: value for name, value in asdict(limits).items() if value is not None}
        repo.records.audit("project.limit", "local", context.now(), project=project.id, detail=detail)
        return project


def create_key(
    context: Context,
    project: str,
    name: str,
    scopes: Collection[Scope],
    *,
    per_minute: int | None = None,
    burst: int | None = None,
    per_day: int | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Make a key of the project with that id; its text is given once, and can't be had again."""
    fresh, now = make_key(), context.now()
    key = ApiKey(
        id=new_id(now),
        project_id=project,
        name=name,
        key_id=fresh.key_id,
        digest=fresh.digest,
        scopes=sorted(scopes),
        per_minute=per_minute,
        burst=burst,
        per_day=per_day,
        created_at=now,
        expires_at=expires_at,
    )
    with context.database.write() as repo:
        repo.access.add_key(key)
        detail = {"key": key.key_id, "scopes": key.scopes}
        repo.records.audit("key.create", "local", now, project=project, detail=detail)
    return key, fresh.text


def list_keys(context: Context, project: str) -> Sequence[ApiKey]:
    """The keys of the project with that id, revoked ones among them, the oldest first."""
    with context.database.read() as repo:
        return repo.access.keys(project)


def revoke_key(context: Context, key_id: str) -> bool:
    """End the key with that public id, whatever its project; whether there was one that held."""
    now = context.now()
    with context.database.write() as repo:
        key = repo.access.key(key_id)
        if key is None or not repo.access.revoke(key.project_id, key_id, now):
            return False
        repo.records.audit("key.revoke", "local", now, project=key.project_id, detail={"key": key_id})
        return True


def authenticate(context: Context, text: str) -> Principal:
    """Who holds this key.

    Raises:
        Unauthorized: it is unknown, expired or revoked. The answer does not say which.
    """
    presented = read_key(text)
    with context.database.read() as repo:
        key = repo.access.key(presented.key_id)
    prove(presented, key.digest if key else None)
    if key is None or key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= context.now()):
        raise Unauthorized("The key is not known here.")
    scopes = frozenset(cast(Scope, scope) for scope in key.scopes)
    return Principal(key.project_id, scopes, key.key_id, key.per_minute, key.burst, key.per_day)


def local_principal(context: Context) -> Principal:
    """Who asks in the embedded mode."""
    return Principal(ensure_project(context, LOCAL_PROJECT).id, frozenset(SCOPES))
