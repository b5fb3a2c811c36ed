"""`unmask access`: the API's keys. Whoever can run it where the database is, may."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from unmask.service.context import Context

access_app = typer.Typer(help="Keys of the API: make, list, revoke.", no_args_is_help=True)

BROKEN = 1
Project = Annotated[str, typer.Option(help="Project that the key opens. Projects can't see each other.")]


@access_app.command()
def create(
    name: Annotated[str, typer.Option(help="What the key is for; shown in lists.")],
    project: Project = "local",
    scope: Annotated[list[str] | None, typer.Option(help="read, write, admin or operator; repeat for more.")] = None,
    per_minute: Annotated[int | None, typer.Option(min=1, help="Requests a minute.")] = None,
    burst: Annotated[int | None, typer.Option(min=1, help="Requests at once.")] = None,
    per_day: Annotated[int | None, typer.Option(min=0, help="New analyses a day.")] = None,
    days: Annotated[float | None, typer.Option(min=0.001, help="Days until the key ends; never when left out.")] = None,
) -> None:
    """Make a key and print it, once: only its hash is kept."""
    from unmask.access.scopes import USUAL, parse_scopes
    from unmask.service.keys import create_key
    from unmask.service.projects import ensure_project

    with _context() as context:
        scopes = parse_scopes(scope) if scope else USUAL
        owner = ensure_project(context, project)
        ends = None if days is None else context.now() + timedelta(days=days)
        key, text = create_key(
            context, owner.id, name, scopes, per_minute=per_minute, burst=burst, per_day=per_day, expires_at=ends
        )
    typer.echo(f"key {key.key_id} of project {project}: {', '.join(key.scopes)}; it is not shown again", err=True)
    typer.echo(text)


@access_app.command("list")
def list_(project: Annotated[str | None, typer.Option(help="Only the keys of this project.")] = None) -> None:
    """All keys with their project, scopes and state."""
    from rich.console import Console
    from rich.table import Column, Table

    from unmask.cli.verdict import visible
    from unmask.service.keys import list_keys

    table = Table(Column("key", no_wrap=True), "project", "name", "scopes", "a minute", "a day", "made", "state")
    with _context() as context:
        with context.database.read() as repo:
            projects = [one for one in repo.access.projects() if project in (None, one.name)]
        for owner in projects:
            for key in list_keys(context, owner.id):
                limits = [str(limit or "") for limit in (key.per_minute, key.per_day)]
                state = _state(key.revoked_at, key.expires_at, context.now())
                made = key.created_at.date().isoformat()
                scopes = ", ".join(key.scopes)
                table.add_row(key.key_id, visible(owner.name), visible(key.name), scopes, *limits, made, state)
    Console().print(table)


@access_app.command()
def revoke(key: Annotated[str, typer.Argument(help="The key's id, as the list shows it.")]) -> None:
    """End a key at once."""
    from unmask.service.keys import revoke_key

    with _context() as context:
        if not revoke_key(context, key):
            typer.echo(f"There is no key {key} that holds.", err=True)
            raise typer.Exit(BROKEN)
    typer.echo(f"{key} is revoked.")


@access_app.command()
def project(
    name: Annotated[str, typer.Argument(help="Name of the project; made when it is not there.")],
    max_bytes: Annotated[int | None, typer.Option(help="Most bytes of media kept; -1 for no limit.")] = None,
    days: Annotated[float | None, typer.Option(help="Days until its analyses are deleted; -1: as the server.")] = None,
    keep_record: Annotated[
        bool | None, typer.Option("--keep-record/--drop-record", help="Keep result.json when they are.")
    ] = None,
    zero_retention: Annotated[
        bool | None, typer.Option("--zero-retention/--keep-media", help="Drop the media as soon as an analysis ended.")
    ] = None,
) -> None:
    """Set what a project may keep and for how long, and show it."""
    from unmask.service.projects import ProjectLimits, limit_project

    with _context() as context:
        limits = ProjectLimits(max_bytes, days, keep_record, zero_retention)
        found = limit_project(context, name, limits)
    most = "no limit" if found.max_stored_bytes is None else f"{found.max_stored_bytes} bytes"
    kept = "as the server says" if found.retention_days is None else f"{found.retention_days:g} days"
    zero = ", media gone as soon as an analysis ended" if found.zero_retention else ""
    typer.echo(f"{name}: {most} of media, kept {kept}, record {'kept' if found.keep_record else 'deleted'}{zero}")


def _state(revoked: datetime | None, expires: datetime | None, now: datetime) -> str:
    if revoked is not None:
        return "revoked"
    if expires is None:
        return "holds"
    return "ended" if expires <= now else f"until {expires.date().isoformat()}"


def bring_schema(revision: str, *, down: bool) -> None:
    """What `unmask migrate` does."""
    from unmask.db.migrate import downgrade, upgrade

    with _context(bare=True) as context:
        (downgrade if down else upgrade)(context.database, revision)
    typer.echo(f"The schema is at {revision}.", err=True)


@contextmanager
def _context(*, bare: bool = False) -> Iterator[Context]:
    """Database and store as the settings say; an error is told and ends the command.

    The embedded mode's database is brought up to date on the way, unless `bare`.
    """
    from unmask.db.migrate import upgrade
    from unmask.errors import UnmaskError
    from unmask.service.context import open_context
    from unmask.settings import load_service

    try:
        settings = load_service()
        context = open_context(settings)
        if settings.database_url is None and not bare:
            upgrade(context.database)
        try:
            yield context
        finally:
            context.database.close()
    except UnmaskError as error:
        typer.echo(f"unmask: {error.message} ({error.code})", err=True)
        raise typer.Exit(BROKEN) from error
