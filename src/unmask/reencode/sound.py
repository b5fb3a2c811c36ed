"""The sound of a media in pieces of bounded length, changed on the way. Mono, 16 kHz: all that detectors hear."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from unmask.media.sources import open_sound
from unmask.reencode.codecs import SoundCodec
from unmask.types import SAMPLE_RATE, FloatArray, Interval, Media

PIECE = 5
"""Seconds worked on at a time."""

Piece = tuple[int, FloatArray]
"""The number of the first sample, counted from the media's time zero, and the samples (n,)."""


@dataclass(frozen=True, slots=True)
class SoundChange:
    """Something done to sound. `apply(samples, first)` gives as many samples as it gets.

    `first` is the number of the first sample on the media's clock, so that what is drawn at random does not depend on
    where pieces are cut; `reach` is how many samples before and after a sample may touch it.
    """

    apply: Callable[[FloatArray, int], FloatArray]
    reach: int = 0


def pieces(media: Media, change: SoundChange | None = None) -> Iterator[Piece]:
    """The sound from time zero to its end, silent before it begins. Raises DecodeFailed when there is none."""
    reach = change.reach if change else 0
    size = PIECE * SAMPLE_RATE
    with open_sound(media) as reader:
        first = 0
        while True:
            before = min(reach, first)
            stretch = Interval(Fraction(first - before, SAMPLE_RATE), Fraction(first + size + reach, SAMPLE_RATE))
            samples = reader.read(stretch).samples
            count = min(size, len(samples) - before)
            if count <= 0:
                return
            if change is not None:
                samples = change.apply(samples, first - before)
            yield first, samples[before : before + count]
            if count < size:
                return
            first += size


def loudness(media: Media) -> float:
    """Root mean square of what is not silence, of full scale: blocks of 0.1 s within 40 dB of the loudest; 0 if none.

    A gate as in ITU-R BS.1770, simplified: quiet stretches do not make a voice seem quieter than it is.
    """
    block = SAMPLE_RATE // 10
    powers: list[float] = []
    for _, samples in pieces(media):
        whole = samples[: len(samples) // block * block].reshape(-1, block)
        powers += np.mean(np.square(whole, dtype=np.float64), axis=1).tolist()
    loudest = max(powers, default=0.0)
    heard = [power for power in powers if power > loudest * 1e-4]
    return float(np.sqrt(np.mean(heard))) if heard else 0.0


class SoundEncoder:
    """Encodes pieces of mono sound into one stream of a container."""

    def __init__(self, sink: Any, codec: SoundCodec) -> None:
        self._stream = sink.add_stream(codec.encoder, rate=codec.rate, options=dict(codec.options))
        self._stream.layout = "mono"
        if codec.bit_rate:
            self._stream.bit_rate = codec.bit_rate
        if codec.sample_format:
            self._stream.format = codec.sample_format

    def encode(self, piece: Piece) -> list[Any]:
        """The packets that came ready."""
        import av

        first, samples = piece
        frame = av.AudioFrame.from_ndarray(np.clip(samples, -1, 1)[None].astype(np.float32), "flt", "mono")
        frame.sample_rate, frame.time_base, frame.pts = SAMPLE_RATE, Fraction(1, SAMPLE_RATE), first
        return list(self._stream.encode(frame))

    def rest(self) -> list[Any]:
        """The packets that were still held."""
        return list(self._stream.encode(None))
