"""Projects: what each has and may keep. Who may see which: an operator all of them, everybody else their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Final

from unmask.access.scopes import allows, require
from unmask.db.repository import Repository
from unmask.db.repository.access import Usage
from unmask.db.tables import Project
from unmask.service.context import Context, Principal, new_id
from unmask.service.errors import NameTaken, NotFound
from unmask.service.retention import APPLY

RECENT: Final = timedelta(days=30)
"""What counts as recent in a project's usage."""
NEED_OPERATOR: Final = frozenset({"max_stored_bytes"})
"""What only an operator may change: it is the server's disk."""


@dataclass(frozen=True, slots=True)
class ProjectLimits:
    """What a project may keep, and for how long; None leaves a value as it is, a negative number takes it away.

    Attributes:
        max_stored_bytes: most bytes of media in the store.
        retention_days: days until its analyses are deleted, unless they say otherwise.
        keep_record: whether `result.json` stays when retention deletes the rest.
        zero_retention: whether the media of every analysis leaves the store as soon as it ended.
    """

    max_stored_bytes: int | None = None
    retention_days: float | None = None
    keep_record: bool | None = None
    zero_retention: bool | None = None

    def changes(self) -> dict[str, Any]:
        """The same as new values."""
        given = {name: value for name, value in asdict(self).items() if value is not None}
        return {name: None if value is not True and value < 0 else value for name, value in given.items()}


def ensure_project(context: Context, name: str) -> Project:
    """The project of that name, made when it is not there."""
    with context.database.write() as repo:
        return _ensured(repo, context, name)


def limit_project(context: Context, name: str, limits: ProjectLimits) -> Project:
    """Change what a project may keep; the project is made when it is not there."""
    with context.database.write() as repo:
        return _changed(repo, context, _ensured(repo, context, name), limits.changes(), "local")


def listed(context: Context, principal: Principal) -> Sequence[tuple[Project, Usage]]:
    """All projects that somebody may see, by name, each with what it has."""
    with context.database.read() as repo:
        if allows(principal.scopes, "operator"):
            found = repo.access.projects()
        else:
            found = [own] if (own := repo.access.project(principal.project)) is not None else []
        usage = _usage(repo, context, [project.id for project in found])
    return [(project, usage[project.id]) for project in found]


def shown(context: Context, principal: Principal, project: str) -> tuple[Project, Usage]:
    """One project with what it has. Raises NotFound unless it is one's own, or one is an operator."""
    with context.database.read() as repo:
        row = visible(repo, principal, project)
        return row, _usage(repo, context, [row.id])[row.id]


def add(context: Context, principal: Principal, name: str, values: Mapping[str, Any]) -> Project:
    """Make a project; `values` as of `change`.

    Raises:
        Forbidden: by somebody who is no operator.
        NameTaken: there is one of that name.
    """
    require(principal.scopes, "operator")
    with context.database.write() as repo:
        project = _added(repo, context, name, principal.actor)
        if project is None:
            raise NameTaken("There is a project of that name already.")
        return _changed(repo, context, project, values, principal.actor)


def change(
    context: Context, principal: Principal, project: str, values: Mapping[str, Any], *, also_existing: bool = False
) -> Project:
    """Set some of the columns named in `ProjectLimits`; None takes a limit away.

    `also_existing` holds analyses that have ended to the new rules too, soon; else they count for those that end from
    now on.

    Raises:
        NotFound: it is not one's own, and one is no operator.
        Forbidden: only an operator sets what a project may store.
    """
    if NEED_OPERATOR & values.keys():
        require(principal.scopes, "operator")
    with context.database.write() as repo:
        row = _changed(repo, context, visible(repo, principal, project), values, principal.actor)
        if also_existing:
            repo.outbox.add(APPLY, {}, context.now(), project=row.id)
        return row


def visible(repo: Repository, principal: Principal, project: str | None) -> Project:
    """The project of that id, one's own for None. Raises NotFound unless it is one's own, or one is an operator."""
    wanted = project or principal.project
    row = None
    if wanted == principal.project or allows(principal.scopes, "operator"):
        row = repo.access.project(wanted)
    if row is None:
        raise NotFound("There is no project with that id.")
    return row


def _usage(repo: Repository, context: Context, projects: Sequence[str]) -> dict[str, Usage]:
    now = context.now()
    return repo.access.usage(projects, now, new_id(now - RECENT)[:10] + "0" * 16)


def _ensured(repo: Repository, context: Context, name: str) -> Project:
    found = repo.access.project_named(name) or _added(repo, context, name, "local")
    found = found or repo.access.project_named(name)  # somebody else made it meanwhile
    assert found is not None
    return found


def _added(repo: Repository, context: Context, name: str, actor: str) -> Project | None:
    now = context.now()
    project = repo.access.add_project(new_id(now), name, now)
    if project is not None:
        repo.records.audit("project.create", actor, now, project=project.id)
    return project


def _changed(repo: Repository, context: Context, project: Project, values: Mapping[str, Any], actor: str) -> Project:
    for name, value in values.items():
        setattr(project, name, value)
    if values:
        repo.records.audit("project.limit", actor, context.now(), project=project.id, detail=dict(values))
    return project
