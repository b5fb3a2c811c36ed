"""How heat is drawn: its colours, over a face and in its place in the whole picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from unmask.types import FloatArray, ImageArray

COLOURS: tuple[tuple[int, int, int], ...] = (
    (0, 0, 4),
    (33, 12, 74),
    (86, 16, 110),
    (137, 34, 106),
    (187, 55, 84),
    (227, 89, 50),
    (249, 140, 10),
    (249, 201, 50),
    (252, 255, 164),
)
"""The "inferno" map at ninths of its range: lightness rises evenly, so it reads without telling red from green."""

OPACITY = 0.82
"""Share of the colour where the heat is highest."""


def colours(heat: FloatArray) -> NDArray[np.float32]:
    """Colours (..., 3), 0..255, of heat (...) in 0..1."""
    stops = np.array(COLOURS, np.float32)
    place = np.clip(heat, 0.0, 1.0) * (len(stops) - 1)
    low = np.minimum(place.astype(np.int32), len(stops) - 2)
    part = (place - low)[..., None]
    return np.asarray(stops[low] * (1 - part) + stops[low + 1] * part, np.float32)


def overlay(image: ImageArray, heat: FloatArray) -> ImageArray:
    """The picture in grey with the heat in colour over it: RGB uint8 (H, W, 3), heat (H, W) in 0..1.

    Where there is no heat the grey picture is untouched, so that what lies below can still be seen.
    """
    import cv2

    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)[..., None]
    share = opacity(heat)[..., None]
    return np.clip(np.rint(grey * (1 - share) + colours(heat) * share), 0, 255).astype(np.uint8)


def opacity(heat: FloatArray) -> FloatArray:
    """How far the colour covers the picture, 0 to `OPACITY`, for heat in 0..1."""
    return np.asarray(OPACITY * np.sqrt(np.clip(heat, 0.0, 1.0)) * np.clip(heat / 0.15, 0.0, 1.0), np.float32)


def legend() -> tuple[tuple[float, str], ...]:
    """Stops (heat 0..1, "#rrggbb") of the overlay's colours over a middle grey, for a legend beside a map."""
    heat = np.linspace(0.0, 1.0, 2 * len(COLOURS) - 1, dtype=np.float32)
    grey = np.full((1, len(heat), 3), 128, np.uint8)
    row = overlay(grey, heat[None])[0]
    return tuple((float(h), f"#{r:02x}{g:02x}{b:02x}") for h, (r, g, b) in zip(heat, row, strict=True))


def to_frame(heat: FloatArray, matrix: FloatArray, height: int, width: int) -> FloatArray:
    """A crop's heat (S, S) at its place in the full frame: float32 (height, width), zero outside the crop.

    `matrix` (2, 3) maps frame pixels to crop pixels, as the face was cut.
    """
    import cv2

    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP  # cv2 then reads the matrix as frame -> crop
    placed = cv2.warpAffine(heat.astype(np.float32), matrix.astype(np.float64), (width, height), flags=flags)
    return np.asarray(placed, np.float32)
