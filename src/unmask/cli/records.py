"""The commands about records: verify, report, keys. Registered by `app.py`; heavy imports happen inside."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

keys_app = typer.Typer(help="The key that signs records, and the keys whose records are believed.")

Languages = Literal["en", "es", "fr", "de", "ar"]
EXIT_CODES = """**Exit codes**: 0 all that was checked is as it was signed, by a key that you trust ·
4 something differs or is missing · 5 nothing differs, but it is unsigned or you don't know the key · 3 there is no
record to read · 1 Unmask itself can't run · 2 wrong use."""


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("verify", epilog=EXIT_CODES)(verify_command)
    app.command("report")(report_command)
    app.add_typer(keys_app, name="keys")


def verify_command(
    record: Annotated[Path, typer.Argument(help="A result.json, or the folder that it lies in.", show_default=False)],
    media: Annotated[
        Path | None, typer.Argument(help="The media that it is about, to check that too.", show_default=False)
    ] = None,
    key: Annotated[
        list[str] | None, typer.Option(help="Trust this public key for this check; repeat for more.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the checks as one JSON document.")] = False,
) -> None:
    """Check a signed record offline: the document, its key, its timestamp, every file beside it, and the media."""
    from unmask.cli.verify import run_verify

    raise typer.Exit(run_verify(record, media, key or [], as_json=as_json))


def report_command(
    record: Annotated[Path, typer.Argument(help="A result.json, or the folder that it lies in.", show_default=False)],
    language: Annotated[
        Languages | None, typer.Option(help="Language of the report (default: that of the record).", show_default=False)
    ] = None,
    page: Annotated[bool, typer.Option("--html", help="Write the page alone.")] = False,
    pdf: Annotated[bool, typer.Option("--pdf", help="Write the PDF alone.")] = False,
    out: Annotated[Path | None, typer.Option(help="Folder to write to (default: beside the record).")] = None,
) -> None:
    """Draw the report of a record again, for example in another language: `report-LANGUAGE.html` and `.pdf`."""
    from unmask.cli.report import run_report

    raise typer.Exit(run_report(record, language, out, page=page, pdf=pdf))


@keys_app.callback(invoke_without_command=True)
def keys_command(context: typer.Context) -> None:
    """The key that signs records, and the keys whose records are believed."""
    if context.invoked_subcommand is None:
        keys_show()


@keys_app.command("show")
def keys_show() -> None:
    """Where the private key lies, its public key (to give to others), and the keys that are trusted."""
    from unmask.cli.keys import show

    raise typer.Exit(show())


@keys_app.command("make")
def keys_make() -> None:
    """Make a key. One that is there is never overwritten."""
    from unmask.cli.keys import make

    raise typer.Exit(make())


@keys_app.command("trust")
def keys_trust(
    key: Annotated[str, typer.Argument(help="The public key, base64 of 32 bytes.", show_default=False)],
    name: Annotated[str, typer.Argument(help="Whose it is.", show_default=False)],
) -> None:
    """Believe records that were signed with this key."""
    from unmask.cli.keys import trust_key

    raise typer.Exit(trust_key(key, name))
