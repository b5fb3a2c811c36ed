"""API keys: made and shown once, listed with their last use, ended."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field

from unmask.access.scopes import Scope
from unmask.api.deps import KEYED, ULID, Admin, Ctx
from unmask.api.problems import responses
from unmask.api.schemas import Given, Identity, Name
from unmask.service import keys
from unmask.service.errors import NotFound
from unmask.service.keys import KnownKey

router = APIRouter(prefix="/keys", tags=["keys"], dependencies=KEYED)

KeyState = Literal["holds", "ended", "revoked"]
KeyRow = Annotated[str, Path(pattern=ULID, description="Id of a key.")]
OfProject = Annotated[
    str | None, Query(pattern=ULID, description="Another project than one's own; for operators.", alias="project")
]
_KEY_EXAMPLE = "unmask_abcdefghijkl_" + "A" * 43
MOST_PER_MINUTE = 1_000_000


def _read_and_write() -> list[Scope]:
    return ["read", "write"]


class NewKey(Given):
    """A key that is to be made. It may do at most what the key does that makes it."""

    name: Name = Field(description="What it is for; shown in lists.", examples=["archive"])
    scopes: list[Scope] = Field(default_factory=_read_and_write, min_length=1, max_length=4)
    project: Identity | None = Field(None, description="The project that it opens; one's own when left out.")
    per_minute: int | None = Field(
        None, ge=1, le=MOST_PER_MINUTE, description="Requests a minute; the server's if null."
    )
    burst: int | None = Field(None, ge=1, le=MOST_PER_MINUTE, description="Requests at once; the server's if null.")
    per_day: int | None = Field(None, ge=0, le=1_000_000_000, description="New analyses a day; no limit if null.")
    days: float | None = Field(None, ge=0.001, le=36_500, description="Days until it ends; never if null.")


class KeyOut(BaseModel):
    """A key without its secret."""

    id: Identity
    key_id: str = Field(
        description="Its public part: the key begins with `unmask_` and this.", examples=["abcdefghijkl"]
    )
    name: str
    project: Identity
    scopes: list[Scope]
    state: KeyState
    per_minute: int | None
    burst: int | None
    per_day: int | None
    used_today: int = Field(description="Analyses that were asked for with it today (UTC).")
    created: datetime
    expires: datetime | None
    revoked: datetime | None
    last_used: datetime | None = Field(description="To the minute; null when it was never used.")

    @classmethod
    def of(cls, known: KnownKey, now: datetime) -> KeyOut:
        """From what the service knows of it."""
        return cls(**_fields(known, now))


class KeyMade(KeyOut):
    """A new key. Its text is shown only now: the server keeps a hash."""

    key: str = Field(examples=[_KEY_EXAMPLE])


@router.post("", status_code=201, response_model=KeyMade, summary="Make a key", responses=responses(NotFound))
def create(who: Admin, context: Ctx, given: NewKey) -> KeyMade:
    """Of one's own project; an operator makes keys of any. `forbidden` also: it would be allowed more than yours."""
    known, text = keys.issue(
        context,
        who,
        given.project,
        given.name,
        set(given.scopes),
        per_minute=given.per_minute,
        burst=given.burst,
        per_day=given.per_day,
        days=given.days,
    )
    return KeyMade(**_fields(known, context.now()), key=text)


@router.get("", response_model=list[KeyOut], summary="List the keys", responses=responses(NotFound))
def show_all(who: Admin, context: Ctx, project: OfProject = None) -> list[KeyOut]:
    """The newest first, those that ended among them."""
    now = context.now()
    return [KeyOut.of(known, now) for known in keys.known(context, who, project)]


@router.delete(
    "/{key:ulid}",
    status_code=204,
    summary="End a key",
    response_class=Response,
    responses=responses(NotFound, also={204: {"description": "It opens nothing any more."}}),
)
def end(who: Admin, context: Ctx, key: KeyRow) -> Response:
    """At once, and for good. `forbidden` also: it may do more than yours."""
    keys.end(context, who, key)
    return Response(status_code=204)


def state_of(known: KnownKey, now: datetime) -> KeyState:
    """Whether it holds."""
    if known.key.revoked_at is not None:
        return "revoked"
    return "ended" if known.key.expires_at is not None and known.key.expires_at <= now else "holds"


def _fields(known: KnownKey, now: datetime) -> dict[str, object]:
    row = known.key
    return {
        "id": row.id,
        "key_id": row.key_id,
        "name": row.name,
        "project": row.project_id,
        "scopes": row.scopes,
        "state": state_of(known, now),
        "per_minute": row.per_minute,
        "burst": row.burst,
        "per_day": row.per_day,
        "used_today": known.used_today,
        "created": row.created_at,
        "expires": row.expires_at,
        "revoked": row.revoked_at,
        "last_used": row.last_used_at,
    }
