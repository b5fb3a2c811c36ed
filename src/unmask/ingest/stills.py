"""Still pictures: size and orientation from the header, before anything allocates their pixels."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from unmask.errors import TooManyPixels, UnreadableFrame

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

_TAIL = 64 * 1024
_ORIENTATION = 0x0112
_ENDS = {"png": b"IEND", "jpeg": b"\xff\xd9"}

# EXIF orientation -> degrees clockwise that make it upright, and whether it is mirrored first (JEITA CP-3451, 4.6.4).
_TURNS = {1: (0, False), 2: (0, True), 3: (180, False), 4: (180, True)}
_TURNS |= {5: (270, True), 6: (90, False), 7: (90, True), 8: (270, False)}


@dataclass(frozen=True, slots=True)
class StillHeader:
    """What a picture's header says: kind, size as stored, degrees clockwise to upright, mirrored, cut at its end."""

    kind: str
    width: int
    height: int
    rotation: int
    mirrored: bool
    cut: bool


def still_kind(head: bytes) -> str | None:
    """The picture format of the file's first bytes, None when it is none of those read here."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head.startswith((b"II*\0", b"MM\0*")):
        return "tiff"
    return "bmp" if head.startswith(b"BM") and head[14:15] in {b"\x0c", b"\x28", b"\x6c", b"\x7c"} else None


def read_still_header(path: Path, kind: str, max_pixels: int) -> StillHeader:
    """Read the header of a picture of that kind.

    Raises:
        TooManyPixels: the header declares more than `max_pixels`.
        UnreadableFrame: the header is damaged.
    """
    from PIL.Image import DecompressionBombError

    try:
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of damaged tags, which are not needed
            picture = opener(kind)(file)
            width, height = picture.size
            if width * height > max_pixels:
                raise TooManyPixels(f"The picture is {width} x {height}, more than {max_pixels} pixels.")
            turn, mirrored = _TURNS.get(_orientation(picture), (0, False))
            file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL))
            cut = kind in _ENDS and _ENDS[kind] not in file.read()
    except DecompressionBombError as error:  # a frame of a moving picture, which Pillow judges before we can
        raise TooManyPixels(f"The picture is larger than {max_pixels} pixels.") from error
    except (OSError, ValueError, SyntaxError, EOFError, KeyError, IndexError, OverflowError) as error:
        raise UnreadableFrame("The picture's header can't be read.") from error
    return StillHeader(kind, width, height, turn, mirrored, cut)


def _orientation(picture: ImageFile) -> int:
    try:
        value = picture.getexif().get(_ORIENTATION, 1)
    except Exception:  # any damage of an optional tag counts as no tag
        return 1
    return value if isinstance(value, int) else 1


def opener(kind: str) -> type[ImageFile]:
    """Pillow's plugin for a kind of `still_kind`."""
    # The plugins themselves, not Image.open: it would try others, and warn of sizes that are judged here.
    from PIL import BmpImagePlugin, GifImagePlugin, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin

    plugins: dict[str, type[ImageFile]] = {
        "png": PngImagePlugin.PngImageFile,
        "jpeg": JpegImagePlugin.JpegImageFile,
        "gif": GifImagePlugin.GifImageFile,
        "webp": WebPImagePlugin.WebPImageFile,
        "tiff": TiffImagePlugin.TiffImageFile,
        "bmp": BmpImagePlugin.BmpImageFile,
    }
    return plugins[kind]
