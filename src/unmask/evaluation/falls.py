"""How far answers fall from before a change to after it, on the same files; so is each draw of the bootstrap."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal

import numpy as np

from unmask.evaluation.cases import Case, Unit, asked, scores
from unmask.evaluation.corruptions.base import NotApplicable
from unmask.evaluation.metrics import NO_SPREAD, Scores, numbers
from unmask.evaluation.outcome import VERDICT, Estimate, detectors_in
from unmask.evaluation.robust_document import Changed, Fall
from unmask.evaluation.truth import kind_of
from unmask.intervals import wilson
from unmask.training.statistics import auc, group_draws

UNTOUCHED = {"picture": ("voice",), "sound": ("face", "motion")}
"""Detectors that can't notice a change of the other stream."""
IGNORED = ("provenance",)
"""What a file says of its origin is gone with any new writing of it, which is no failure of a detector."""

LEAST = 5
"""A mean must not hang on a pair of files."""

Pair = tuple[Case, Case]


def changed(
    before: Sequence[Case],
    after: Sequence[Case],
    *,
    name: str,
    words: str,
    touches: Literal["picture", "sound", "both"],
    unit: Unit,
    draws: int,
    subjects: Sequence[str] | None = None,
) -> Changed:
    """The document's part about one change. `before` and `after` are of the same rows in the same order.

    `subjects` are those measured; the verdict and every detector that the change can touch when None.
    """
    skipped, failed = Counter[str](), Counter[str]()
    pairs: list[Pair] = []
    for one, other in zip(before, after, strict=True):
        error = other.outcome.error
        if error == NotApplicable.code:
            skipped[other.outcome.message or ""] += 1
        elif error is not None:
            failed[error] += 1
        if error != NotApplicable.code and one.outcome.error is None:
            pairs.append((one, other))
    if subjects is None:
        left_out = (*UNTOUCHED.get(touches, ()), *IGNORED)
        subjects = [VERDICT, *(d for d in detectors_in([c.outcome for c in before]) if kind_of(d) not in left_out)]
    falls = [_fall(pairs, subject, unit, draws) for subject in subjects]
    return Changed(
        name=name,
        words=words,
        touches=touches,
        files=len(after) - skipped.total(),
        skipped=dict(skipped),
        failed=dict(failed),
        falls=[one for one in falls if one.n_real + one.n_fake + one.n_lost],
    )


def mean_falls(found: Sequence[Changed], leave_out: Sequence[str] = ()) -> dict[str, float]:
    """The mean fall of AUC by subject, over changes measured on `LEAST` real and `LEAST` fake files at least."""
    values: dict[str, list[float]] = {}
    for one in found:
        for fall in one.falls:
            enough = min(fall.n_real, fall.n_fake) >= LEAST
            if fall.fall is not None and enough and one.name not in leave_out:
                values.setdefault(fall.subject, []).append(fall.fall.value)
    return {subject: float(np.mean(several)) for subject, several in values.items()}


def _fall(pairs: Sequence[Pair], subject: str, unit: Unit, draws: int) -> Fall:
    owed = {id(case) for case in asked([one for one, _ in pairs], subject)}
    scored = [(a, b) for a, b in pairs if id(a) in owed and a.outcome.score(subject) is not None]
    kept = [(a, b) for a, b in scored if b.outcome.score(subject) is not None]
    first = scores([a for a, _ in kept], subject, unit)
    then = scores([b for _, b in kept], subject, unit)
    one, other = numbers(first, draws=draws), numbers(then, draws=draws)
    return Fall(
        subject=subject,
        n_real=one.n_real,
        n_fake=one.n_fake,
        n_lost=len(scored) - len(kept),
        before=one.auc,
        after=other.auc,
        fall=_difference(first, then, draws),
        false_alarm_before=one.false_alarm,
        false_alarm=other.false_alarm,
    )


def _difference(first: Scores, then: Scores, draws: int, seed: int = 0) -> Estimate | None:
    """AUC before less AUC after with the interval of paired draws; None unless there are both classes.

    Where all draws agree there is no spread to draw from: the interval is then as wide as Wilson's for a rate of zero
    over the persons of the rarer class, to either side.
    """
    fake = first.fake
    if fake.all() or not fake.any():
        return None
    value = auc(fake, first.score) - auc(fake, then.score)
    samples = group_draws(fake, first.groups, draws=draws, seed=seed)
    drawn = [auc(fake[s], first.score[s]) - auc(fake[s], then.score[s]) for s in samples]
    low, high = map(float, np.percentile(drawn, [2.5, 97.5]))
    if max(drawn) - min(drawn) < NO_SPREAD:
        rarer = min(len({g for g, f in zip(first.groups, fake, strict=True) if f == side}) for side in (True, False))
        width = wilson(0.0, rarer)[1]
        low, high = max(-1.0, value - width), min(1.0, value + width)
    return Estimate(value=value, low=min(low, value), high=max(high, value))
