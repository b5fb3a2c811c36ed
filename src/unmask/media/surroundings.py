"""What lies around a face: hair, clothes, background. It tells a cut from a turned head.

Measured on 180 clips at 4 frames a second: the colours around a face stay alike from frame to frame (cosine 0.97 in the
first percentile, also where the face itself changes most), and differ between clips (0.46 in the median, 0.83 in the
95th percentile).
"""

from __future__ import annotations

import numpy as np

from unmask.types import Box, FloatArray, ImageArray

REACH = 2.5
"""Side of the square looked at, in face sizes."""

SIDE = 32
BINS = (4, 6, 6)
CHROMA_RANGE = 64.0
"""Chroma beyond this (CIE Lab, of 128) counts as this."""


def describe_surroundings(image: ImageArray, box: Box) -> FloatArray:
    """Unit float32 vector (144,) of the colours around a face of an RGB uint8 image; compare two by dot product.

    The square root of a soft histogram over CIE Lab, so that the dot product is the Bhattacharyya coefficient. Zero
    where nothing of the frame lies around the face.
    """
    import cv2

    height, width = image.shape[:2]
    middle_x, middle_y = box.x + box.width / 2, box.y + box.height / 2
    half = REACH * (box.width * box.height) ** 0.5 / 2
    left, right = max(0, round(middle_x - half)), min(width, round(middle_x + half))
    top, bottom = max(0, round(middle_y - half)), min(height, round(middle_y + half))
    if right - left < 2 or bottom - top < 2:
        return np.zeros(int(np.prod(BINS)), np.float32)
    small = cv2.resize(image[top:bottom, left:right], (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB).astype(np.float32)
    across = left + (np.arange(SIDE) + 0.5) * (right - left) / SIDE
    down = top + (np.arange(SIDE) + 0.5) * (bottom - top) / SIDE
    in_face = (np.abs(down - middle_y) < box.height / 2)[:, None] & (np.abs(across - middle_x) < box.width / 2)[None]
    return _histogram(lab[~in_face])


def _histogram(colours: FloatArray) -> FloatArray:
    """Root of the soft histogram of Lab colours (n, 3), of length one."""
    chroma = np.clip((colours[:, 1:] - 128.0 + CHROMA_RANGE) / (2 * CHROMA_RANGE), 0.0, 1.0)
    places = np.concatenate([colours[:, :1] / 255.0, chroma], axis=1) * (np.array(BINS) - 1)
    low = np.minimum(places.astype(np.int64), np.array(BINS) - 2)
    part = places - low
    counts = np.zeros(int(np.prod(BINS)))
    for corner in np.ndindex(2, 2, 2):
        weight = np.prod(np.where(corner, part, 1.0 - part), axis=1)
        cell = np.ravel_multi_index(tuple((low + corner).T), BINS)
        counts += np.bincount(cell, weights=weight, minlength=len(counts))
    roots = np.sqrt(counts)
    return np.asarray(roots / max(float(np.linalg.norm(roots)), 1e-9), dtype=np.float32)
