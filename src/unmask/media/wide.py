"""The wider crop that added models were trained on: the whole face, turned upright, with some of what is around it."""

from __future__ import annotations

import numpy as np

from unmask.media.align import warp
from unmask.types import FloatArray, ImageArray

SIDE = 256
"""Pixels along a wide crop."""

REACH = 2.86
"""Side of the square in distances between the eyes, or from eyes to mouth where that is more.

2.2 times 1.3: what the authors of MesoNet cut (Afchar et al. 2018, in the code published with the paper).
"""


def wide_crop(image: ImageArray, points: FloatArray) -> ImageArray:
    """RGB uint8 (256, 256, 3) around a face's five points (5, 2) in frame pixels; beyond the frame its edge repeats."""
    eyes, mouth = points[:2].mean(axis=0), points[3:].mean(axis=0)
    centre = 0.75 * points[2] + 0.25 * eyes  # their centre lies between the nose's tip and the middle of its bridge
    down = mouth - eyes
    apart = max(float(np.linalg.norm(points[1] - points[0])), float(np.linalg.norm(down)), 1e-3)
    scale = SIDE / (REACH * apart)
    angle = float(np.arctan2(down[0], down[1]))
    cosine, sine = scale * np.cos(angle), scale * np.sin(angle)
    turn = np.asarray([[cosine, -sine], [sine, cosine]])
    shift = SIDE / 2 - 0.5 - turn @ centre
    return warp(image, np.concatenate([turn, shift[:, None]], axis=1).astype(np.float32), SIDE)
