"""Keys, and who holds one. How a key looks and is proved: `unmask.access.keys`."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, cast

from unmask.access.keys import make_key, prove, read_key
from unmask.access.scopes import SCOPES, Scope, require
from unmask.db.tables import ApiKey, Project
from unmask.errors import Unauthorized
from unmask.service.context import Context, Principal, new_id
from unmask.service.errors import DatabaseUnavailable, NotFound
from unmask.service.limits import DAY, today
from unmask.service.projects import ensure_project, visible

log = logging.getLogger(__name__)

LOCAL_PROJECT = "local"
"""The project of the embedded mode, in which no key is needed."""
USE_NOTED: Final = timedelta(minutes=1)
"""The last use of a key is written down at most so often: a request that only reads stays one."""


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key, its project, and how many analyses were asked for with it today (UTC)."""

    key: ApiKey
    project: Project
    used_today: int


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
    actor: str = "local",
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
        repo.records.audit("key.create", actor, now, project=project, detail=detail)
    return key, fresh.text


def issue(
    context: Context,
    principal: Principal,
    project: str | None,
    name: str,
    scopes: Collection[Scope],
    *,
    per_minute: int | None = None,
    burst: int | None = None,
    per_day: int | None = None,
    days: float | None = None,
) -> tuple[KnownKey, str]:
    """Make a key as somebody who may: of one's own project for None. It ends after `days`. Its text is given once.

    Raises:
        NotFound: the project is not one's own, and one is no operator.
        Forbidden: it would be allowed more than who makes it.
    """
    for scope in scopes:
        require(principal.scopes, scope)
    with context.database.read() as repo:
        owner = visible(repo, principal, project)
    ends = None if days is None else context.now() + timedelta(days=days)
    key, text = create_key(
        context,
        owner.id,
        name,
        scopes,
        per_minute=per_minute,
        burst=burst,
        per_day=per_day,
        expires_at=ends,
        actor=principal.actor,
    )
    return KnownKey(key, owner, 0), text


def known(context: Context, principal: Principal, project: str | None) -> Sequence[KnownKey]:
    """The keys of a project, one's own for None, the newest first. Raises NotFound as `issue`."""
    with context.database.read() as repo:
        owner = visible(repo, principal, project)
        uses = repo.access.uses(owner.id, DAY, today(context.now()))
        return [KnownKey(key, owner, uses.get(key.id, 0)) for key in reversed(repo.access.keys(owner.id))]


def end(context: Context, principal: Principal, identity: str) -> None:
    """End the key of that row. Ending one that has ended changes nothing.

    Raises:
        NotFound: there is none, or its project is not one's own and one is no operator.
        Forbidden: it may do more than who ends it.
    """
    now = context.now()
    with context.database.write() as repo:
        key = repo.access.key_by_id(identity)
        if key is None:
            raise NotFound("There is no key with that id.")
        try:
            visible(repo, principal, key.project_id)
        except NotFound:
            raise NotFound("There is no key with that id.") from None
        for scope in key.scopes:
            require(principal.scopes, cast(Scope, scope))
        if repo.access.revoke(key.project_id, key.key_id, now):
            repo.records.audit("key.revoke", principal.actor, now, project=key.project_id, detail={"key": key.key_id})


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
    _note_use(context, key)
    scopes = frozenset(cast(Scope, scope) for scope in key.scopes)
    return Principal(key.project_id, scopes, key.key_id, key.per_minute, key.burst, key.per_day)


def local_principal(context: Context) -> Principal:
    """Who asks in the embedded mode."""
    return Principal(ensure_project(context, LOCAL_PROJECT).id, frozenset(SCOPES))


def _note_use(context: Context, key: ApiKey) -> None:
    """Write down when a key was last used; a request does not fail because this can't be written."""
    now = context.now()
    if key.last_used_at is not None and now - key.last_used_at < USE_NOTED:
        return
    try:
        with context.database.write() as repo:
            repo.access.note_use(key.id, now, now - USE_NOTED)
    except DatabaseUnavailable:
        log.warning("the last use of key %s is not written down", key.key_id)
