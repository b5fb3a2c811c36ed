"""`unmask remote`: the same answers from a server, without the networks on this machine."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

if TYPE_CHECKING:
    from unmask.client import Analysis, Client
    from unmask.client.models import OnProgress

remote_app = typer.Typer(help="Let a server do it.", no_args_is_help=True)

FAILED: Final = 3
_EXITS: Final = {"likely_authentic": 0, "likely_manipulated": 10, "inconclusive": 11, "not_assessable": 12}
_ORDER: Final = (FAILED, 10, 11, 12)
_NAME: Final = re.compile(r"(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9_./-]{0,199}")

Server = Annotated[str, typer.Option(envvar="UNMASK_SERVER", help="Address, like https://unmask.example.org.")]
Key = Annotated[str | None, typer.Option(envvar="UNMASK_KEY", help="API key.", show_envvar=True)]


@remote_app.command()
def analyze(
    media: Annotated[list[str], typer.Argument(help="Files, or http(s) addresses of media.", show_default=False)],
    server: Server,
    key: Key = None,
    out: Annotated[Path | None, typer.Option(help="Folder for report and evidence (default: FILE.unmask/).")] = None,
    label: Annotated[str | None, typer.Option(help="A word to find it again.")] = None,
    fps: Annotated[float | None, typer.Option(min=0.1, max=60, help="Frames looked at per second.")] = None,
    probe: Annotated[bool, typer.Option("--probe", help="Judge three light re-encodings too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result documents, one per line.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress; the verdict in one line.")] = False,
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="Exit with 0 whatever the verdict.")] = False,
) -> None:
    """Analyse on a server; report and evidence come back into a folder. Exit codes as of `unmask analyze`."""
    from unmask.client import Client, ClientError

    given = {"label": label, "fps": fps, "probe": probe or None}
    options = {name: value for name, value in given.items() if value is not None}
    codes: list[int] = []
    with Client(server, key) as client:
        for number, one in enumerate(media, 1):
            try:
                with _bar(quiet or as_json, one) as told:
                    done = client.analyze(**_source(one), options=options, on_progress=told)
                folder = _folder(one, out, number if len(media) > 1 else None)
                _show(client, done, folder, as_json=as_json, quiet=quiet)
            except (ClientError, OSError) as error:
                _complain(one, error)
                codes.append(FAILED)
                continue
            codes.append(0 if exit_zero or done.verdict is None else _EXITS.get(done.verdict.label, FAILED))
    raise typer.Exit(next((code for code in _ORDER if code in codes), 0))


def _source(media: str) -> dict[str, Any]:
    return {"url": media} if re.match(r"https?://", media, re.IGNORECASE) else {"file": media}


def _folder(media: str, out: Path | None, number: int | None) -> Path:
    name = re.sub(r"[^\w. -]", "_", media.rstrip("/").rsplit("/", 1)[-1])[:60].lstrip(".") or "media"
    if out is not None:
        return out if number is None else out / f"{number:03d}-{name}"
    return Path(f"{name}.unmask") if "url" in _source(media) else Path(f"{media}.unmask")


def _show(client: Client, done: Analysis, folder: Path, *, as_json: bool, quiet: bool) -> None:
    from rich.console import Console
    from rich.text import Text

    from unmask.cli.verdict import one_line, panel
    from unmask.result import Result

    text = client.report(done.id, "json")
    result = Result.from_json(text)
    keep(client, done, folder)
    if as_json:
        sys.stdout.write(result.to_json() + "\n")
    elif quiet:
        Console(soft_wrap=True).print(Text(one_line(result)))
    else:
        Console().print(panel(result, folder))


def keep(client: Client, done: Analysis, folder: Path) -> None:
    """Write all that the analysis made into a folder. A name that would lead out of it is left out."""
    for artifact in client.get(done.id).artifacts:
        if _NAME.fullmatch(artifact.name) is None:
            continue
        place = folder / artifact.name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(client.artifact(done.id, artifact.name))


@contextmanager
def _bar(hidden: bool, media: str) -> Iterator[OnProgress]:
    """A bar for the upload and each stage while the block runs."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn

    from unmask.cli.verdict import visible
    from unmask.client.models import Progress as Step
    from unmask.client.models import silent

    if hidden:
        yield silent
        return
    screen = Console(stderr=True)
    screen.print(visible(media), markup=False)
    with Progress(TextColumn("{task.description:>8}"), BarColumn(), TaskProgressColumn(), console=screen) as bars:
        tasks: dict[str, TaskID] = {}

        def told(step: Step) -> None:
            name = visible(step.stage)[:8]
            if name not in tasks:
                tasks[name] = bars.add_task(name, total=1.0)
            bars.update(tasks[name], completed=step.fraction)

        yield told


def _complain(media: str, error: Exception) -> None:
    from unmask.cli.verdict import visible

    hint = getattr(error, "hint", "")
    typer.echo(f"{visible(media)}: {visible(str(error))}" + (f"\n  {visible(hint)}" if hint else ""), err=True)
