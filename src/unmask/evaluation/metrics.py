"""The numbers over a set of scored files, each with an interval; ranking and rates come from `training/statistics.py`.

`labels` is boolean (n,), True for fake; `scores` are probabilities (n,), `alarms` boolean (n,): called manipulated.
Every interval is the 95 % percentile bootstrap over whole groups (persons or sources). Where all draws agree there is
no spread to draw from, and that is not certainty: the interval is then Wilson's (1927) over the number of groups, of
the rarer class where both are needed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unmask.evaluation.document import Bin, Curves, Numbers
from unmask.evaluation.outcome import Estimate
from unmask.intervals import wilson
from unmask.training.statistics import auc, eer, group_draws

BINS = 15
DRAWS = 1000
NO_SPREAD = 1e-12
FEW_DRAWS = 200
"""Draws for the many small tables."""

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Scores:
    """All files that a subject was asked about. `score` is NaN where there is none; `answered` is what counts for
    coverage, which a verdict without a firm label is not.
    """  # noqa: D205

    fake: Bools
    score: Floats
    alarm: Bools
    answered: Bools
    groups: tuple[str, ...]

    def pick(self, chosen: Sequence[int] | NDArray[np.intp] | Bools) -> Scores:
        """The files at these places."""
        index = np.asarray(chosen)
        places = np.flatnonzero(index) if index.dtype == bool else index.astype(np.intp)
        groups = tuple(self.groups[i] for i in places)
        return Scores(self.fake[places], self.score[places], self.alarm[places], self.answered[places], groups)

    @property
    def scored(self) -> Scores:
        """Those with a score."""
        return self.pick(np.isfinite(self.score))


def average_precision(labels: ArrayLike, scores: ArrayLike) -> float:
    """Mean precision over the fakes, ranked by score; tied scores share a threshold. Depends on how many are fake.

    Raises ValueError when there is no fake.
    """
    fake, values = np.asarray(labels, bool), np.asarray(scores, np.float64)
    if not fake.any():
        raise ValueError("no fake sample")
    order = np.argsort(-values, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(values[order])), len(values) - 1)
    hits = np.cumsum(fake[order])[ends]
    return float(np.sum(np.diff(hits, prepend=0) * hits / (ends + 1)) / fake.sum())


def balance(labels: ArrayLike) -> Floats:
    """Weights (n,) that sum to one and make real and fake weigh alike, as the probabilities assume."""
    fake = np.asarray(labels, bool)
    weights: Floats = np.where(fake, 0.5 / max(1, int(fake.sum())), 0.5 / max(1, int((~fake).sum())))
    return weights


def bin_numbers(weights: Floats, scores: Floats, bins: int = BINS) -> NDArray[np.intp]:
    """The bin (n,) of each file: bins of equal weight in the order of the scores, equal scores never parted."""
    values, place = np.unique(scores, return_inverse=True)
    mass = np.bincount(place, weights, minlength=len(values))
    middle = np.cumsum(mass) - mass / 2
    number = np.minimum((middle / max(float(mass.sum()), 1e-300) * bins).astype(np.intp), bins - 1)
    return number[place]


def calibration_error(labels: ArrayLike, scores: ArrayLike, bins: int = BINS) -> float:
    """Expected calibration error (Naeini et al., AAAI 2015) over bins of equal mass (Nguyen and O'Connor, EMNLP 2015).

    Real and fake weigh alike: the probabilities are meant for that. Raises ValueError unless both are there.
    """
    fake, values = np.asarray(labels, bool), np.asarray(scores, np.float64)
    if fake.all() or not fake.any():
        raise ValueError("both classes are needed")
    weights = balance(fake)
    gaps = np.bincount(bin_numbers(weights, values, bins), weights * (values - fake))
    return float(np.abs(gaps).sum())


def calibration_by_chance(
    labels: ArrayLike, scores: ArrayLike, bins: int = BINS, *, draws: int = FEW_DRAWS, seed: int = 0
) -> Estimate:
    """The calibration error that probabilities without any fault would show on so few files.

    Each draw lets every file be fake with exactly the probability it was given; files weigh as in `calibration_error`.
    The mean of the draws, and where 95 % of them lie: an error inside is no sign of a fault, and none below can be
    measured. Raises ValueError unless both classes are there.
    """
    fake, values = np.asarray(labels, bool), np.asarray(scores, np.float64)
    if fake.all() or not fake.any():
        raise ValueError("both classes are needed")
    weights, generator = balance(fake), np.random.default_rng(seed)
    number = bin_numbers(weights, values, bins)
    drawn = [
        float(np.abs(np.bincount(number, weights * (values - (generator.random(len(values)) < values)))).sum())
        for _ in range(draws)
    ]
    low, high = map(float, np.percentile(drawn, [2.5, 97.5]))
    return Estimate(value=float(np.mean(drawn)), low=low, high=high)


def brier(labels: ArrayLike, scores: ArrayLike) -> float:
    """Brier score (1950): mean squared distance of probability and truth, real and fake weighing alike."""
    fake, values = np.asarray(labels, bool), np.asarray(scores, np.float64)
    if fake.all() or not fake.any():
        raise ValueError("both classes are needed")
    return float(np.sum(balance(fake) * (values - fake) ** 2))


def share(hits: Bools, groups: Sequence[str], *, draws: int = DRAWS, seed: int = 0) -> Estimate:
    """A share of files with its interval. Raises ValueError when there is no file."""
    if len(hits) == 0:
        raise ValueError("no sample")
    samples = group_draws(np.zeros(len(hits), bool), groups, draws=draws, seed=seed)
    return _rate(hits, groups, samples)


def numbers(data: Scores, *, draws: int = DRAWS, seed: int = 0) -> Numbers:
    """All numbers of some files; those that need a class that is not there stay null."""
    scored = data.scored
    found: dict[str, Estimate] = {}
    if len(data.fake):
        found["coverage"] = _rate(
            data.answered, data.groups, group_draws(data.fake, data.groups, draws=draws, seed=seed)
        )
    fake, values, alarm = scored.fake, scored.score, scored.alarm
    for name, part, hits in (("false_alarm", ~fake, alarm), ("miss", fake, ~alarm)):
        if part.any():
            one = scored.pick(part)
            samples = group_draws(one.fake, one.groups, draws=draws, seed=seed)
            found[name] = _rate(hits[part], one.groups, samples)
    if fake.any() and not fake.all():
        samples = group_draws(fake, scored.groups, draws=draws, seed=seed)
        rarer = min(len({g for g, f in zip(scored.groups, fake, strict=True) if f == side}) for side in (True, False))
        for name, measure in _MEASURES.items():
            found[name] = estimate(measure(fake, values), [measure(fake[s], values[s]) for s in samples], rarer)
        found["ece_by_chance"] = calibration_by_chance(fake, values, seed=seed)
    return Numbers(
        n_real=int((~data.fake).sum()),
        n_fake=int(data.fake.sum()),
        n_scored=len(fake),
        n_groups=len(set(data.groups)),
        **found,
    )


_MEASURES: Mapping[str, Callable[[Bools, Floats], float]] = {
    "auc": auc,
    "eer": eer,
    "average_precision": average_precision,
    "ece": calibration_error,
    "brier": brier,
}


def curves(data: Scores) -> Curves | None:
    """ROC and reliability; None unless both classes have scores."""
    scored = data.scored
    fake, values = scored.fake, scored.score
    if fake.all() or not fake.any():
        return None
    order = np.argsort(-values, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(values[order])), len(values) - 1)
    hits = np.cumsum(fake[order])[ends] / fake.sum()
    alarms = np.cumsum(~fake[order])[ends] / (~fake).sum()
    roc = [(0.0, 0.0), *((round(float(a), 6), round(float(h), 6)) for a, h in zip(alarms, hits, strict=True))]
    weights = balance(fake)
    number = bin_numbers(weights, values)
    bins = [_bin(fake[b], values[b], weights[b]) for b in (number == one for one in np.unique(number))]
    return Curves(roc=roc, reliability=bins)


def _bin(fake: Bools, values: Floats, weights: Floats) -> Bin:
    """One bin; its interval is for as many files as the weights are worth (Kish's effective size)."""
    total = float(weights.sum())
    observed = float((weights * fake).sum()) / total
    low, high = wilson(observed, total**2 / float((weights**2).sum()))
    return Bin(mean=float((weights * values).sum()) / total, share=observed, low=low, high=high, n=len(fake))


def _rate(hits: Bools, groups: Sequence[str], samples: Sequence[NDArray[np.intp]]) -> Estimate:
    return estimate(float(hits.mean()), [float(hits[s].mean()) for s in samples], len(set(groups)))


def estimate(value: float, drawn: Sequence[float], n_groups: int) -> Estimate:
    """A number between 0 and 1 with the interval of its draws; where all draws agree, Wilson's over the groups."""
    low, high = map(float, np.percentile(drawn, [2.5, 97.5]))
    if max(drawn) - min(drawn) < NO_SPREAD:
        low, high = wilson(value, n_groups)
    return Estimate(value=value, low=min(low, value), high=max(high, value))
