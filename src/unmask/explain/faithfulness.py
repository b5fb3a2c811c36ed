"""Whether a map tells the truth: does the answer go when the places it names are taken away, and come when they return?

Deletion and insertion as in RISE (Petsiuk et al., BMVC 2018, section 4.2): the places are replaced in the order of
their heat, and the probability is read after each step. A map that knows makes it fall early and rise early. Two
references undergo the same: a blob in the middle, which needs no knowledge but that faces are centred, and random maps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from unmask.types import FloatArray

STEPS = 8
"""Steps from the whole picture to none of it."""
RANDOM = 2
"""Random maps, whose mean is the reference."""
RANDOM_GRID = 7
"""Cells along a side of a random map: about as coarse as the maps that it is compared with."""
SEED = 20261126
SOFT = 1 / 20
"""Softness of the edge between what is there and what was replaced, of the side: a hard seam is itself a trace."""
BLUR = 1 / 10
"""Deviation of the blur that stands for "taken away", of the side."""

Score = Callable[[FloatArray], FloatArray]
"""Prepared pictures (n, H, W, C) to probabilities (n,)."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Probability (`STEPS` + 1,) after each share of the picture was taken away, or put back; areas in 0..1."""

    deletion: tuple[float, ...]
    insertion: tuple[float, ...]

    @property
    def deletion_auc(self) -> float:
        """Area under the deletion curve: low for a map that names the right places."""
        return _area(self.deletion)

    @property
    def insertion_auc(self) -> float:
        """Area under the insertion curve: high for a map that names the right places."""
        return _area(self.insertion)

    @property
    def score(self) -> float:
        """Insertion less deletion: above zero means that the named places carry the answer more than the others."""
        return self.insertion_auc - self.deletion_auc


@dataclass(frozen=True, slots=True)
class Faithfulness:
    """A map's curves beside those of the blob in the middle and the mean ones of random maps."""

    shown: Curve
    centre: Curve
    random: Curve

    @property
    def beats_centre(self) -> bool:
        """Whether the map is better than the blob in the middle."""
        return self.shown.score > self.centre.score

    @property
    def beats_random(self) -> bool:
        """Whether the map is better than random maps are on average."""
        return self.shown.score > self.random.score

    @property
    def holds(self) -> bool:
        """Whether the map may be shown as evidence."""
        return self.beats_centre and self.beats_random


def faithfulness(score: Score, picture: FloatArray, heat: FloatArray, away: FloatArray) -> Faithfulness:
    """Measure one map of one prepared picture.

    Args:
        score: the probability of a manipulation, as it is shown.
        picture: float32 (H, W, C) as the network takes it.
        heat: float32 (H, W), any range; more is more important.
        away: what stands where something was taken away, of the picture's form; `blurred` makes one for a picture.
    """
    height, width = heat.shape
    maps = np.stack([heat, centre_blob(height, width), *random_maps(height, width)])
    curves = measure(score, picture, maps, away)
    noise = curves[2:]
    random = Curve(_mean([c.deletion for c in noise]), _mean([c.insertion for c in noise]))
    return Faithfulness(curves[0], curves[1], random)


def measure(score: Score, picture: FloatArray, maps: FloatArray, away: FloatArray) -> list[Curve]:
    """Curves of several maps (m, H, W) over one picture; all pictures are scored in one call."""
    shares = np.arange(1, STEPS) / STEPS
    taken = np.stack([_softened(place_of(heat) < share) for heat in maps for share in shares])[..., None]
    both = np.concatenate(
        [picture + taken * (away - picture), away + taken * (picture - away), picture[None], away[None]]
    )
    found = np.asarray(score(both.astype(np.float32)), np.float64)
    rows = found[:-2].reshape(2, len(maps), len(shares))
    whole, none = found[-2], found[-1]
    return [
        Curve(_joined(whole, gone, none), _joined(none, back, whole))
        for gone, back in zip(rows[0], rows[1], strict=True)
    ]


def place_of(heat: FloatArray) -> FloatArray:
    """The place of each pixel in the order of its heat, 0 for the hottest, below 1: float32 (H, W).

    Where there is no heat, what lies nearer to heat comes first.
    """
    import cv2

    peak = max(float(heat.max()), 1e-12)
    around = cv2.GaussianBlur(heat.astype(np.float32), (0, 0), max(heat.shape) / 6) / peak
    order = np.argsort(-(heat / peak + 1e-3 * around), axis=None, kind="stable")
    place = np.empty(heat.size, np.float32)
    place[order] = np.arange(heat.size, dtype=np.float32) / heat.size
    return place.reshape(heat.shape)


def blurred(picture: FloatArray) -> FloatArray:
    """The picture (H, W, C) without its detail: where something was taken away, colour and light stay as they were."""
    import cv2

    return np.asarray(cv2.GaussianBlur(picture, (0, 0), max(picture.shape[:2]) * BLUR), np.float32)


@lru_cache(maxsize=4)
def centre_blob(height: int, width: int) -> FloatArray:
    """A round blob in the middle, float32 (height, width): what a map of a face looks like that knows nothing of it."""
    y, x = (np.abs(np.arange(n) - (n - 1) / 2) / n for n in (height, width))
    return np.asarray(np.exp(-(y[:, None] ** 2 + x**2) / (2 * 0.25**2)), np.float32)


@lru_cache(maxsize=4)
def random_maps(height: int, width: int) -> FloatArray:
    """`RANDOM` smooth maps, float32 (RANDOM, height, width), the same each time."""
    import cv2

    draw = np.random.default_rng(SEED)
    coarse = draw.random((RANDOM, RANDOM_GRID, RANDOM_GRID)).astype(np.float32)
    return np.stack([cv2.resize(m, (width, height), interpolation=cv2.INTER_LINEAR) for m in coarse])


def _softened(taken: NDArray[np.bool_]) -> FloatArray:
    import cv2

    side = max(1, round(max(taken.shape) * SOFT))
    return np.asarray(cv2.blur(taken.astype(np.float32), (side, side)), np.float32)


def _joined(first: float, middle: NDArray[np.float64], last: float) -> tuple[float, ...]:
    return (float(first), *(float(v) for v in middle), float(last))


def _area(curve: tuple[float, ...]) -> float:
    """Mean height by the trapezoid rule."""
    return float((sum(curve) - (curve[0] + curve[-1]) / 2) / (len(curve) - 1))


def _mean(curves: list[tuple[float, ...]]) -> tuple[float, ...]:
    return tuple(float(v) for v in np.mean(curves, axis=0))
