"""A still picture as a hand-held camera films it: slow drift, a little tremor, changing light, sensor noise."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from sampleclips.plan import FPS, FRAMES, HEIGHT, WIDTH

Picture = NDArray[np.float32]

CENTRE: Final = (225.0, 168.0)
"""The point of the picture, in its pixels, that the camera is held towards."""
SCALE: Final = 1.55
"""Pixels of the clip per pixel of the picture."""
NOISE: Final = (2.2, 1.0)
"""Standard deviation of the sensor's noise, of 255: luma and each chroma channel."""


def _sway(rng: np.random.Generator, slow: float, tremor: float) -> NDArray[np.float64]:
    """Sum of sine waves over the clip: drift below 0.3 Hz with amplitude `slow`, tremor around 1 Hz with `tremor`."""
    seconds = np.arange(FRAMES) / FPS
    total = np.zeros(FRAMES)
    for low, high, amplitude in ((0.05, 0.12, slow), (0.15, 0.3, slow / 2), (0.7, 1.4, tremor)):
        frequency, phase = rng.uniform(low, high), rng.uniform(0, 2 * np.pi)
        total += amplitude * np.sin(2 * np.pi * frequency * seconds + phase)
    return total


class Camera:
    """One hand-held shot. The same seed gives the same movement, light and noise."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self._seed = seed
        self._x, self._y = _sway(rng, 7.0, 0.6), _sway(rng, 4.0, 0.6)
        self._zoom = 1.04 + _sway(rng, 0.025, 0.002)
        self._angle = _sway(rng, 1.0, 0.15)
        self._light = 1.0 + _sway(rng, 0.02, 0.003)

    def project(self, picture: Picture, frame: int) -> Picture:
        """Return `picture` (height, width[, channels]) as it falls on the sensor in this frame, without noise."""
        scale = SCALE * self._zoom[frame]
        centre = (CENTRE[0] + self._x[frame], CENTRE[1] + self._y[frame])
        matrix = cv2.getRotationMatrix2D(centre, self._angle[frame], scale)
        matrix[:, 2] += (WIDTH / 2 - centre[0], HEIGHT / 2 - centre[1])
        warped = cv2.warpAffine(
            picture, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101
        )
        return np.asarray(warped, np.float32)

    def expose(self, picture: Picture, frame: int) -> Picture:
        """Return a projected RGB picture, 0 to 255, in this frame's light."""
        return np.asarray(picture * self._light[frame], np.float32)

    def grain(self, frame: int) -> Picture:
        """Return this frame's sensor noise (height, width, 3), to be added to an RGB picture."""
        rng = np.random.default_rng((self._seed, frame))
        luma = rng.normal(0.0, NOISE[0], (HEIGHT, WIDTH, 1))
        chroma = rng.normal(0.0, NOISE[1], (HEIGHT, WIDTH, 3))
        return np.asarray(luma + chroma, np.float32)
