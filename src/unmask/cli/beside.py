"""The table of added models beside ours, as `unmask evaluate` prints it."""

from __future__ import annotations

from rich.table import Table

from unmask.evaluation.document import Evaluation, Subject
from unmask.evaluation.outcome import Estimate
from unmask.evaluation.page import METRICS, PERCENT, in_words, subject_name
from unmask.evaluation.truth import kind_of

SHOWN = ("auc", "eer", "false_alarm", "miss")


def beside_table(made: Evaluation) -> Table | None:
    """A row for each added model and for the detector of ours that looks at the same; None without added models."""
    measured = [subject for subject in made.subjects if subject.numbers.n_scored]
    kinds = {kind_of(subject.name) for subject in measured if ":" in subject.name}
    if not kinds:
        return None
    table = Table("", "Real + fake", "scored", *(METRICS[name] for name in SHOWN), box=None, pad_edge=False)
    for subject in sorted(measured, key=lambda s: (kind_of(s.name), s.name)):
        if kind_of(subject.name) in kinds:
            n = subject.numbers
            cells = (short(getattr(n, name), name) for name in SHOWN)
            table.add_row(subject_name(subject.name), f"{n.n_real} + {n.n_fake}", str(n.n_scored), *cells)
    return table


def ours(made: Evaluation) -> list[Subject]:
    """The verdict and the detectors of ours that measured anything."""
    return [subject for subject in made.subjects if subject.numbers.n_scored and ":" not in subject.name]


def short(estimate: Estimate | None, name: str) -> str:
    """A value and its interval, short enough for several columns in a terminal."""
    if estimate is None:
        return in_words(None, name)
    scale, digits = (100, 0) if name in PERCENT else (1, 2)
    interval = f"{estimate.low * scale:.{digits}f}-{estimate.high * scale:.{digits}f}"
    return f"{in_words(estimate, name)} ({interval})"
