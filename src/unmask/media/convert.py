"""From decoded pictures to upright RGB of bounded size."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from unmask.types import ImageArray

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

LONGEST_SIDE = 1920
"""Pictures are scaled down to this on conversion, pixels: faces are cut to far less, and memory stays bounded."""

WIDEST_PIXEL = 4
"""Pixel aspect ratios beyond this (or its inverse) are taken for a broken header and ignored."""

SAME_SHAPE = 0.02
"""Relative difference of aspect ratio up to which a picture of another size is scaled to the stream's."""


class Converter:
    """Turns pictures of one stream into RGB arrays of one size: upright, with square pixels.

    The longest side is at most `longest`; `scale` is how many displayed pixels one pixel of the result spans. When
    the size changes in mid-stream, pictures are scaled to the size of the stream's header, so that coordinates go on;
    only a picture of another shape keeps its own.
    """

    def __init__(
        self, width: int, height: int, aspect: Fraction | None, rotation: int, longest: int = LONGEST_SIDE
    ) -> None:
        from av.video.reformatter import VideoReformatter

        self._reformatter = VideoReformatter()
        self._aspect = aspect if aspect and 1 / WIDEST_PIXEL <= aspect <= WIDEST_PIXEL else Fraction(1)
        self._turns = (-rotation // 90) % 4
        self._longest = longest
        self._coded = (width, height)
        self._size, self.scale = self._displayed(width, height)

    def image(self, picture: VideoFrame) -> ImageArray:
        """RGB uint8 (height, width, 3), upright."""
        size = self._size
        width, height = picture.width, picture.height
        if (width, height) != self._coded and not self._alike(width, height):
            size, _ = self._displayed(width, height)
        kind = None if size == (width, height) else "BICUBIC"
        rgb = self._reformatter.reformat(picture, size[0], size[1], "rgb24", interpolation=kind)
        image = np.asarray(rgb.to_ndarray(), dtype=np.uint8)
        return np.ascontiguousarray(np.rot90(image, self._turns)) if self._turns else image

    def _alike(self, width: int, height: int) -> bool:
        first = self._coded[0] / max(1, self._coded[1])
        return abs(width / height / first - 1) <= SAME_SHAPE if first else False

    def _displayed(self, width: int, height: int) -> tuple[tuple[int, int], float]:
        # squares are made by enlarging, never by throwing lines away
        wide = width * max(Fraction(1), self._aspect)
        high = height * max(Fraction(1), 1 / self._aspect)
        scale = max(Fraction(1), max(wide, high) / self._longest)
        return (max(1, round(wide / scale)), max(1, round(high / scale))), float(scale)
