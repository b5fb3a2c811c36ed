"""Corruptions of the picture: compression, size, frame rate, focus, noise, light."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from unmask.evaluation.corruptions.base import (
    Corruption,
    NotApplicable,
    Source,
    require_picture,
    write_pictures,
    write_pixels,
)
from unmask.reencode.codecs import CARRIER, compressed
from unmask.reencode.pictures import at_rate
from unmask.reencode.stills import rewrite_still
from unmask.types import ImageArray

NOISE = 10.0
"""Standard deviation of the noise in each colour, of 255: a phone in a dim room."""
SHIFTS = 64
BLUR = 240
"""The blur's standard deviation is the picture's shorter side divided by this, pixels."""
DARK, BRIGHT = 0.4, 1.7
"""Factors of light; what would be brighter than white is white."""


def _code(codec: str, crf: int, source: Source, target: Path) -> None:
    write_pictures(source.media, target, compressed(codec, crf))


def _size(side: int, source: Source, target: Path) -> None:
    require_picture(source.media)
    video = source.media.video
    assert video is not None
    if min(video.width, video.height) <= side:
        raise NotApplicable("not_larger")
    write_pixels(source.media, target, lambda image, _: scaled(image, side))


def _rate(rate: int, source: Source, target: Path) -> None:
    require_picture(source.media, moving=True)
    video = source.media.video
    if video is not None and video.frame_rate is not None and video.frame_rate <= rate:
        raise NotApplicable("not_faster")
    write_pictures(source.media, target, CARRIER, at_rate(rate))


def _blur(source: Source, target: Path) -> None:
    write_pixels(source.media, target, lambda image, _: blurred(image))


def _noise(source: Source, target: Path) -> None:
    number = source.number("noise")
    field: dict[tuple[int, ...], NDArray[np.int16]] = {}

    def change(image: ImageArray, at: int) -> ImageArray:
        if image.shape not in field:
            field.clear()
            field[image.shape] = grain(image.shape, np.random.default_rng(number))
        return grainy(image, field[image.shape], np.random.default_rng([number, at]))

    write_pixels(source.media, target, change)


def _light(factor: float, source: Source, target: Path) -> None:
    write_pixels(source.media, target, lambda image, _: lit(image, factor))


def _jpeg(quality: int, source: Source, target: Path) -> None:
    require_picture(source.media)
    if source.media.kind != "image":
        raise NotApplicable("not_a_still")
    rewrite_still(source.media, target, quality=quality)


def scaled(image: ImageArray, side: int) -> ImageArray:
    """The picture (h, w, 3) with its shorter side `side` pixels long, both sides even."""
    import cv2

    height, width = image.shape[:2]
    factor = side / min(height, width)
    size = (max(2, round(width * factor / 2) * 2), max(2, round(height * factor / 2) * 2))
    kind = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return cast(ImageArray, cv2.resize(image, size, interpolation=kind))


def blurred(image: ImageArray) -> ImageArray:
    """Out of focus: a Gaussian of 1/240 of the shorter side, at least one pixel."""
    import cv2

    return cast(ImageArray, cv2.GaussianBlur(image, (0, 0), max(1.0, min(image.shape[:2]) / BLUR)))


def grain(shape: tuple[int, ...], draw: np.random.Generator) -> NDArray[np.int16]:
    """Independent Gaussian noise for pictures of that shape, larger by `SHIFTS` either way."""
    larger = (shape[0] + SHIFTS, shape[1] + SHIFTS, shape[2])
    noise = draw.standard_normal(larger, dtype=np.float32) * np.float32(NOISE)
    field: NDArray[np.int16] = np.rint(noise).astype(np.int16)
    return field


def grainy(image: ImageArray, field: NDArray[np.int16], draw: np.random.Generator) -> ImageArray:
    """The picture with noise: another stretch of the field, flipped or not, for every picture; that is quick."""
    import cv2

    height, width = image.shape[:2]
    y, x = (int(at) for at in draw.integers(0, SHIFTS, 2))
    noise = field[y : y + height, x : x + width][:: 1 - 2 * int(draw.integers(2)), :: 1 - 2 * int(draw.integers(2))]
    return cast(ImageArray, cv2.add(image.astype(np.int16), np.ascontiguousarray(noise), dtype=cv2.CV_8U))


def lit(image: ImageArray, factor: float) -> ImageArray:
    """Every value times `factor`, cut off at white."""
    table = np.clip(np.rint(np.arange(256) * factor), 0, 255).astype(np.uint8)
    return cast(ImageArray, table[image])


def _coded(codec: str, crf: int, words: str) -> Corruption:
    return Corruption(f"{codec}_crf{crf}", words, "picture", partial(_code, codec, crf))


PICTURE: tuple[Corruption, ...] = (
    _coded("h264", 18, "H.264 at CRF 18: the carrier of all other changes of the picture, and what it alone costs"),
    *(_coded("h264", crf, f"H.264 at CRF {crf}") for crf in (23, 28, 35, 40)),
    *(_coded("h265", crf, f"H.265 at CRF {crf}") for crf in (23, 28, 35, 40)),
    *(
        Corruption(
            f"size_{side}p", f"scaled down to {side} pixels on the shorter side", "picture", partial(_size, side)
        )
        for side in (480, 360, 240)
    ),
    *(Corruption(f"rate_{rate}", f"{rate} frames a second", "picture", partial(_rate, rate)) for rate in (15, 10)),
    Corruption("blur", "out of focus: a Gaussian of 1/240 of the shorter side", "picture", _blur),
    Corruption("noise", f"sensor noise, standard deviation {NOISE:.0f} of 255", "picture", _noise),
    Corruption("dark", f"light times {DARK}", "picture", partial(_light, DARK)),
    Corruption("bright", f"light times {BRIGHT}, cut off at white", "picture", partial(_light, BRIGHT)),
    *(
        Corruption(f"jpeg_{quality}", f"still pictures: JPEG of quality {quality}", "picture", partial(_jpeg, quality))
        for quality in (70, 40)
    ),
)
"""In the order in which they are shown."""

CARRIER_NAME = "h264_crf18"
