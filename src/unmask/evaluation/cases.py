"""Rows, what is true of them and what was answered, side by side; and from them the scores of a subject."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from unmask.evaluation.localisation import Located, merged
from unmask.evaluation.metrics import Scores
from unmask.evaluation.outcome import VERDICT, Outcome
from unmask.evaluation.truth import Truth, applies, truth
from unmask.fusion.combine import MANIPULATED_FROM
from unmask.fusion.conditions import bands
from unmask.training.manifest import Row

Unit = Literal["person", "source"]
OWN_THRESHOLD = 0.5
"""The answer of an added network from which its authors call a face or a voice fake."""
FIRM = ("likely_manipulated", "likely_authentic")


@dataclass(frozen=True, slots=True)
class Case:
    """One file: the manifest's row, the truth and the outcome. `bands` is empty for a file that failed."""

    row: Row
    outcome: Outcome
    truth: Truth
    bands: dict[str, str] = field(default_factory=dict)

    def group(self, unit: Unit) -> str:
        """Whose it is: what a bootstrap draws together."""
        return self.row.identity if unit == "person" else self.row.source or self.row.identity

    @property
    def name(self) -> str:
        """The file as its source names it."""
        return self.row.origin or self.row.path.name


def cases(rows: Sequence[Row], outcomes: Sequence[Outcome]) -> tuple[Case, ...]:
    """Rows and outcomes of one order put together."""
    return tuple(
        Case(row, one, truth(row), bands(one.traits) if one.traits else {})
        for row, one in zip(rows, outcomes, strict=True)
    )


def asked(found: Sequence[Case], subject: str) -> tuple[Case, ...]:
    """The files that `subject` owes an answer about: the truth is known, and there is such a stream."""
    if subject == VERDICT:
        return tuple(found)
    return tuple(case for case in found if applies(case.row, subject) and not case.outcome.absent(subject))


def scores(found: Sequence[Case], subject: str, unit: Unit) -> Scores:
    """The scores of files that `subject` was asked about."""
    values = [case.outcome.score(subject) for case in found]
    return Scores(
        fake=np.array([bool(case.truth.of(subject)) for case in found], dtype=bool),
        score=np.array([np.nan if value is None else value for value in values], dtype=np.float64),
        alarm=np.array([alarmed(case, subject) for case in found], dtype=bool),
        answered=np.array([answered(case, subject) for case in found], dtype=bool),
        groups=tuple(case.group(unit) for case in found),
    )


def alarmed(case: Case, subject: str) -> bool:
    """Whether it is called manipulated: the label of a verdict; 0.80 or more of a detector, as the report words it.

    Of a model that nobody calibrated it is one half or more of its own answer, as its authors take it.
    """
    if subject == VERDICT:
        return case.outcome.label == "likely_manipulated"
    value = case.outcome.score(subject)
    least = MANIPULATED_FROM if case.outcome.calibrated(subject) else OWN_THRESHOLD
    return value is not None and value >= least


def answered(case: Case, subject: str) -> bool:
    """Whether there is an answer: a firm label of the verdict, a score of a detector."""
    return case.outcome.label in FIRM if subject == VERDICT else case.outcome.score(subject) is not None


def said(case: Case, subject: str) -> str:
    """What was said in one code: a label, an error's code, or a detector's state or reason."""
    outcome = case.outcome
    if outcome.error is not None:
        return "failed"
    if subject == VERDICT:
        return outcome.label or "not_assessable"
    if outcome.score(subject) is not None:
        return "alarm" if alarmed(case, subject) else "no_alarm"
    reasons = [f.reason for f in outcome.findings if f.detector == subject]
    return next((reason for reason in reasons if reason), "no_finding")


def located(found: Sequence[Case], subject: str, unit: Unit) -> tuple[Located, ...]:
    """Files whose altered stretches are known, and real ones, with what `subject` reported in them."""
    files = []
    for case in found:
        true = case.truth.stretches(subject)
        if true is None or case.row.kind == "image" or case.outcome.error is not None:
            continue
        reported = [s for s in case.outcome.stretches if subject in (VERDICT, s.detector)]
        files.append(Located(true, merged(reported), case.group(unit)))
    return tuple(files)
