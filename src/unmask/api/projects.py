"""Projects: what each has, what it may keep, and for how long; and what of one's own is deleted next."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, cast

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from unmask.api.deps import KEYED, ULID, Admin, Ctx
from unmask.api.problems import responses
from unmask.api.schemas import Given, Identity, Name
from unmask.db.repository.access import Usage
from unmask.db.tables import Analysis, Project, State
from unmask.service import projects, retention
from unmask.service.errors import NameTaken, NotFound

router = APIRouter(prefix="/projects", tags=["projects"], dependencies=KEYED)
retaining = APIRouter(prefix="/retention", tags=["projects"], dependencies=KEYED)

ProjectId = Annotated[str, Path(pattern=ULID, description="Id of a project.")]
Days = Annotated[float, Field(gt=0, le=36_500)]
MOST_BYTES = 2**62


class ChangedProject(Given):
    """What is to be changed; what is left out stays. Null takes a limit away."""

    max_stored_bytes: int | None = Field(None, ge=0, le=MOST_BYTES, description="Most bytes of media; for operators.")
    retention_days: Days | None = Field(
        None, description="Days until its analyses are deleted, unless they say otherwise; the server's rule if null."
    )
    keep_record: bool = Field(False, description="Keep `result.json` when retention deletes the rest.")
    zero_retention: bool = Field(False, description="The media of each analysis leaves the store as soon as it ended.")
    also_existing: bool = Field(
        False, description="Hold analyses that have ended to the new rules too, within minutes."
    )


class NewProject(ChangedProject):
    """A project that is to be made."""

    name: Name = Field(examples=["newsroom"])


class UsageOut(BaseModel):
    """What a project has."""

    analyses: dict[State, int] = Field(description="By state; states without any are left out.")
    recent: int = Field(description="Analyses that were asked for in the last 30 days.")
    media: int = Field(description="Media in the store.")
    media_bytes: int
    keys: int = Field(description="Keys that hold.")
    next_due: datetime | None = Field(description="When its next analysis is deleted.")


class ProjectOut(BaseModel):
    """A project with its rules and what it has."""

    id: Identity
    name: str
    own: bool = Field(description="Whether it is the one that your key opens.")
    created: datetime
    max_stored_bytes: int | None
    retention_days: float | None = Field(description="Null: the server's rule.")
    keep_record: bool
    zero_retention: bool
    usage: UsageOut


class DueOut(BaseModel):
    """An analysis that will be deleted."""

    analysis: Identity
    name: str
    expires: datetime
    keeps_record: bool = Field(description="Whether `result.json` stays.")


class RetentionOut(BaseModel):
    """How long one's own project keeps what it has, and what goes next."""

    server_days: float | None = Field(description="The server's rule, for projects without one; null: for ever.")
    retention_days: float | None
    keep_record: bool
    zero_retention: bool
    total: int = Field(description="Analyses that have an end at all.")
    due: list[DueOut] = Field(description="The next ones first.")


@router.get("", response_model=list[ProjectOut], summary="List projects", responses=responses())
def show_all(who: Admin, context: Ctx) -> list[ProjectOut]:
    """One's own; an operator sees all of them, by name."""
    return [_out(row, usage, who.project) for row, usage in projects.listed(context, who)]


@router.post("", status_code=201, response_model=ProjectOut, summary="Make a project", responses=responses(NameTaken))
def create(who: Admin, context: Ctx, given: NewProject) -> ProjectOut:
    """For operators. It has no key yet: `POST /keys` makes one."""
    row = projects.add(context, who, given.name, _values(given))
    return _out(row, Usage(), who.project)


@router.get("/{project:ulid}", response_model=ProjectOut, summary="Show a project", responses=responses(NotFound))
def show(who: Admin, context: Ctx, project: ProjectId) -> ProjectOut:
    """With what it has."""
    return _out(*projects.shown(context, who, project), who.project)


@router.patch("/{project:ulid}", response_model=ProjectOut, summary="Change its rules", responses=responses(NotFound))
def change(who: Admin, context: Ctx, project: ProjectId, given: ChangedProject) -> ProjectOut:
    """New rules count for analyses that end from now on, unless `also_existing` is true."""
    projects.change(context, who, project, _values(given), also_existing=given.also_existing)
    return _out(*projects.shown(context, who, project), who.project)


@retaining.get("", response_model=RetentionOut, summary="What is deleted next", responses=responses(NotFound))
def show_retention(
    who: Admin, context: Ctx, limit: Annotated[int, Query(ge=0, le=200, description="Most entries of `due`.")] = 50
) -> RetentionOut:
    """Of the project that the key opens."""
    row, _usage = projects.shown(context, who, who.project)
    rows, total = retention.due(context, who, limit)
    return RetentionOut(
        server_days=context.settings.retention_days,
        retention_days=row.retention_days,
        keep_record=row.keep_record,
        zero_retention=row.zero_retention,
        total=total,
        due=[_due(one, row) for one in rows if one.expires_at is not None],
    )


def _due(row: Analysis, project: Project) -> DueOut:
    assert row.expires_at is not None
    keeps = row.state == "done" and (row.keep_record or project.keep_record)
    return DueOut(analysis=row.id, name=row.media_name, expires=row.expires_at, keeps_record=keeps)


def _values(given: ChangedProject) -> dict[str, Any]:
    return given.model_dump(exclude_unset=True, exclude={"name", "also_existing"})


def _out(row: Project, usage: Usage, own: str) -> ProjectOut:
    return ProjectOut(
        id=row.id,
        name=row.name,
        own=row.id == own,
        created=row.created_at,
        max_stored_bytes=row.max_stored_bytes,
        retention_days=row.retention_days,
        keep_record=row.keep_record,
        zero_retention=row.zero_retention,
        usage=UsageOut(
            analyses=cast(dict[State, int], usage.analyses),
            recent=usage.recent,
            media=usage.media,
            media_bytes=usage.media_bytes,
            keys=usage.keys,
            next_due=usage.next_due,
        ),
    )
