"""The aligned crop: every face turned upright, brought to one size and cut at the same place.

The crop is cut tighter than a loose portrait, from the brows' upper edge to the chin: what lies outside the picture
would have to be invented, and a network learns such padding as a sign of its source.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from unmask.types import FloatArray, ImageArray

SIDE = 160
"""Pixels along an aligned crop. Smaller crops lose the traces of blending, larger ones are mostly interpolated."""

TEMPLATE: FloatArray = np.asarray(
    [[0.306, 0.353], [0.694, 0.353], [0.5, 0.568], [0.337, 0.778], [0.663, 0.778]], dtype=np.float32
)
"""Where the five points of a frontal face come to lie, as fractions of the side."""


def crop_matrix(points: FloatArray, side: int = SIDE) -> FloatArray:
    """Similarity transform float32 (2, 3) that maps frame pixels to crop pixels.

    The least-squares fit of the five points (5, 2) to the template, without reflection (Umeyama 1991).
    Raises ValueError when the points coincide or are not finite.
    """
    if np.shape(points) != (5, 2):
        raise ValueError("five finite points are needed")
    return similarity(points, TEMPLATE.astype(np.float64) * side - 0.5)


def similarity(points: FloatArray, target: NDArray[np.floating]) -> FloatArray:
    """Similarity transform float32 (2, 3) that brings points (n, 2) as near as can be to `target` (n, 2).

    Least squares without reflection (Umeyama 1991). Raises ValueError when the points coincide or are not finite.
    """
    source, goal = np.asarray(points, dtype=np.float64), np.asarray(target, dtype=np.float64)
    if not np.isfinite(source).all():
        raise ValueError("finite points are needed")
    source_mean, goal_mean = source.mean(axis=0), goal.mean(axis=0)
    a, b = source - source_mean, goal - goal_mean
    spread = float((a**2).sum())
    if spread < 1e-6:
        raise ValueError("the points coincide")
    cosine = float((a * b).sum()) / spread
    sine = float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum()) / spread
    linear = np.asarray([[cosine, -sine], [sine, cosine]])
    shift = goal_mean - linear @ source_mean
    return np.concatenate([linear, shift[:, None]], axis=1).astype(np.float32)


def invert(matrix: FloatArray) -> FloatArray:
    """The transform back, float32 (2, 3): crop pixels to frame pixels."""
    linear = np.linalg.inv(matrix[:, :2].astype(np.float64))
    return np.concatenate([linear, -(linear @ matrix[:, 2:])], axis=1).astype(np.float32)


def warp(image: ImageArray, matrix: FloatArray, side: int) -> ImageArray:
    """RGB uint8 (side, side, 3) cut by a similarity transform; strong reductions are averaged, not subsampled.

    What lies beyond the picture repeats its edge.
    """
    import cv2

    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    full: NDArray[np.float64] = matrix.astype(np.float64)
    if scale < 0.5:
        image, full = _reduced(image, full, side, scale)
    return np.asarray(
        cv2.warpAffine(image, full, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE),
        dtype=np.uint8,
    )


def _reduced(
    image: ImageArray, matrix: NDArray[np.float64], side: int, scale: float
) -> tuple[ImageArray, NDArray[np.float64]]:
    """The part of the image around the crop, shrunk to about its size, and the transform from there."""
    import cv2

    height, width = image.shape[:2]
    corners = np.asarray([[0, 0], [side, 0], [0, side], [side, side]], dtype=np.float64)
    back = (corners - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T
    left, top = np.clip(np.floor(back.min(axis=0)).astype(int) - 4, 0, [width - 1, height - 1])
    right, bottom = np.clip(np.ceil(back.max(axis=0)).astype(int) + 4, [left + 1, top + 1], [width, height])
    part = image[top:bottom, left:right]
    size = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
    small = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    ratio = np.asarray([part.shape[1] / size[0], part.shape[0] / size[1]])
    linear = matrix[:, :2] * ratio
    # pixel centres: x_part = (x_small + 0.5) * ratio - 0.5
    shift = matrix[:, :2] @ (np.asarray([left, top]) + 0.5 * ratio - 0.5) + matrix[:, 2]
    return np.asarray(small, dtype=np.uint8), np.concatenate([linear, shift[:, None]], axis=1)


def align(image: ImageArray, points: FloatArray, side: int = SIDE) -> ImageArray:
    """The aligned crop RGB uint8 (side, side, 3) of the face whose five points (5, 2) are given in image pixels."""
    return warp(image, crop_matrix(points, side), side)


def outside(matrix: FloatArray, side: int, height: int, width: int) -> float:
    """Share (0..1) of the crop's area that lies beyond the picture."""
    steps = (np.arange(24) + 0.5) / 24 * side
    grid = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    back = invert(matrix)
    points = grid @ back[:, :2].T + back[:, 2]
    inside = (points >= 0).all(axis=1) & (points[:, 0] <= width - 1) & (points[:, 1] <= height - 1)
    return float(1 - inside.mean())
