"""Heads over time: grey crops at 12.5 pictures a second, all of one run cut at the same place.

A crop that follows the face would carry the trembling of the points it is cut by, and a background that stands still
would move in it. So a run is cut once, by the middle of all its faces, with hair, jaw and some of the background; the
mesh of every picture comes along, and whoever wants the face held still can turn it by that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from unmask.media.align import TEMPLATE, similarity, warp
from unmask.media.faces import five_points
from unmask.types import FloatArray, ImageArray

STEP = 2
"""Ticks of `media.mouths` (25 a second) from one picture to the next."""

SIDE = 128
"""Pixels along a crop as it is kept: the network sees the middle, augmentation moves it within."""

REACH = 2.0
"""Side of the crop, in sides of the aligned face (`align.SIDE`)."""

CENTRE = (0.5, 0.47)
"""Middle of the crop on the aligned face, as fractions of its side: a little above the nose, for the hair."""


@dataclass(frozen=True, slots=True)
class Head:
    """One head over a run of pictures: `crops` grey uint8 (n, SIDE, SIDE), `meshes` float32 (n, 468, 2) in its pixels.

    `size` is the face's shorter side in the picture, the median of the run.
    """

    crops: ImageArray
    meshes: FloatArray
    size: float

    def __len__(self) -> int:
        return len(self.crops)


def head_matrix(meshes: FloatArray) -> FloatArray:
    """Similarity transform float32 (2, 3) from picture to crop pixels for a run's meshes (n, 468, 2).

    Raises ValueError when the points coincide.
    """
    corner = np.asarray(CENTRE) - REACH / 2
    target = (TEMPLATE - corner) * (SIDE / REACH) - 0.5
    return similarity(five_points(np.median(meshes, axis=0).astype(np.float32)), target)


def cut_head(pictures: Sequence[ImageArray], meshes: FloatArray) -> Head:
    """The head of a run: grey pictures (h, w) and the face's mesh (n, 468, 2) in each."""
    matrix = head_matrix(meshes)
    sizes = np.ptp(meshes, axis=1).min(axis=1)
    crops = np.stack([warp(picture, matrix, SIDE) for picture in pictures])
    return Head(crops, (meshes @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32), float(np.median(sizes)))
