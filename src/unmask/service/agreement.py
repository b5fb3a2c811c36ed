"""How often people agree with the verdicts: counts, over time, and by the models that took part.

A judgement agrees or disagrees only where both it and the verdict are firm: `authentic` or `manipulated`, and a likely
verdict. All else is left open and counted apart. Who gives a judgement has looked at the answer first, and picks what
to judge: this is no measurement of the models.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from unmask.db.repository.judgements import OPPOSED, Counted
from unmask.db.tables import Analysis, Feedback
from unmask.intervals import wilson
from unmask.service.context import Context, Principal

ALIKE = (("authentic", "likely_authentic"), ("manipulated", "likely_manipulated"))
"""Judgement and verdict that say the same."""
LATEST = 20
"""Disagreements that are listed."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of so many judgements: those that agree, that disagree, and that leave it open."""

    agreed: int
    disagreed: int
    left_open: int

    @property
    def share(self) -> float | None:
        """How many of those that can be compared agree, 0 to 1."""
        compared = self.agreed + self.disagreed
        return self.agreed / compared if compared else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Its 95 % interval (Wilson)."""
        return None if self.share is None else wilson(self.share, self.agreed + self.disagreed)


@dataclass(frozen=True, slots=True)
class Week:
    """What was judged in the seven days from a Monday on."""

    start: date
    agreement: Agreement


@dataclass(frozen=True, slots=True)
class ModelAgreement:
    """Judgements of analyses in which a model took part."""

    name: str
    version: str
    agreement: Agreement


@dataclass(frozen=True, slots=True)
class Summary:
    """All of it. `counts` are by (verdict, judgement); `weeks` are all from the first to the last, empty ones too."""

    counts: dict[tuple[str, str], int]
    overall: Agreement
    weeks: tuple[Week, ...]
    models: tuple[ModelAgreement, ...]


def summary(context: Context, principal: Principal, since: date | None = None) -> Summary:
    """Everything that was judged in the project since that day."""
    with context.database.read() as repo:
        days = repo.judgements.by_day(principal.project, since)
        by_model = repo.judgements.by_model(principal.project, since)
    counts: Counter[tuple[str, str]] = Counter()
    for row in days:
        counts[row.verdict, row.judgement] += row.number
    return Summary(dict(counts), agreement(days), _weeks(days), _models(by_model))


def disagreements(
    context: Context, principal: Principal, since: date | None = None
) -> Sequence[tuple[Feedback, Analysis]]:
    """The latest judgements that contradict the verdict, with their analyses."""
    with context.database.read() as repo:
        return repo.judgements.opposed(principal.project, since, LATEST)


def agreement(rows: Iterable[Counted]) -> Agreement:
    """What counts add up to."""
    agreed = disagreed = total = 0
    for row in rows:
        total += row.number
        agreed += row.number if (row.judgement, row.verdict) in ALIKE else 0
        disagreed += row.number if (row.judgement, row.verdict) in OPPOSED else 0
    return Agreement(agreed, disagreed, total - agreed - disagreed)


def _weeks(rows: Sequence[Counted]) -> tuple[Week, ...]:
    if not rows:
        return ()
    by_week: dict[date, list[Counted]] = {}
    for row in rows:
        by_week.setdefault(_monday(date.fromisoformat(row.group[0])), []).append(row)
    first, last = min(by_week), max(by_week)
    starts = (first + timedelta(weeks=n) for n in range((last - first).days // 7 + 1))
    return tuple(Week(start, agreement(by_week.get(start, ()))) for start in starts)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _models(rows: Sequence[Counted]) -> tuple[ModelAgreement, ...]:
    by_model: dict[tuple[str, ...], list[Counted]] = {}
    for row in rows:
        by_model.setdefault(row.group, []).append(row)
    return tuple(ModelAgreement(name, version, agreement(found)) for (name, version), found in by_model.items())
