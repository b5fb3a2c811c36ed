"""The statistics that cards and reports are made of: ranking, error rates, intervals by group, Platt scaling.

Everywhere: `labels` is boolean (n,), True for fake; `scores` is (n,), higher for more likely fake; `groups` (n,) says
whose a sample is (person or source), so that samples of one group are drawn together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unmask.models.card import Metric

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Statistic = Callable[[Bools, Floats], float]
DRAWS = 1000
RIDGE = 1e-3


def auc(labels: ArrayLike, scores: ArrayLike) -> float:
    """Area under the ROC curve: how often a fake scores above a real one, ties counting half.

    Raises ValueError unless both classes are there.
    """
    from scipy.stats import rankdata

    fake, values = _checked(labels, scores)
    n_fake = int(fake.sum())
    n_real = len(fake) - n_fake
    ranks = rankdata(values)
    return float((ranks[fake].sum() - n_fake * (n_fake + 1) / 2) / (n_fake * n_real))


def eer(labels: ArrayLike, scores: ArrayLike) -> float:
    """Equal error rate: where false alarms and misses are equally frequent, interpolated between thresholds."""
    fake, values = _checked(labels, scores)
    order = np.argsort(-values, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(values[order])), len(values) - 1)
    misses = np.append(1.0, 1 - np.cumsum(fake[order])[ends] / fake.sum())
    alarms = np.append(0.0, np.cumsum(~fake[order])[ends] / (~fake).sum())
    gap = misses - alarms
    after = int(np.argmax(gap <= 0))
    weight = gap[after - 1] / (gap[after - 1] - gap[after]) if after else 0.0
    return float(alarms[after - 1] + weight * (alarms[after] - alarms[after - 1])) if after else float(alarms[0])


def false_alarm_rate(labels: ArrayLike, scores: ArrayLike, threshold: float) -> float:
    """Share of real samples above the threshold. Raises ValueError when there is no real sample."""
    fake, values = _arrays(labels, scores)
    if fake.all():
        raise ValueError("no real sample")
    return float((values[~fake] > threshold).mean())


def miss_rate(labels: ArrayLike, scores: ArrayLike, threshold: float) -> float:
    """Share of fake samples not above the threshold. Raises ValueError when there is no fake sample."""
    fake, values = _arrays(labels, scores)
    if not fake.any():
        raise ValueError("no fake sample")
    return float((values[fake] <= threshold).mean())


def threshold_for(real_scores: ArrayLike, rate: float) -> float:
    """The lowest of the real scores above which at most `rate` of them lie. Raises ValueError when there are none."""
    values = np.sort(np.asarray(real_scores, dtype=np.float64))
    if len(values) == 0:
        raise ValueError("no real sample")
    return float(values[len(values) - 1 - int(np.floor(rate * len(values)))])


def bootstrap(
    statistic: Statistic,
    labels: ArrayLike,
    scores: ArrayLike,
    groups: Sequence[str],
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> tuple[float, float]:
    """95 % interval of a statistic when whole groups are drawn with replacement (percentile bootstrap).

    Groups with real samples only, with fake ones only and with both are drawn apart, so that no draw lacks a class.
    """
    fake, values = _arrays(labels, scores)
    samples = group_draws(fake, groups, draws=draws, seed=seed)
    found = [statistic(fake[index], values[index]) for index in samples]
    low, high = np.percentile(found, [2.5, 97.5])
    return float(low), float(high)


def group_draws(labels: ArrayLike, groups: Sequence[str], *, draws: int, seed: int) -> list[NDArray[np.intp]]:
    """Indices of each bootstrap sample; whole groups, drawn within real-only, fake-only and mixed groups."""
    fake = np.asarray(labels, dtype=bool)
    names, member = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    order = np.argsort(member, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(member, minlength=len(names)))[:-1])
    kind = [int(fake[m].any()) + 2 * int((~fake[m]).any()) for m in members]
    strata = [np.flatnonzero(np.asarray(kind) == value) for value in (1, 2, 3)]
    rng = np.random.default_rng(seed)
    samples = []
    for _ in range(draws):
        picked = [rng.choice(stratum, len(stratum)) for stratum in strata if len(stratum)]
        samples.append(np.concatenate([members[g] for g in np.concatenate(picked)]))
    return samples


@dataclass(frozen=True, slots=True)
class Platt:
    """Log-likelihood ratio = slope * score + intercept; `covariance` is that of (slope, intercept)."""

    slope: float
    intercept: float
    covariance: tuple[tuple[float, float], tuple[float, float]]


def fit_platt(labels: ArrayLike, scores: ArrayLike, groups: Sequence[str], *, draws: int = 200, seed: int = 0) -> Platt:
    """Platt scaling (Platt 1999) with real and fake weighing alike, and its covariance from a bootstrap by group.

    Targets are smoothed as in Platt's section 2.2, and a slight ridge on the slope keeps separable data finite.
    Raises ValueError unless both classes are there.
    """
    fake, values = _checked(labels, scores)
    slope, intercept = _logistic(fake, values)
    fits = [_logistic(fake[i], values[i]) for i in group_draws(fake, groups, draws=draws, seed=seed)]
    (a, b), (_, d) = np.cov(np.asarray(fits).T)
    return Platt(slope, intercept, ((float(a), float(b)), (float(b), float(d))))


def _logistic(fake: Bools, values: Floats) -> tuple[float, float]:
    n_fake, n_real = int(fake.sum()), int((~fake).sum())
    target = np.where(fake, (n_fake + 1) / (n_fake + 2), 1 / (n_real + 2))
    weight = np.where(fake, 0.5 / n_fake, 0.5 / n_real)
    scale = float(values.std()) or 1.0
    design = np.stack([values / scale, np.ones_like(values)], axis=1)
    beta = np.zeros(2)
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(design @ beta, -30, 30)))
        gradient = design.T @ (weight * (p - target)) + [RIDGE * beta[0], 0.0]
        hessian = (design * (weight * p * (1 - p))[:, None]).T @ design + np.diag([RIDGE, 1e-9])
        step = np.linalg.solve(hessian, gradient)
        beta -= step * min(1.0, 5.0 / max(float(np.abs(step).max()), 1e-12))
        if np.abs(step).max() < 1e-9:
            break
    return float(beta[0] / scale), float(beta[1])


def point_noise(points: Sequence[ArrayLike], pooled: Sequence[float]) -> float:
    """Standard deviation of single points' logits around their subject's pooled logit, subjects weighing alike."""
    spreads = [float(np.mean((np.asarray(p, float) - centre) ** 2)) for p, centre in zip(points, pooled, strict=True)]
    return float(np.sqrt(np.mean(spreads)))


def metric(
    labels: ArrayLike,
    scores: ArrayLike,
    groups: Sequence[str],
    threshold: float,
    *,
    split: str,
    condition: str,
    unit: str,
    draws: int = DRAWS,
    seed: int = 0,
) -> Metric:
    """A card's metric with its intervals; what needs a class that is not there stays None."""
    fake, values = _arrays(labels, scores)
    wanted: dict[str, Statistic] = {}
    if not fake.all():
        wanted["false_alarm"] = lambda y, s: false_alarm_rate(y, s, threshold)
    if fake.any():
        wanted["miss"] = lambda y, s: miss_rate(y, s, threshold)
    if len(wanted) == 2:
        wanted |= {"auc": auc, "eer": eer}
    found: dict[str, object] = {}
    for name, statistic in wanted.items():
        found[name] = statistic(fake, values)
        found[f"{name}_interval"] = bootstrap(statistic, fake, values, groups, draws=draws, seed=seed)
    counts = {"n_real": int((~fake).sum()), "n_fake": int(fake.sum())}
    return Metric.model_validate({"split": split, "condition": condition, "unit": unit, **counts, **found})


def _arrays(labels: ArrayLike, scores: ArrayLike) -> tuple[Bools, Floats]:
    fake, values = np.asarray(labels, dtype=bool), np.asarray(scores, dtype=np.float64)
    if fake.shape != values.shape or fake.ndim != 1:
        raise ValueError("labels and scores must be of one length")
    if not np.isfinite(values).all():
        raise ValueError("scores must be finite")
    return fake, values


def _checked(labels: ArrayLike, scores: ArrayLike) -> tuple[Bools, Floats]:
    fake, values = _arrays(labels, scores)
    if fake.all() or not fake.any():
        raise ValueError("both classes are needed")
    return fake, values
