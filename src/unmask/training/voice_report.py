"""Numbers of a trained voice network: scores of whole files, calibration and metrics by condition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from unmask.fusion.pooling import pool
from unmask.models.card import Calibration, Metric
from unmask.models.voice_net import RATE, WINDOW, build, features, fit
from unmask.models.weights import load_weights
from unmask.training import audio_augment as world
from unmask.training.manifest import Row
from unmask.training.statistics import fit_platt, metric, point_noise, threshold_for
from unmask.training.voice_data import as_float, cached
from unmask.types import FloatArray

HOP = RATE
ALARMS = 0.05
FEWEST = 5
DRAWS = 1_000
TOO_MANY = 0.1
NO_BETTER = 0.65

Condition = Callable[[FloatArray, np.random.Generator], FloatArray]

CONDITIONS: dict[str, Condition] = {
    "telephone": lambda s, _: world.round_trip(world.band_limit(s, 300, 3_400), "g711", 8_000, 64_000),
    "mp3 32 kbit/s": lambda s, _: world.round_trip(s, "mp3", 16_000, 32_000),
    "aac 32 kbit/s": lambda s, _: world.round_trip(s, "aac", 16_000, 32_000),
    "opus 16 kbit/s": lambda s, _: world.round_trip(s, "opus", 16_000, 16_000),
    "noise 20 dB": lambda s, draw: world.add_noise(s, world.coloured_noise(len(s), draw), 20),
    "noise 10 dB": lambda s, draw: world.add_noise(s, world.coloured_noise(len(s), draw), 10),
    "room": world.room,
    "low-pass 4 kHz": lambda s, _: world.band_limit(s, 0, 4_000, 10),
    "pauses swapped for noise": world.pauses,
}


@dataclass(frozen=True)
class Scored:
    """Rows with the logits of their windows and the pooled logit of each."""

    rows: list[Row]
    points: list[FloatArray]

    @property
    def pooled(self) -> FloatArray:
        """One logit a row (n,)."""
        return np.asarray([pool(points) for points in self.points], np.float32)

    @property
    def fake(self) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        """Which rows are fake (n,)."""
        return np.asarray([row.label == "fake" for row in self.rows], bool)

    def where(self, keep: Callable[[Row], bool]) -> Scored:
        """Only some of the rows."""
        chosen = [i for i, row in enumerate(self.rows) if keep(row)]
        return Scored([self.rows[i] for i in chosen], [self.points[i] for i in chosen])


class Scorer:
    """A network with the weights that ship, scoring cached sound as the detector does: 4 s windows, 1 s apart."""

    def __init__(self, weights: Path) -> None:
        import tensorflow as tf

        self.network = build()
        load_weights(self.network, weights)
        self._forward = tf.function(lambda x: self.network(x, training=False), reduce_retracing=True)

    def score(self, rows: Sequence[Row], cache: Path, condition: Condition | None = None) -> Scored:
        """Logits of each row's windows, under a condition if one is given; rows without sound are left out."""
        kept, points = [], []
        for number, row in enumerate(rows):
            sound = cached(row, cache)
            if sound is None:
                continue
            wave = as_float(sound)
            if condition is not None:
                wave = condition(wave, np.random.default_rng(number))
            kept.append(row)
            points.append(self.logits(wave))
        return Scored(kept, points)

    def logits(self, wave: FloatArray) -> FloatArray:
        """Logits (n,) of all windows of a sound."""
        starts = range(0, max(1, len(wave) - WINDOW + 1), HOP)
        pictures = features(np.stack([fit(wave[start : start + WINDOW]) for start in starts]))
        return np.asarray(self._forward(pictures)).reshape(-1)


def calibrate(scored: Scored, data: str) -> tuple[Calibration, float, float]:
    """Platt scaling of pooled logits, by page; thresholds of single points and of whole files for 5 % false alarms."""
    pooled, fake = scored.pooled, scored.fake
    platt = fit_platt(fake, pooled, [row.source for row in scored.rows])
    real_points = np.concatenate([p for p, is_fake in zip(scored.points, fake, strict=True) if not is_fake])
    calibration = Calibration(
        slope=platt.slope,
        intercept=platt.intercept,
        covariance=platt.covariance,
        noise=point_noise(scored.points, pooled.tolist()),
        n_real=int((~fake).sum()),
        n_fake=int(fake.sum()),
        data=data,
    )
    return calibration, threshold_for(real_points, ALARMS), threshold_for(pooled[~fake], ALARMS)


