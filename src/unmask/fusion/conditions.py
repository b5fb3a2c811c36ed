"""In what condition a media is: the properties that make detection easier or harder, measured and in bands.

The bands are those by which `unmask evaluate` reports, and by which a result names the error to expect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from unmask.types import Media, MediaKind, Track

Dimension = str
DIMENSIONS: Mapping[Dimension, str] = {
    "kind": "Kind of media",
    "face": "Face size",
    "compression": "Compression",
    "brightness": "Brightness of the face",
    "length": "Length",
    "sound": "Sound codec",
    "skin": "Perceived brightness of skin",
    "pitch": "Pitch of the voice",
}

_FACE = ((80.0, "face under 80 px"), (120.0, "face 80-120 px"), (200.0, "face 120-200 px"))
_BRIGHTNESS = ((70.0, "dark face"), (110.0, "dim face"), (160.0, "well-lit face"))
_LENGTH = ((5.0, "under 5 s"), (15.0, "5-15 s"), (60.0, "15-60 s"))
_VIDEO_BITS = ((0.04, "strong compression"), (0.12, "medium compression"))
_IMAGE_BITS = ((1.0, "strong compression"), (2.5, "medium compression"))
_SKIN = ((70.0, "skin luma under 70"), (110.0, "skin luma 70-110"), (150.0, "skin luma 110-150"))
_PITCH = ((130.0, "pitch under 130 Hz"), (180.0, "pitch 130-180 Hz"), (230.0, "pitch 180-230 Hz"))
NO_FACE = "no face"
NO_SOUND = "no sound"


@dataclass(frozen=True, slots=True)
class Traits:
    """Measured properties of one media; None where it has no such thing or the container does not say.

    `face_px` is the median size of the face that is seen most, pixels; `brightness` its median luma, 0..255;
    `bits_per_pixel` are coded bits per displayed pixel of a frame; `seconds` the length, 0 for a still. `skin` is the
    median luma, 0..255, of that face's skin, `pitch` the median fundamental frequency of the voice, Hz: evaluations
    alone measure these two.
    """

    kind: MediaKind
    face_px: float | None
    brightness: float | None
    bits_per_pixel: float | None
    seconds: float
    sound_codec: str | None
    skin: float | None = None
    pitch: float | None = None


def traits(media: Media, tracks: Sequence[Track]) -> Traits:
    """What is measured of a media and the persons in it (the first of `tracks` is seen most)."""
    seen = tracks[0].observations if tracks else ()
    return Traits(
        kind=media.kind,
        face_px=float(np.median([o.size for o in seen])) if seen else None,
        brightness=float(np.median([o.brightness for o in seen])) if seen else None,
        bits_per_pixel=_bits_per_pixel(media),
        seconds=0.0 if media.kind == "image" else float(media.duration),
        sound_codec=media.audio.codec if media.audio else None,
    )


def bands(found: Traits) -> dict[Dimension, str]:
    """The band of each dimension that applies: a sound has no face size, a still no length."""
    named: dict[Dimension, str] = {"kind": found.kind}
    if found.kind != "audio":
        named["face"] = _band(found.face_px, _FACE, "face over 200 px") or NO_FACE
        bits = _IMAGE_BITS if found.kind == "image" else _VIDEO_BITS
        named["compression"] = _band(found.bits_per_pixel, bits, "light compression") or "compression unknown"
    if found.brightness is not None:
        named["brightness"] = _band(found.brightness, _BRIGHTNESS, "bright face") or ""
    if found.skin is not None:
        named["skin"] = _band(found.skin, _SKIN, "skin luma over 150") or ""
    if found.pitch is not None:
        named["pitch"] = _band(found.pitch, _PITCH, "pitch over 230 Hz") or ""
    if found.kind != "image":
        named["length"] = _band(found.seconds, _LENGTH, "over 60 s") or ""
        named["sound"] = found.sound_codec or NO_SOUND
    return named


def order(band: str) -> int:
    """Where a band stands in its dimension, the hardest first; names that are no band (codecs) have no order."""
    ladder = [name for steps in (_FACE, _BRIGHTNESS, _LENGTH, _VIDEO_BITS, _SKIN, _PITCH) for _, name in steps]
    return ladder.index(band) if band in ladder else len(ladder)


def _band(value: float | None, steps: tuple[tuple[float, str], ...], above: str) -> str | None:
    if value is None:
        return None
    return next((name for limit, name in steps if value < limit), above)


def _bits_per_pixel(media: Media) -> float | None:
    """Coded bits per pixel; from the file's size where the container states no rate for the picture."""
    video = media.video
    if video is None:
        return None
    pixels = video.width * video.height
    if media.kind == "image":
        return media.size * 8 / pixels
    rate = video.bit_rate
    if rate is None and media.duration > 0:
        rate = max(0, round(media.size * 8 / media.duration) - ((media.audio and media.audio.bit_rate) or 0))
    return rate / (pixels * video.frame_rate) if rate and video.frame_rate else None
