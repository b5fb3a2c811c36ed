"""The sound of a stretch as it was recorded, for a new film: stereo, 48 kHz, cut to the sample."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from unmask.ingest.memory import raise_if_short
from unmask.media.container import PacketReader, can_seek, open_container, pick_stream
from unmask.types import FloatArray, Interval, Media

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame

RATE = 48_000
"""Samples a second of a film's sound."""
LEAD = Fraction(1)
"""Seconds decoded before a stretch, for the decoder to settle."""


def pieces(media: Media, stretch: Interval) -> Iterator[tuple[int, FloatArray]]:
    """Decoded pieces (2, n) of the stretch with the number of their first sample in it, never below zero."""
    from av.audio.resampler import AudioResampler

    resampler = AudioResampler(format="fltp", layout="stereo", rate=RATE)
    place: int | None = None
    for time, frame in _frames(media, stretch):
        if place is None or abs(_number(time, stretch) - place) > RATE // 50:  # a gap, or the beginning
            place = _number(time, stretch)
        frame.pts = None
        for made in resampler.resample(frame):
            samples = np.asarray(made.to_ndarray(), np.float32)
            if place + samples.shape[1] > 0:
                yield max(0, place), samples[:, max(0, -place) :]
            place += samples.shape[1]
        if place >= stretch.length * RATE:
            return


def _number(time: Fraction, stretch: Interval) -> int:
    return round((time - stretch.start) * RATE)


def _frames(media: Media, stretch: Interval) -> Iterator[tuple[Fraction, AudioFrame]]:
    """Decoded frames with their times on the media's clock, from a little before the stretch on."""
    import av

    assert media.audio is not None
    with open_container(media) as source:
        stream: Any = pick_stream(source, media.audio.index, media.name)
        if stretch.start > LEAD and can_seek(source):
            source.seek(round((stretch.start + media.origin - LEAD) / stream.time_base), stream=stream)
        for packet in PacketReader(source, stream):
            try:
                frames: list[Any] = list(packet.decode())
            except av.FFmpegError as error:
                raise_if_short(error)
                continue  # a damaged packet is a gap
            for frame in frames:
                if frame.pts is not None and frame.time_base is not None:
                    yield frame.pts * frame.time_base - media.origin, frame