def metrics(scored: Scored, threshold: float, trained: Sequence[Row], split: str = "dev") -> list[Metric]:
    """Numbers over all, over methods and speakers never trained on, per method and per page of real voices."""
    methods = {row.method for row in trained if row.label == "fake"}
    persons = {row.person for row in trained if row.person}
    views: dict[str, Callable[[Row], bool]] = {
        "all": lambda _: True,
        "unseen methods": lambda row: row.label == "real" or row.method not in methods,
        "unseen speakers": lambda row: row.person not in persons,
        "pages with both classes": _in_mixed_page(scored.rows),
    }
    for family in sorted({row.family for row in scored.rows if row.family and row.label == "fake"}):
        views[f"family {family}"] = _real_or_family(family)
    for method, count in sorted(Counter(row.method for row in scored.rows if row.method).items()):
        if count >= FEWEST:
            views[f"method {method}{'' if method in methods else ' (unseen)'}"] = _beside(scored.rows, method)
    for page, count in sorted(Counter(row.source for row in scored.rows if row.label == "real").items()):
        if count >= FEWEST:
            views[f"real voices of {page}"] = _real_of(page)
    found = []
    for name, keep in views.items():
        part = scored.where(keep)
        if part.rows:
            found.append(number(part, threshold, split, name))
    return found


def number(part: Scored, threshold: float, split: str, name: str) -> Metric:
    """One metric with intervals by page and named speaker; by file where a class has too few of those to draw from."""
    groups = [f"{row.source}|{row.person}" if ":" not in row.person else row.source for row in part.rows]
    unit = "page or speaker"
    for label in {row.label for row in part.rows}:
        if len({group for group, row in zip(groups, part.rows, strict=True) if row.label == label}) < FEWEST:
            groups, unit = [str(i) for i in range(len(part.rows))], "file"
            break
    return metric(part.fake, part.pooled, groups, threshold, split=split, condition=name, unit=unit, draws=DRAWS)


def weak_spots(numbers: Sequence[Metric]) -> list[str]:
    """Sentences about what the numbers show to be weak: for the limits of the card."""
    whole = next(one for one in numbers if one.condition == "all" and one.split == "dev")
    found = []
    if whole.miss is not None and whole.false_alarm is not None and whole.auc is not None:
        found.append(
            f"On unseen pages AUC is {whole.auc:.2f}; at {100 * whole.false_alarm:.0f} % false alarms "
            f"{100 * whole.miss:.0f} % of the made voices are missed: a low score is no proof of a real voice."
        )
    found += [
        f"{one.condition}: {100 * one.false_alarm:.0f} % false alarms among {one.n_real} real files."
        for one in numbers
        if one.false_alarm is not None
        and one.false_alarm > TOO_MANY
        and one.n_real >= 4 * FEWEST
        and not one.condition.startswith("method ")
    ]
    missed = [
        one.condition.removeprefix("method ").removesuffix(" (unseen)")
        for one in numbers
        if one.condition.startswith("method ") and one.auc is not None and one.auc < NO_BETTER
    ]
    return [*found, f"Hardly told from real voices (AUC below {NO_BETTER}): {', '.join(missed)}."] if missed else found


def _in_mixed_page(rows: Sequence[Row]) -> Callable[[Row], bool]:
    labels: dict[str, set[str]] = {}
    for row in rows:
        labels.setdefault(row.source, set()).add(row.label)
    return lambda row: len(labels[row.source]) == 2


def _real_or_family(family: str) -> Callable[[Row], bool]:
    return lambda row: row.label == "real" or row.family == family


def _real_of(page: str) -> Callable[[Row], bool]:
    return lambda row: row.label == "real" and row.source == page


def _beside(rows: Sequence[Row], method: str) -> Callable[[Row], bool]:
    """Files of a method against the real voices of the pages where it appears, or against all where there are few."""
    pages = {row.source for row in rows if row.method == method}
    own = sum(row.label == "real" and row.source in pages for row in rows)
    return lambda row: row.method == method or (row.label == "real" and (own < FEWEST or row.source in pages))
