"""What `unmask evaluate` prints of corruptions and shortcut tests."""

from __future__ import annotations

from itertools import groupby, islice

from rich.console import Console
from rich.table import Table
from rich.text import Text

from unmask.evaluation.corruptions import CORRUPTIONS
from unmask.evaluation.giveaways import NAMES
from unmask.evaluation.outcome import Estimate
from unmask.evaluation.page import percent, signed, subject_name
from unmask.evaluation.robust_document import Changed, Fall, Robustness, Shortcuts

MOST_GIVEAWAYS = 4
"""Properties printed of each detector; the page and the document have all."""


def list_corruptions() -> None:
    """Names of all corruptions, and what they do, on standard output."""
    table = _table("corruption", "changes", "what it does")
    for one in CORRUPTIONS.values():
        table.add_row(one.name, one.touches, Text(one.words))
    Console().print(table)


def robustness_table(found: Robustness) -> Table:
    """A row per corruption, a column per subject: the fall of its AUC and its false alarms, the interval below."""
    subjects = list(dict.fromkeys(fall.subject for one in found.corruptions for fall in one.falls))
    table = _table("Corruption", "files", *(f"{subject_name(name)}:\nfall of AUC · false alarms" for name in subjects))
    for one in found.corruptions:
        table.add_row(one.name, str(one.files), *(_cell(one.of(name)) for name in subjects))
    if found.mean_fall:
        table.add_row("mean", "", *(_mean(found, name) for name in subjects), style="bold")
    return table


def _table(*heads: str) -> Table:
    """A table whose first column is never cut short."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for number, head in enumerate(heads):
        table.add_column(head, no_wrap=number == 0, overflow="fold")
    return table


def shortcuts_table(found: Shortcuts) -> Table:
    """A row per test: AUC before and after."""
    table = _table("Shortcut test", "of", "files", "AUC before", "after", "fall")
    for one in found.tests:
        for fall in one.falls:
            before, after = (_plain(value) for value in (fall.before, fall.after))
            count = f"{fall.n_real} + {fall.n_fake}"
            table.add_row(one.name, subject_name(fall.subject), count, before, after, _fall(fall))
    return table


def giveaways_table(found: Shortcuts) -> Table:
    """The properties that give away most."""
    table = _table("Property as a detector", "of", "kind", "files", "AUC")
    ranked = sorted(found.giveaways, key=lambda g: (g.subject, -abs(g.auc.value - 0.5)))
    for one in (g for _, group in groupby(ranked, key=lambda g: g.subject) for g in islice(group, MOST_GIVEAWAYS)):
        count = f"{one.n_real} + {one.n_fake}"
        table.add_row(NAMES.get(one.name, one.name), subject_name(one.subject), one.kind, count, _plain(one.auc))
    return table


def left_out(found: list[Changed]) -> int:
    """How often a file failed under a change that it should have borne."""
    return sum(sum(one.failed.values()) for one in found)


def _cell(fall: Fall | None) -> str:
    if fall is None:
        return ""
    value, _, interval = _fall(fall).partition("\n")
    alarm = "" if fall.false_alarm is None else f" · {percent(fall.false_alarm.value)}"
    return f"{value}{alarm}\n{interval}"


def _fall(fall: Fall) -> str:
    if fall.fall is None:
        return "\N{EN DASH}"
    one = fall.fall
    return f"{signed(one.value)}\n{signed(one.low)} to {signed(one.high)}"


def _plain(estimate: Estimate | None) -> str:
    return "\N{EN DASH}" if estimate is None else f"{estimate.value:.3f}\n{estimate.low:.2f} to {estimate.high:.2f}"


def _mean(found: Robustness, subject: str) -> str:
    return signed(found.mean_fall[subject]) if subject in found.mean_fall else ""
