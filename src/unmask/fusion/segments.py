"""Stretches of time in which a signal is above its threshold."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from unmask.fusion.calibration import sigmoid, strength
from unmask.models.card import Card
from unmask.types import ScorePoint, Signal

SMOOTH = 5
"""Points over which the median is taken before the threshold: one odd frame is not a segment."""
BRIDGE = Fraction(1)
"""Longest gap, in seconds, that is bridged inside a segment."""
SHORTEST = Fraction(1)
"""Segments shorter than this, in seconds, are not reported, unless they are all there is of the signal."""
LEAST = 0.8
"""Probability that a segment must reach on its own: as much as a verdict needs to say "manipulated"."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of a signal above its threshold, with the points inside it."""

    start: Fraction
    end: Fraction
    probability: float
    points: tuple[ScorePoint, ...]


def segment_threshold(card: Card) -> float:
    """Logit from which a point belongs to a segment: the card's threshold, or `LEAST` where that is higher.

    A weak network's threshold for few false alarms may lie where its calibrated probability still says little.
    """
    slope, intercept = card.calibration.slope, card.calibration.intercept
    if slope <= 0:
        return card.threshold
    return max(card.threshold, (math.log(LEAST / (1 - LEAST)) - intercept) / slope)


def cut_segments(signal: Signal, card: Card) -> tuple[Stretch, ...]:
    """The segments of a signal, in the order of time.

    A point is above when the median of its neighbourhood is; runs with gaps of at most `BRIDGE` join.
    """
    if not signal.points:
        return ()
    above = _smooth(signal.points) > segment_threshold(card)
    runs: list[list[_Core]] = []
    for core, hot in zip(_cores(signal.points), above, strict=True):
        if not hot:
            continue
        if runs and core.start - runs[-1][-1].end <= BRIDGE:
            runs[-1].append(core)
        else:
            runs.append([core])
    total = signal.points[-1].end - signal.points[0].start
    stretches = (_stretch(run, signal, card) for run in runs)
    return tuple(s for s in stretches if s.end - s.start >= min(SHORTEST, total) and s.probability >= LEAST)


@dataclass(frozen=True, slots=True)
class _Core:
    """The part of a point's stretch that it speaks for: of overlapping windows, the middle."""

    start: Fraction
    end: Fraction


def _cores(points: tuple[ScorePoint, ...]) -> list[_Core]:
    """A core per point; the first and the last window reach to their outer ends."""
    hops = [b.start - a.start for a, b in pairwise(points) if b.start > a.start]
    hop = min(hops, default=points[0].end - points[0].start)
    cores = []
    for index, point in enumerate(points):
        margin = max(Fraction(0), (point.end - point.start - hop) / 2)
        first, last = index == 0, index == len(points) - 1
        cores.append(_Core(point.start + (0 if first else margin), point.end - (0 if last else margin)))
    return cores


def _smooth(points: tuple[ScorePoint, ...]) -> NDArray[np.float64]:
    """Running median over at most `SMOOTH` neighbours; fewer at the ends."""
    logits = np.array([point.logit for point in points])
    half = SMOOTH // 2
    return np.array([np.median(logits[max(0, i - half) : i + half + 1]) for i in range(len(logits))])


def _stretch(run: list[_Core], signal: Signal, card: Card) -> Stretch:
    """One run as a stretch; all points whose middle lies between its ends count, the low ones as well."""
    start, end = run[0].start, run[-1].end
    inside = tuple(p for p in signal.points if start <= (p.start + p.end) / 2 <= end)
    logits = np.array([point.logit for point in inside], dtype=np.float32)
    return Stretch(start, end, sigmoid(strength(logits, card.calibration).llr), inside)
