"""The sound of a stretch for a new film: in stereo, cut to the sample, on a clock that starts with the stretch."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from unmask.media.container import PacketReader, can_seek, open_container, pick_stream
from unmask.types import FloatArray, Interval, Media

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame

RATE = 48_000
"""Samples a second of a film's sound."""
LEAD = Fraction(1)
"""Seconds decoded before a stretch, for the decoder to settle."""
CHUNK = 1024
"""Samples in one piece, as AAC takes them."""


def add_sound(sink: Any) -> Any:
    """A stream for sound (AAC) in an open container."""
    stream = sink.add_stream("aac", rate=RATE)
    stream.layout = "stereo"
    stream.bit_rate = 128_000
    return stream


def sound_packets(media: Media, stretch: Interval, stream: Any) -> Iterator[tuple[Fraction, list[Any]]]:
    """Packets of the stretch's sound for `stream`, each batch with the time in the film at which it ends."""
    import av

    done = 0
    for samples in _chunks(_pieces(media, stretch), round(stretch.length * RATE)):
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE, done, Fraction(1, RATE)
        done += samples.shape[1]
        yield Fraction(done, RATE), stream.encode(frame)
    yield Fraction(done, RATE), stream.encode(None)


def _chunks(pieces: Iterator[tuple[int, FloatArray]], total: int) -> Iterator[FloatArray]:
    """The sound from 0 to at most `total` without a hole, float32 (2, CHUNK); gaps are silent, overlaps are dropped."""
    waiting = np.zeros((2, 0), np.float32)
    done = 0
    for first, samples in pieces:
        at = first - done - waiting.shape[1]
        fresh = samples[:, -at:] if at < 0 else np.pad(samples, ((0, 0), (at, 0)))
        waiting = np.concatenate([waiting, fresh], axis=1)[:, : total - done]
        while waiting.shape[1] >= CHUNK:
            yield waiting[:, :CHUNK]
            waiting = waiting[:, CHUNK:]
            done += CHUNK
    if waiting.shape[1]:
        yield waiting


def _pieces(media: Media, stretch: Interval) -> Iterator[tuple[int, FloatArray]]:
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
            except av.FFmpegError:
                continue  # a damaged packet is a gap
            for frame in frames:
                if frame.pts is not None and frame.time_base is not None:
                    yield frame.pts * frame.time_base - media.origin, frame
