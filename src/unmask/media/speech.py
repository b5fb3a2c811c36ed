"""Where somebody speaks: voiced stretches of the sound, and cutting them out.

The voice activity network (Silero VAD 6.2) carries a state from chunk to chunk. To make its answer a
function of the media alone it runs over blocks on an absolute grid, each from a fresh state and with a lead that is
thrown away; the rules after it look at most `REACH` chunks to either side.
"""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmask.media.sources import SoundSource
from unmask.media.voiceactivity import CHUNK, probabilities
from unmask.types import SAMPLE_RATE, FloatArray, Interval, Sound

BLOCK = 625
"""Chunks in a block: 20 s."""

LEAD = 32
"""Chunks run before a block for the network's state to settle: 1 s; twice as much changed no label more in a minute."""

VOICED = 0.5
"""Probability from which a chunk is voiced: the network's own default."""

BRIDGED = 10
"""Pauses of fewer chunks than this between voiced ones are part of the speech: 0.32 s, a stop or a breath."""

SHORTEST = 8
"""Voiced stretches of fewer chunks than this are dropped: 0.26 s; clicks, laughs and music make them."""

MARGIN = 1
"""Chunks added at both ends: the network is late at soft onsets."""

REACH = BRIDGED + SHORTEST + BRIDGED + MARGIN
"""Chunks to either side on which the label of a chunk depends."""

SILENCE = 1e-4
"""Peak below which sound is digital silence, -80 dB: the network need not be asked."""

KEPT = 4
"""Blocks kept: a shard of the default length and the window beyond it touch at most this many."""


class SpeechFinder:
    """Finds voiced stretches in the sound of one reader, and keeps the answers for the last blocks."""

    def __init__(self, reader: SoundSource) -> None:
        self._reader = reader
        self._blocks: OrderedDict[int, FloatArray] = OrderedDict()

    def find(self, interval: Interval) -> tuple[Interval, ...]:
        """The voiced stretches inside `interval`, in order, cut at its ends.

        Whether an instant is voiced does not depend on `interval`. Edges lie on multiples of 32 ms, or at the ends.
        """
        length = Fraction(CHUNK, SAMPLE_RATE)
        first = max(0, int(interval.start / length) - REACH)
        last = max(first, -int(-interval.end // length) + REACH)
        voiced = label(self._probabilities(first, last))
        found = []
        for begin, end in _stretches(voiced):
            start, stop = max(interval.start, (first + begin) * length), min(interval.end, (first + end) * length)
            if start < stop:
                found.append(Interval(start, stop))
        return tuple(found)

    def _probabilities(self, first: int, last: int) -> FloatArray:
        parts = [np.zeros(0, np.float32)]
        for number in range(first // BLOCK, -(-last // BLOCK)):
            block = self._block(number)
            parts.append(block[max(0, first - number * BLOCK) : last - number * BLOCK])
            if len(block) < BLOCK:
                break
        return np.concatenate(parts)

    def _block(self, number: int) -> FloatArray:
        """Probabilities of the chunks of a block; fewer than `BLOCK` where the sound ends."""
        if number not in self._blocks:
            lead = min(LEAD, number * BLOCK)
            length = Fraction(CHUNK, SAMPLE_RATE)
            sound = self._reader.read(Interval((number * BLOCK - lead) * length, (number + 1) * BLOCK * length))
            self._blocks[number] = self._run(sound.samples)[lead:]
            if len(self._blocks) > KEPT:
                self._blocks.popitem(last=False)
        return self._blocks[number]

    def _run(self, samples: FloatArray) -> FloatArray:
        count = -(-len(samples) // CHUNK)
        if count == 0 or float(np.abs(samples).max()) < SILENCE:
            return np.zeros(count, np.float32)
        return probabilities(np.pad(samples, (0, count * CHUNK - len(samples))))


def speech(sound_reader: SoundSource, interval: Interval) -> tuple[Interval, ...]:
    """The voiced stretches inside `interval`; see `SpeechFinder.find`, which is quicker for several calls."""
    return SpeechFinder(sound_reader).find(interval)


def label(probabilities: FloatArray) -> NDArray[np.bool_]:
    """Which chunks are voiced: pauses bridged, then short stretches dropped, then a margin added."""
    voiced = np.asarray(probabilities >= VOICED)
    for begin, end in _stretches(~voiced):
        if end - begin < BRIDGED and begin > 0 and end < len(voiced):
            voiced[begin:end] = True
    for begin, end in _stretches(voiced):
        if end - begin < SHORTEST:
            voiced[begin:end] = False
    wide = voiced.copy()
    for step in range(1, MARGIN + 1):
        wide[step:] |= voiced[:-step]
        wide[:-step] |= voiced[step:]
    return wide


def cut_voiced(sound: Sound, intervals: Sequence[Interval]) -> list[Any]:
    """The voiced stretches of a sound as `pydub.AudioSegment`s: 16 kHz, mono, 16 bit."""
    segment = _pydub_segment()
    cut = []
    for interval in intervals:
        samples = sound.cut(interval)
        if len(samples):
            pcm = (np.clip(samples, -1.0, 1.0) * 32767.0).round().astype("<i2")
            cut.append(segment(pcm.tobytes(), sample_width=2, frame_rate=SAMPLE_RATE, channels=1))
    return cut


def _pydub_segment() -> Any:
    with warnings.catch_warnings():
        # at import pydub warns of audioop's end in Python 3.13 and of a missing ffmpeg, which raw samples don't need
        warnings.simplefilter("ignore")
        from pydub import AudioSegment
    return AudioSegment


def _stretches(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
