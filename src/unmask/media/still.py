"""Still pictures: one frame at time zero."""

from __future__ import annotations

import warnings
from fractions import Fraction

import numpy as np

from unmask.errors import UnreadableFrame
from unmask.ingest.allowed import PICTURE_FORMATS
from unmask.media.convert import LONGEST_SIDE, Converter
from unmask.media.pictures import PictureStream
from unmask.types import ImageArray, Media


def read_still(media: Media) -> tuple[ImageArray, float]:
    """The picture as upright RGB uint8 (height, width, 3) with its longest side at most `LONGEST_SIDE`, and its scale.

    EXIF orientation is respected. Pillow reads it, and libav what Pillow does not know. Raises UnreadableFrame.
    """
    found = _by_pillow(media) or _by_libav(media)
    if found is None:
        raise UnreadableFrame(f"{media.name}: the picture can't be decoded")
    return found


def _by_pillow(media: Media) -> tuple[ImageArray, float] | None:
    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of sizes that ingest has already judged by its own limit
            with Image.open(media.path, formats=PICTURE_FORMATS) as opened:
                picture = ImageOps.exif_transpose(opened).convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    scale = max(1.0, max(picture.size) / LONGEST_SIDE)
    if scale > 1.0:
        size = (max(1, round(picture.width / scale)), max(1, round(picture.height / scale)))
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    return np.asarray(picture, dtype=np.uint8).copy(), scale


def _by_libav(media: Media) -> tuple[ImageArray, float] | None:
    if media.video is None:
        return None
    stream = PictureStream(media)
    try:
        for _, picture in stream:
            converter = Converter(picture.width, picture.height, None, media.video.rotation)
            return converter.image(picture), converter.scale
    finally:
        stream.close()
    return None


STILL_TIME = Fraction(0)
