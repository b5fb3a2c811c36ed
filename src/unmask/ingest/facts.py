"""From what was found in the file to the frozen facts about its streams."""

from __future__ import annotations

import struct
from fractions import Fraction
from itertools import pairwise
from typing import Any

from unmask.ingest.survey import StreamSurvey
from unmask.types import AudioStream, VideoStream

TRIM = Fraction(1, 4)
"""Encoders pad the sound's end, and an edit list takes that off: so much of it, seconds, is believed."""

_WIDEST_PIXEL = 4
_RIGHT_ANGLE = 90
_UNEVEN = 0.01


def stream_end(found: StreamSurvey) -> Fraction:
    """Stream time at which the stream really ends, in seconds: that of its last packet, less declared padding."""
    declared, end = declared_end(found.stream), found.end
    if end is None:
        return declared if declared is not None else found.start
    edited = "mov" in found.stream.container.format.name.split(",")
    return declared if edited and declared and max(end - TRIM, found.start) < declared < end else end


def declared_end(stream: Any) -> Fraction | None:
    """Stream time at which the container says that the stream ends, in seconds; None when it doesn't say.

    Formats that state a length for the whole file only are taken at that, although another stream may be the longest.
    """
    if stream.duration is not None:
        ticks = int((stream.start_time or 0) + stream.duration)
        return ticks * Fraction(stream.time_base)
    container = stream.container
    if container.duration is None:
        return None
    return Fraction((container.start_time or 0) + container.duration, 1_000_000)


def picture_facts(found: StreamSurvey, origin: Fraction, rotation: int, counted: bool) -> VideoStream:
    """The video stream on the media's clock. `counted`: whether every packet was seen."""
    context, frame = found.stream.codec_context, found.first
    start, end = found.start - origin, stream_end(found) - origin
    width, height = shown_size(frame.width, frame.height, found.stream.sample_aspect_ratio, rotation)
    return VideoStream(
        index=found.stream.index,
        codec=context.codec.canonical_name,
        profile=context.profile,
        pixel_format=frame.format.name,
        width=width,
        height=height,
        rotation=rotation,
        frame_rate=frame_rate(found),
        variable_frame_rate=is_variable(found),
        frames=found.shown if counted else found.stream.frames or None,
        bit_rate=bit_rate(found, end - start, counted),
        start=start,
        duration=max(Fraction(0), end - start),
    )


def sound_facts(found: StreamSurvey, origin: Fraction, counted: bool) -> AudioStream:
    """The audio stream on the media's clock. `counted`: whether every packet was seen."""
    context, frame = found.stream.codec_context, found.first
    start, end = found.start - origin, stream_end(found) - origin
    return AudioStream(
        index=found.stream.index,
        codec=context.codec.canonical_name,
        sample_rate=frame.sample_rate,
        channels=frame.layout.nb_channels,
        bit_rate=bit_rate(found, end - start, counted),
        start=start,
        duration=max(Fraction(0), end - start),
    )


def shown_size(width: int, height: int, aspect: Fraction | None, rotation: int) -> tuple[int, int]:
    """Size as displayed: square pixels, made by enlarging the shorter way, then turned.

    Pixel aspect ratios beyond 1:4 are taken for a broken header.
    """
    if aspect and Fraction(1, _WIDEST_PIXEL) <= aspect <= _WIDEST_PIXEL:
        width, height = round(width * max(Fraction(1), aspect)), round(height * max(Fraction(1), 1 / aspect))
    return (height, width) if rotation % 180 else (width, height)


def bit_rate(found: StreamSurvey, seconds: Fraction, counted: bool) -> int | None:
    """Bits a second as measured, as declared when not all packets were seen."""
    if counted and seconds > 0:
        return round(8 * found.bytes / seconds)
    return found.stream.codec_context.bit_rate or None


def frame_rate(found: StreamSurvey) -> float | None:
    """Average frames a second: the container's exact number where the timestamps confirm it to 1 %, else theirs."""
    stamps = found.stamps
    span = (max(stamps) - min(stamps)) * found.base if stamps else Fraction(0)
    declared = found.stream.average_rate
    if not span:
        return float(declared) if declared else None
    measured = (len(stamps) - 1) / span
    return float(declared if declared and abs(declared - measured) <= measured / 100 else measured)


def is_variable(found: StreamSurvey) -> bool | None:
    """Whether more than 1 % of the first frames' distances leave the usual one; None when there are too few.

    Rounding of the container (one tick, or a millisecond) and a tenth of the distance are not counted.
    """
    stamps = sorted(found.stamps)
    gaps = [b - a for a, b in pairwise(stamps)]
    if len(gaps) < 2:
        return None
    usual = found.usual_length
    slack = max(Fraction(3, 2), Fraction(3, 2000) / found.base, Fraction(usual, 10))
    uneven = sum(1 for gap in gaps if abs(gap - usual) > slack)
    return uneven > _UNEVEN * len(gaps)


def turn_of(frame: Any) -> tuple[int, tuple[str, ...]]:
    """Degrees clockwise, a multiple of 90, that turn a decoded frame upright, and notes on what that leaves out."""
    degrees = -frame.rotation % 360
    turn = round(degrees / _RIGHT_ANGLE) * _RIGHT_ANGLE % 360
    notes = [] if degrees % _RIGHT_ANGLE == 0 else [f"the picture is turned by {degrees} degrees; {turn} are used"]
    if _is_mirrored(frame):
        notes.append("the container asks to mirror the picture; it is examined as stored")
    return turn, tuple(notes)


def _is_mirrored(frame: Any) -> bool:
    from av.sidedata.sidedata import Type

    try:
        matrix = frame.side_data.get(Type.DISPLAYMATRIX)
    except ValueError:  # PyAV 18.1 does not know every kind of side data, and then shows none
        return False
    if matrix is None or len(bytes(matrix)) < 36:
        return False
    a, b, _, c, d, *_ = struct.unpack("=9i", bytes(matrix)[:36])
    return bool(a * d - b * c < 0)
