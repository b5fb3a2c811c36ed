"""Keys of projects: `unmask_PREFIX_SECRET`. Only the SHA-256 of the whole is kept; its secret has 256 random bits."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection
from datetime import datetime
from typing import cast

from unmask.db.tables import ApiKey, Project
from unmask.service.context import ALL_SCOPES, Context, Principal, Scope, new_id
from unmask.service.errors import Unauthenticated

LOCAL_PROJECT = "local"
"""The project of the embedded mode, in which no key is needed."""

_FORM = re.compile(r"unmask_([A-Za-z0-9]{12})_([A-Za-z0-9_-]{43})")
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"


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


def create_key(
    context: Context,
    project: str,
    name: str,
    scopes: Collection[Scope],
    *,
    per_minute: int | None = None,
    per_day: int | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Make a key of the project with that id; the text of it is given once, and can't be had again."""
    prefix = "".join(secrets.choice(_LETTERS) for _ in range(12))
    token = f"unmask_{prefix}_{secrets.token_urlsafe(32)}"
    now = context.now()
    key = ApiKey(
        id=new_id(now),
        project_id=project,
        name=name,
        prefix=prefix,
        hash=_hash(token),
        scopes=sorted(scopes),
        per_minute=per_minute,
        per_day=per_day,
        created_at=now,
        expires_at=expires_at,
    )
    with context.database.write() as repo:
        repo.access.add_key(key)
        repo.records.audit("key.create", "local", now, project=project, detail={"key": key.id, "scopes": key.scopes})
    return key, token


def authenticate(context: Context, token: str) -> Principal:
    """Who holds this key.

    Raises:
        Unauthenticated: it is unknown, expired or revoked. The answer does not say which.
    """
    form = _FORM.fullmatch(token)
    if form is not None:
        with context.database.read() as repo:
            key = repo.access.key_by_prefix(form[1])
        if key is not None and hmac.compare_digest(key.hash, _hash(token)) and _holds(key, context.now()):
            scopes = frozenset(cast(Scope, scope) for scope in key.scopes)
            return Principal(key.project_id, scopes, key.id, key.per_minute, key.per_day)
    raise Unauthenticated("The key is not valid.")


def local_principal(context: Context) -> Principal:
    """Who asks in the embedded mode."""
    return Principal(ensure_project(context, LOCAL_PROJECT).id, ALL_SCOPES)


def _holds(key: ApiKey, now: datetime) -> bool:
    return key.revoked_at is None and (key.expires_at is None or now < key.expires_at)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
