"""Short clips of the stretches that were found: the pictures that begin in them, at their own times, with the sound.

Pictures are scaled to a width that fits a page, and nothing is drawn on them. A clip's clock starts with its stretch.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from unmask.errors import DecodeFailed
from unmask.media.sources import open_pictures
from unmask.report.film.soundtrack import add_sound, sound_packets
from unmask.types import ImageArray, Interval, Media

LONGEST_SIDE = 960
"""Most pixels along a side."""
LONGEST = Fraction(20)
"""Seconds: of a longer stretch the beginning is shown."""
TIME_BASE = Fraction(1, 90_000)
EXACT = {"fflags": "+bitexact", "movflags": "+faststart"}


@dataclass(frozen=True, slots=True)
class Cut:
    """What a clip shows: times of its first and last picture on the media's clock, and how many there are."""

    first: Fraction
    last: Fraction
    frames: int
    cut_short: bool


def cut_clip(media: Media, stretch: Interval, target: Path) -> Cut:
    """Write the stretch of a video as MP4 (H.264 and AAC); nothing is left behind when it fails.

    Raises:
        DecodeFailed: not one picture begins in the stretch, or it can't be decoded.
    """
    import av

    short = stretch.length > LONGEST
    shown = Interval(stretch.start, stretch.start + LONGEST) if short else stretch
    try:
        with av.open(str(target), "w", format="mp4", options=EXACT) as sink:
            return _written(media, shown, sink, short)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _written(media: Media, shown: Interval, sink: Any, short: bool) -> Cut:
    times: list[Fraction] = []
    with open_pictures(media, shown.start, LONGEST_SIDE) as pictures:
        encoder: Any = None
        sound: Any = None
        for frame in pictures.within(shown.start, shown.end):
            time, image = frame.time, _fitted(frame.image)
            if encoder is None:
                encoder = _encoder(sink, image, media)
                sound = add_sound(sink) if media.audio is not None else None
            sink.mux(encoder.encode(_frame(image, time - shown.start, encoder)))
            times.append(time)
        if encoder is None:
            raise DecodeFailed(f"{media.name}: no picture begins in the stretch")
        sink.mux(encoder.encode(None))
        for _, packets in sound_packets(media, shown, sound) if sound is not None else ():
            sink.mux(packets)
    return Cut(times[0], times[-1], len(times), short)


def _encoder(sink: Any, image: ImageArray, media: Media) -> Any:
    assert media.video is not None
    rate = Fraction(media.video.frame_rate or 25).limit_denominator(1001)
    stream = sink.add_stream("libx264", rate=rate, options={"crf": "20", "preset": "veryfast"})
    stream.height, stream.width = image.shape[:2]
    stream.pix_fmt = "yuv420p"
    stream.time_base = TIME_BASE
    stream.codec_context.time_base = TIME_BASE
    return stream


def _frame(image: ImageArray, time: Fraction, encoder: Any) -> Any:
    """The picture for the encoder, of the size of the first one."""
    import av
    import cv2

    if image.shape[:2] != (encoder.height, encoder.width):  # the size changed in mid-stream
        image = np.asarray(cv2.resize(image, (encoder.width, encoder.height), interpolation=cv2.INTER_AREA), np.uint8)
    frame = av.VideoFrame.from_ndarray(image, format="rgb24")
    frame.pts, frame.time_base = round(time / TIME_BASE), TIME_BASE
    return frame


def _fitted(image: ImageArray) -> ImageArray:
    """Both sides even, as the encoder needs them."""
    import cv2

    height, width = image.shape[:2]
    size = (max(2, width // 2 * 2), max(2, height // 2 * 2))
    if size == (width, height):
        return image
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
