"""What `unmask analyze` does: progress on standard error, the verdict or the documents on standard output."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from unmask.bootstrap import analyzer
from unmask.cli.verdict import one_line, panel, visible
from unmask.errors import UnmaskError
from unmask.pipeline import output_folder
from unmask.progress import STAGES, Stage, silent
from unmask.progress import Progress as Watcher
from unmask.record.keys import find_or_make_key, key_folder
from unmask.result import Label, Result
from unmask.settings import Settings, load

BROKEN = 1
FAILED = 3
EXITS: dict[Label, int] = {
    "likely_manipulated": 10,
    "inconclusive": 11,
    "not_assessable": 12,
    "likely_authentic": 0,
}


def run(
    files: Sequence[Path],
    out: Path | None,
    *,
    settings: Mapping[str, Any],
    as_json: bool,
    quiet: bool,
    exit_zero: bool,
    probe: bool = False,
) -> int:
    """Analyse the files one after the other with models loaded once; returns the exit code.

    `settings` are those given on the command line, by name; None leaves one to the environment.
    """
    screen = Console(stderr=True, quiet=quiet or as_json)
    try:
        wanted = load(settings)
        _tell_key(screen, wanted)
        tools = analyzer(wanted)
    except UnmaskError as error:
        _complain(None, error, as_json)
        return BROKEN
    codes: list[int] = []
    for file, folder in zip(files, _folders(files, out), strict=True):
        try:
            with _bars(screen, file) as watch:
                result = tools.analyze(file, folder, watch, probe=probe)
        except UnmaskError as error:
            _complain(file, error, as_json)
            codes.append(FAILED)
            continue
        _tell(result, folder, as_json=as_json, quiet=quiet)
        codes.append(0 if exit_zero else EXITS[result.verdict.label])
    return next((code for code in (FAILED, *EXITS.values()) if code in codes), 0)


def _tell_key(screen: Console, settings: Settings) -> None:
    """See to a key that signs the records: the first run makes one, and says so."""
    key, fresh = find_or_make_key(settings)
    if key is None:
        screen.print(Text(f"records are unsigned: no key can be kept in {key_folder(settings)}", style="yellow"))
    elif fresh:
        screen.print(
            Text(f"made a key that signs your records, in {key_folder(settings)}", style="dim"), soft_wrap=True
        )


def _folders(files: Sequence[Path], out: Path | None) -> list[Path]:
    """An output folder per file: `out` itself for one file, a numbered one below it for several."""
    if out is None:
        return [output_folder(file) for file in files]
    if len(files) == 1:
        return [out]
    return [out / f"{number:03d}-{file.stem[:60]}" for number, file in enumerate(files, 1)]


@contextmanager
def _bars(screen: Console, file: Path) -> Iterator[Watcher]:
    """A progress bar per stage while the block runs."""
    if screen.quiet:
        yield silent
        return
    columns = (TextColumn("{task.description:>8}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    screen.print(Text(visible(file.name), style="bold"))
    with Progress(*columns, console=screen, transient=True) as progress:
        tasks: dict[Stage, TaskID] = {stage: progress.add_task(stage, total=1.0, start=False) for stage in STAGES}

        def watch(stage: Stage, fraction: float) -> None:
            progress.start_task(tasks[stage])
            progress.update(tasks[stage], completed=fraction)
            if fraction >= 1.0:
                progress.stop_task(tasks[stage])

        yield watch


def _tell(result: Result, folder: Path, *, as_json: bool, quiet: bool) -> None:
    if as_json:
        sys.stdout.write(result.to_json() + "\n")
        sys.stdout.flush()
    elif quiet:
        Console(soft_wrap=True).print(Text(one_line(result)))
    else:
        Console().print(panel(result, folder))


def _complain(file: Path | None, error: UnmaskError, as_json: bool) -> None:
    """The error on standard error: as a document with `--json`, in words otherwise."""
    if as_json:
        sys.stderr.write(json.dumps({"file": file and str(file), "error": error.to_dict()}) + "\n")
        return
    screen = Console(stderr=True)
    about = visible(file.name) if file else "unmask"
    line = Text.assemble((about, "bold red"), ": ", visible(error.message), (f" ({error.code})", "dim"))
    screen.print(line)
    if error.hint:
        screen.print(Text(f"  {error.hint}"))
