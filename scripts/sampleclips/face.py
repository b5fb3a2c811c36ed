"""A forged face: the portrait's own face, reshaped, made to speak and to blink, and blended back.

The method is that of self-blended images (Shiohara and Yamasaki 2022, section 3) with a moving mouth: a reshaped and
recoloured copy of the face goes over the face, through a soft mask. Coordinates are pixels of the portrait.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from sampleclips.camera import Picture

EYES: Final = ((202.0, 100.5), (247.0, 102.5))
NOSE: Final = (221.5, 127.0)
MOUTH: Final = (221.5, 147.0)
"""The lower edge of the upper teeth, in the middle."""
OUTLINE: Final = (
    (184.0, 88.0), (204.0, 84.0), (226.0, 83.0), (248.0, 86.0), (268.0, 92.0), (270.0, 112.0), (265.0, 138.0),
    (252.0, 160.0), (234.0, 171.0), (220.0, 173.0), (206.0, 169.0), (192.0, 157.0), (183.0, 136.0), (180.0, 110.0),
)  # fmt: skip
"""The region that is replaced: brows to chin."""
OPEN: Final = 7.0
"""How far the lower lip goes down at the loudest sound, in pixels."""
CAVITY: Final = (58.0, 22.0, 20.0)
TINT: Final = (1.07, 0.97, 0.90)
"""Gain of red, green and blue of the forged face."""
DETAIL: Final = 0.34
"""The forged face is made at this share of the portrait's resolution, as a small generator would."""


def _bump(shape: tuple[int, int], centre: tuple[float, float], spread: tuple[float, float]) -> NDArray[np.float32]:
    """A Gaussian hill of height 1 with standard deviations `spread` (x, y)."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    across, down = (x - centre[0]) / spread[0], (y - centre[1]) / spread[1]
    return np.asarray(np.exp(-(across**2 + down**2) / 2), np.float32)


def mask(shape: tuple[int, int]) -> Picture:
    """Return the soft mask (height, width), 0 to 1, through which the forged face is blended."""
    filled = np.zeros(shape, np.float32)
    cv2.fillPoly(filled, [np.round(np.array(OUTLINE)).astype(np.int32)], 1.0)
    return np.asarray(cv2.GaussianBlur(filled, (0, 0), 2.5), np.float32)


def blink(frame: int, fps: int) -> float:
    """Return how far the eyes are closed, 0 to 1: a blink of 0.24 s every 2.3 s."""
    since = (frame / fps + 0.9) % 2.3
    return float(np.sin(np.pi * since / 0.24)) if since < 0.24 else 0.0


def forge(portrait: Picture, loudness: float, closed: float, jitter: tuple[float, float]) -> Picture:
    """Return the portrait with the forged face in it, unmasked.

    `loudness` (0 to 1) opens the mouth, `closed` (0 to 1) shuts the eyes, `jitter` (x, y) shifts the face by pixels.
    """
    shape = portrait.shape[:2]
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    lowered = OPEN * loudness
    shift_x, shift_y = np.full(shape, -jitter[0], np.float32), np.full(shape, -jitter[1], np.float32)
    for eye in EYES:  # larger eyes, and lids that come down
        hill = _bump(shape, eye, (11.0, 8.0))
        shift_x, shift_y = shift_x - 0.13 * hill * (x - eye[0]), shift_y - 0.13 * hill * (y - eye[1])
        shift_y -= 6.5 * closed * _bump(shape, eye, (12.0, 4.5))
    nose = _bump(shape, NOSE, (15.0, 14.0))
    shift_x -= 0.16 * nose * (x - NOSE[0])  # a broader nose
    cheeks = _bump(shape, (222.0, 150.0), (40.0, 22.0))
    shift_x += 0.06 * cheeks * (x - 222.0)  # a narrower jaw
    below = np.clip((y - MOUTH[1]) / max(lowered, 0.1), 0.0, 1.0)
    jaw = _bump(shape, (MOUTH[0], MOUTH[1] + 8), (24.0, 16.0))
    shift_y -= lowered * below * jaw
    moved = cv2.remap(portrait, x + shift_x, y + shift_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
    return _recolour(_cavity(np.asarray(moved, np.float32), lowered))


def _cavity(picture: Picture, lowered: float) -> Picture:
    """Paint the dark of the open mouth between the upper teeth and the lowered lip."""
    if lowered < 0.5:
        return picture
    y, x = np.mgrid[: picture.shape[0], : picture.shape[1]].astype(np.float32)
    across = x - MOUTH[0]
    down = y - (MOUTH[1] + lowered / 2 + 0.5 - 0.006 * across**2)  # the corners are higher than the middle
    distance = np.hypot(across / 16.5, down / (lowered / 2 + 0.6))
    share = np.clip((1 - distance) * 3.0, 0.0, 1.0)[:, :, None]
    return np.asarray(picture * (1 - share) + np.array(CAVITY, np.float32) * share, np.float32)


def _recolour(picture: Picture) -> Picture:
    """Take detail away and shift the colour, as a generator's output differs from the camera's."""
    height, width = picture.shape[:2]
    small = cv2.resize(picture, (round(width * DETAIL), round(height * DETAIL)), interpolation=cv2.INTER_AREA)
    large = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(large * np.array(TINT, np.float32), np.float32)
