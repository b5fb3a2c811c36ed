"""How a face looks, as a short vector: good enough to tell the people of one video apart, no identity of anybody."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from unmask.types import FloatArray, ImageArray

SIDE = 64
CELLS = 8
BINS = 8
COLOUR_SIDE = 6
COLOUR_WEIGHT = 0.7


def describe(crop: ImageArray) -> FloatArray:
    """Unit float32 vector of an aligned RGB uint8 crop: oriented gradients (Dalal and Triggs 2005) and coarse colour.

    Compare two with their dot product: 1 is the same picture.
    """
    import cv2

    small = cv2.resize(crop, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    shape = _unit(_gradients(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)))
    lab = cv2.cvtColor(cv2.resize(small, (COLOUR_SIDE, COLOUR_SIDE), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2LAB)
    colour = _unit(lab.astype(np.float32).reshape(-1) / 128 - 1)
    return _unit(np.concatenate([shape, COLOUR_WEIGHT * colour]))


def _gradients(luma: FloatArray) -> FloatArray:
    """Energy per cell and direction, square-rooted, without what all faces share (the mean over the cells)."""
    dy, dx = np.gradient(luma)
    strength = np.hypot(dx, dy)
    place = (np.arctan2(dy, dx) % np.pi) / np.pi * BINS
    low = np.floor(place).astype(int)
    part = place - low
    maps = np.zeros((BINS, SIDE, SIDE), dtype=np.float32)
    rows, columns = np.indices(luma.shape)
    maps[low % BINS, rows, columns] += strength * (1 - part)
    maps[(low + 1) % BINS, rows, columns] += strength * part
    cells = maps.reshape(BINS, CELLS, SIDE // CELLS, CELLS, SIDE // CELLS).mean(axis=(2, 4))
    cells = np.sqrt(cells / (cells.sum(axis=0, keepdims=True) + 1.0))
    return np.asarray((cells - cells.mean(axis=(1, 2), keepdims=True)).reshape(-1), dtype=np.float32)


def _unit(vector: NDArray[np.floating]) -> FloatArray:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9), dtype=np.float32)
