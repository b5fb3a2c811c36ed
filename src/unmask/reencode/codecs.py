"""Which encoders are used, and with what options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class PictureCodec:
    """A video encoder of libav and its options. `rate` replaces the frame rate that the stream states."""

    encoder: str
    options: Mapping[str, str]
    pixel_format: str = "yuv420p"
    rate: Fraction | None = None


@dataclass(frozen=True, slots=True)
class SoundCodec:
    """A sound encoder of libav: samples a second, bit/s (None where it has none), sample format, options."""

    encoder: str
    rate: int
    bit_rate: int | None = None
    sample_format: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)


THREADS = "2"
"""Encoders give other bytes with other numbers of threads; so the number is fixed, whatever the machine."""

_CODECS = {"h264": "libx264", "h265": "libx265"}


def compressed(codec: str, crf: int) -> PictureCodec:
    """H.264 or H.265 at a constant rate factor (0 lossless to 51 worst), by the quick presets that services use.

    Raises KeyError for a codec other than "h264" and "h265".
    """
    options = {"crf": str(crf), "preset": "veryfast", "threads": THREADS}
    if codec == "h265":
        # without its pools and frame threads x265 does not depend on the processor
        options |= {"preset": "superfast", "x265-params": "log-level=none:pools=none:frame-threads=1"}
    return PictureCodec(_CODECS[codec], options)


def motion_jpeg(quantiser: int) -> PictureCodec:
    """Every picture as a JPEG with the same tables; `quantiser` is 1 (best) to 31."""
    options = {"qmin": str(quantiser), "qmax": str(quantiser), "threads": THREADS, "huffman": "default"}
    return PictureCodec("mjpeg", options, pixel_format="yuvj420p")


CARRIER = compressed("h264", 18)
"""What changed pictures are kept in: H.264 that the eye does not tell from its source."""

LOSSLESS = SoundCodec("flac", 16_000, sample_format="s32")
"""What sound is kept in that nothing is to be done to but its change: 24 bit, at the rate that detectors hear."""

AAC_LIGHT = SoundCodec("aac", 44_100, 128_000)


def lossless_at(rate: int) -> SoundCodec:
    """FLAC, 24 bit, at another rate (Hz)."""
    return SoundCodec("flac", rate, sample_format="s32")
