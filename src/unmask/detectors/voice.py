"""The `voice` detector: was this speech made by a machine?"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import ceil

import numpy as np

from unmask.detectors.base import Needs
from unmask.models.registry import Model
from unmask.types import SAMPLE_RATE, DetectorScores, FloatArray, Interval, Modality, ModelRef, ScorePoint, ShardSamples

WINDOW = Fraction(4)
"""Seconds of sound behind one score."""
HOP = Fraction(1)
"""Seconds from one window to the next; windows start at multiples of it on the media's clock."""
LEAST_SPEECH = Fraction(3, 2)
"""Seconds of speech that a window must hold."""
SHORTEST = Fraction(1)
"""Shortest sound, in seconds, that is scored at all; under `WINDOW` it is repeated to fill one."""


class VoiceDetector:
    """One logit per window of four seconds that holds enough speech."""

    name = "voice"
    modality: Modality = "audio"
    needs: Needs = "speech"

    def __init__(self, model: Model) -> None:
        self._model = model

    @property
    def model(self) -> ModelRef:
        """The voice network."""
        return self._model.ref

    def score(self, samples: ShardSamples) -> DetectorScores:
        """Scores of the windows that start in the shard."""
        from unmask.models.voice_net import features

        spoken = [window for window in windows(samples) if speech_in(window, samples.speech) >= needed(window)]
        if not spoken or samples.sound is None:
            return DetectorScores(self.name, ())
        sound = np.stack([_fill(samples.sound.cut(window)) for window in spoken])
        logits = self._model.logits(features(sound))
        points = tuple(ScorePoint(w.start, w.end, float(v)) for w, v in zip(spoken, logits, strict=True))
        return DetectorScores(self.name, points)


def windows(samples: ShardSamples, hop: Fraction = HOP) -> Iterator[Interval]:
    """Whole windows that start in the shard, `hop` seconds apart; for media shorter than a window, the media itself."""
    if samples.sound is None:
        return
    end = samples.sound.start + Fraction(len(samples.sound.samples), SAMPLE_RATE)
    if samples.shard.start == 0 and SHORTEST <= end < WINDOW:
        yield Interval(Fraction(0), end)
        return
    start = ceil(samples.shard.start / hop) * hop
    while start < samples.shard.end and start + WINDOW <= end:
        yield Interval(start, start + WINDOW)
        start += hop


def speech_in(window: Interval, speech: tuple[Interval, ...]) -> Fraction:
    """Seconds of the window that are voiced."""
    overlaps = (min(window.end, s.end) - max(window.start, s.start) for s in speech)
    return sum((overlap for overlap in overlaps if overlap > 0), Fraction(0))


def needed(window: Interval) -> Fraction:
    """Seconds of speech that a window must hold to be scored."""
    return min(LEAST_SPEECH, window.length / 2)


def _fill(samples: FloatArray) -> FloatArray:
    """Exactly one window of samples: short sound is repeated."""
    wanted = int(WINDOW * SAMPLE_RATE)
    return np.resize(samples, wanted) if len(samples) < wanted else samples[:wanted]
