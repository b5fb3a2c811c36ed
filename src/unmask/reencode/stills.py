"""Still pictures written anew: read upright as an analysis reads them, changed, kept as PNG or JPEG."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from unmask.media.sources import read_still
from unmask.types import ImageArray, Media


def rewrite_still(
    media: Media, target: Path, change: Callable[[ImageArray], ImageArray] | None = None, quality: int | None = None
) -> None:
    """Write the picture to `target`: a JPEG of that quality (1 to 95, colour at half resolution), a PNG when None.

    Tags of the source are not taken over; its orientation is in the pixels. Raises UnreadableFrame.
    """
    from PIL import Image

    image, _ = read_still(media)
    picture = Image.fromarray(change(image) if change else image)
    if quality is None:
        picture.save(target, format="PNG", compress_level=1)
    else:
        picture.save(target, format="JPEG", quality=quality, subsampling="4:2:0")
