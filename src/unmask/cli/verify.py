"""What `unmask verify` prints: which parts of a record are as they were signed, and exactly which are not."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from unmask.cli.verdict import visible
from unmask.errors import UnmaskError
from unmask.record.keys import checked_public, trusted_keys
from unmask.record.verify import Check, Checked, State, verify
from unmask.report.document import NAME
from unmask.settings import load

BROKEN = 1
UNREADABLE = 3
DIFFERS = 4
UNVOUCHED = 5

MARKS: dict[State, tuple[str, str]] = {
    "holds": ("holds", "green"),
    "differs": ("DIFFERS", "bold red"),
    "missing": ("MISSING", "bold red"),
    "unknown": ("unknown", "yellow"),
    "absent": ("absent", "yellow"),
    "unchecked": ("not checked", "dim"),
}
PARTS = ("record", "receipt", "settings", "signature", "key", "timestamp", "media", "files")
"""Parts that are no files: a file of that name would have an extension."""


def run_verify(record: Path, media: Path | None, keys: Sequence[str], *, as_json: bool) -> int:
    """Check a record and print what holds and what does not; returns the exit code. `keys` are trusted for this run."""
    try:
        settings = load()
        trusted = trusted_keys(settings) | {checked_public(key): "given on the command line" for key in keys}
    except UnmaskError as error:
        return _complain(error, BROKEN)
    try:
        path = record / NAME if record.is_dir() else record
        found = verify(path, media, trusted, settings.timestamp_roots)
    except UnmaskError as error:
        return _complain(error, UNREADABLE)
    if as_json:
        sys.stdout.write(json.dumps(_document(path, found)) + "\n")
    else:
        _tell(path, found)
    if not found.intact:
        return DIFFERS
    return 0 if found.vouched else UNVOUCHED


def _document(path: Path, found: Checked) -> dict[str, object]:
    checks = [asdict(check) for check in found.checks]
    return {"record": str(path), "intact": found.intact, "vouched": found.vouched, "checks": checks}


def _tell(path: Path, found: Checked) -> None:
    screen = Console(soft_wrap=True)
    screen.print(Text(visible(str(path)), style="bold"))
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 2))
    good = [c for c in found.checks if c.part not in PARTS and c.state == "holds"]
    for check in found.checks:
        if check not in good:
            table.add_row(*_row(check))
    if good:
        table.add_row(*_row(Check(f"{len(good)} file{'s' if len(good) > 1 else ''} beside it", "holds")))
    screen.print(table)
    screen.print(Text(_conclusion(found)))


def _row(check: Check) -> tuple[Text, Text, Text]:
    word, style = MARKS[check.state]
    return Text(visible(check.part)), Text(word, style=style), Text(visible(check.note))


def _conclusion(found: Checked) -> str:
    """The answer in one sentence."""
    wrong = [c.part for c in found.checks if c.state in ("differs", "missing")]
    if wrong:
        return f"Not as it was signed: {', '.join(visible(part) for part in wrong)}."
    states = {c.part: c.state for c in found.checks}
    if "receipt" in states:
        return _of_receipt(found, states)
    checked = (
        "The record, its files and the media are" if states.get("media") == "holds" else "The record and its files are"
    )
    if found.vouched:
        return f"{checked} as they were signed, by a key that you trust."
    if states.get("key") == "unknown":
        return (
            f"{checked} as they were signed, but you don't know the key: compare it with its owner over another way, "
            "then `unmask keys trust KEY NAME`."
        )
    return "The files fit the record, but it is unsigned: anyone could have written it."


def _of_receipt(found: Checked, states: dict[str, State]) -> str:
    if found.vouched:
        return "The receipt of the deletion is as it was signed, by a key that you trust."
    if states.get("key") == "unknown":
        return (
            "The receipt of the deletion is as it was signed, but you don't know the key: compare it with its owner "
            "over another way, then `unmask keys trust KEY NAME`."
        )
    if "signature" in states:
        return "The receipt of the deletion is unsigned: anyone could have written it."
    return "The deletion was not completed when this was written: ask the server for its receipt again."


def _complain(error: UnmaskError, code: int) -> int:
    screen = Console(stderr=True, soft_wrap=True)
    screen.print(Text.assemble(("unmask", "bold red"), ": ", visible(error.message), (f" ({error.code})", "dim")))
    if error.hint:
        screen.print(Text(f"  {error.hint}"))
    return code
