"""From raw logits to calibrated evidence: a log-likelihood ratio with its standard deviation.

The ratio says how much more likely these scores are if the subject was manipulated than if it was not. It is Platt
scaling (Platt 1999) of the pooled logit; its uncertainty comes from the calibration's own bootstrap and from the
few scores it rests on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from unmask.fusion.pooling import log_mean_exp, pool
from unmask.models.card import Calibration
from unmask.types import FloatArray, ScorePoint

WINDOW = 5
"""Seconds of the windows in which a partial manipulation is looked for."""

LIMIT = 6.0
"""Largest log-likelihood ratio believed, either way: odds of 400 to 1 are beyond any calibration set."""


@dataclass(frozen=True, slots=True)
class Strength:
    """Evidence about one subject: natural log-likelihood ratio and its standard deviation."""

    llr: float
    deviation: float


def strength(logits: FloatArray, calibration: Calibration, extra_deviation: float = 0.0) -> Strength:
    """Evidence of scores that are pooled together. `extra_deviation` widens it for input beyond what was calibrated."""
    pooled = pool(logits)
    gradient = np.array([pooled, 1.0])
    parameters = float(gradient @ np.array(calibration.covariance) @ gradient)
    sampling = (calibration.slope * calibration.noise) ** 2 / max(1, len(logits) // 2)
    llr = calibration.slope * pooled + calibration.intercept
    return Strength(
        llr=float(np.clip(llr, -LIMIT, LIMIT)),
        deviation=math.sqrt(max(0.0, parameters) + sampling + extra_deviation**2),
    )


def subject_strength(
    points: tuple[ScorePoint, ...], calibration: Calibration, extra_deviation: float = 0.0
) -> Strength:
    """Evidence of a whole signal, which may be manipulated throughout or in one stretch only.

    Two hypotheses weigh alike: all of it, and one window of `WINDOW` seconds, no one knows which. The second one's
    ratio is the mean over the windows, so that a long real video does not collect false alarms.
    """
    whole = strength(_logits(points), calibration, extra_deviation)
    windows = split_windows(points)
    if len(windows) < 2:
        return whole
    parts = [strength(_logits(window), calibration, extra_deviation) for window in windows]
    partial = log_mean_exp([part.llr for part in parts])
    strongest = max(parts, key=lambda part: part.llr)
    llr = log_mean_exp([whole.llr, partial])
    return Strength(llr=llr, deviation=strongest.deviation if partial > whole.llr else whole.deviation)


def split_windows(points: tuple[ScorePoint, ...]) -> list[tuple[ScorePoint, ...]]:
    """The points by windows of `WINDOW` seconds on the media's clock, empty ones left out."""
    windows: dict[int, list[ScorePoint]] = {}
    for point in points:
        windows.setdefault(int(point.start // WINDOW), []).append(point)
    return [tuple(windows[index]) for index in sorted(windows)]


def point_probability(logit: float, calibration: Calibration) -> float:
    """Probability that one score alone gives where both answers are equally likely."""
    return sigmoid(float(np.clip(calibration.slope * logit + calibration.intercept, -LIMIT, LIMIT)))


def sigmoid(log_odds: float) -> float:
    """Probability of natural log-odds, without overflow."""
    if log_odds >= 0:
        return 1.0 / (1.0 + math.exp(-log_odds))
    return math.exp(log_odds) / (1.0 + math.exp(log_odds))


def _logits(points: tuple[ScorePoint, ...]) -> FloatArray:
    return np.array([point.logit for point in points], dtype=np.float32)
