"""The sound of a stretch for a new film: in stereo, cut to the sample, on a clock that starts with the stretch."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from unmask.media.sources import stereo
from unmask.media.stereo import RATE
from unmask.types import FloatArray, Interval, Media

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
    for samples in _chunks(stereo(media, stretch), round(stretch.length * RATE)):
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
