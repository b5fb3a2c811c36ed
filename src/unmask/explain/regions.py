"""Which part of the face a heat map falls on: shares per region that sum to one.

The regions are placed by the five points that the crop was aligned with. Their sizes, in distances between the eyes,
are roughly those of an adult face seen from the front; on a face in profile they are a rough guide.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmask.types import FloatArray

REGIONS = ("eyes", "nose", "mouth", "cheeks", "jaw", "forehead", "background")
"""Every pixel of a crop belongs to exactly one. `forehead` reaches to the hair line, `eyes` include the brows."""

STANDS_OUT = 1.25
"""A region is named when its share is this many times the share of an even map ..."""
LEAST_SHARE = 0.15
"""... and at least this much of the whole."""

OUTLINE = (1.12, 1.48)
"""Half the face's width and height in distances between the eyes."""

Masks = Mapping[str, NDArray[np.bool_]]


def region_masks(points: FloatArray, side: int) -> Masks:
    """Masks (side, side) by region for a crop whose five points (5, 2), in crop pixels, are given; they part the crop.

    Points: the eye at the left of the picture, the eye at its right, nose tip, mouth corner left, mouth corner right.
    """
    x, y = _face_axes(points, side)
    nose, mouth, half_mouth = _landmarks(points)
    inside = _reach(x, y) <= 1.0
    brow = -0.5
    parts = {
        "eyes": _ellipse(abs(x) - 0.5, y + 0.12, 0.46, 0.42),
        "mouth": _ellipse(x - mouth[0], y - mouth[1], half_mouth + 0.2, 0.34),
        "nose": (np.abs(x - nose[0] * np.clip(y / max(nose[1], 0.1), 0, 1)) <= 0.16 + 0.2 * np.clip(y, 0, 1))
        & (y > -0.2)
        & (y <= nose[1] + 0.22),
        "forehead": _ellipse(x, y - 0.38, 1.3, 1.85) & (y < brow),
        "jaw": inside & ((y > mouth[1] + 0.2) | ((y > nose[1] + 0.2) & (_reach(x, y) > 0.72))),
        "cheeks": inside,
    }
    free = np.ones((side, side), bool)
    masks = {}
    for name in ("eyes", "mouth", "nose", "forehead", "jaw", "cheeks"):
        masks[name] = parts[name] & free
        free = free & ~parts[name]
    masks["background"] = free
    return {name: masks[name] for name in REGIONS}


def shares(heat: FloatArray, masks: Masks) -> dict[str, float]:
    """Share of a heat map (side, side) by region: numbers in 0..1 that sum to one, or {} when it is all zero."""
    total = float(heat.sum(dtype=np.float64))
    if total <= 0:
        return {}
    return {name: float(heat[mask].sum(dtype=np.float64)) / total for name, mask in masks.items()}


def areas(masks: Masks) -> dict[str, float]:
    """Share of the crop's area by region: what an even map would give."""
    return {name: float(mask.mean()) for name, mask in masks.items()}


def strongest(found: Mapping[str, float], even: Mapping[str, float], most: int = 2) -> tuple[str, ...]:
    """The regions that stand out, largest share first: more heat than their size explains. None may."""
    named = [r for r in found if found[r] >= LEAST_SHARE and found[r] >= STANDS_OUT * even[r]]
    return tuple(sorted(named, key=lambda region: (-found[region], region))[:most])


def _face_axes(points: FloatArray, side: int) -> tuple[FloatArray, FloatArray]:
    """Every pixel's place: from the middle of the eyes, along and across their line, in distances of the eyes."""
    left, right = points[0].astype(np.float64), points[1].astype(np.float64)
    centre, along = (left + right) / 2, right - left
    distance = max(float(np.hypot(*along)), 1.0)
    along = along / distance
    across = np.array([-along[1], along[0]])
    grid = np.stack(np.meshgrid(np.arange(side), np.arange(side), indexing="xy"), axis=-1) - centre
    return (grid @ along / distance).astype(np.float32), (grid @ across / distance).astype(np.float32)


def _landmarks(points: FloatArray) -> tuple[FloatArray, FloatArray, float]:
    """Nose tip, middle of the mouth and half its width, in the axes of `_face_axes`."""
    left, right = points[0].astype(np.float64), points[1].astype(np.float64)
    along = right - left
    distance = max(float(np.hypot(*along)), 1.0)
    turn = np.array([[along[0], along[1]], [-along[1], along[0]]]) / distance**2
    nose, a, b = ((turn @ (point - (left + right) / 2)).astype(np.float32) for point in points[2:5])
    return nose, (a + b) / 2, float(np.hypot(*(b - a))) / 2


def _ellipse(x: NDArray[Any], y: NDArray[Any], width: float, height: float) -> NDArray[np.bool_]:
    return np.asarray((x / width) ** 2 + (y / height) ** 2 <= 1.0)


def _reach(x: FloatArray, y: FloatArray) -> FloatArray:
    """Distance from the face's middle, 1 at the outline."""
    return np.asarray(np.sqrt((x / OUTLINE[0]) ** 2 + ((y - 0.38) / OUTLINE[1]) ** 2), np.float32)
