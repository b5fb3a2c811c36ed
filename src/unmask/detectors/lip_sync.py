"""The `lip_sync` detector: do the lips that are seen belong to the voice that is heard?"""

from __future__ import annotations

from itertools import groupby

import numpy as np

from unmask.detectors.base import Needs
from unmask.models.registry import Model
from unmask.types import (
    FIFTH,
    SAMPLE_RATE,
    DetectorScores,
    FaceKey,
    FloatArray,
    Modality,
    ModelRef,
    MouthWindow,
    ScorePoint,
    ShardSamples,
    Sync,
)

SPEAKING = -3.07
"""Logarithm of the lips' movement under which a mouth does not speak: 1 % of windows with speech lie below.

Most silent faces lie under -3.2. Movement is the mean deviation of the outline's points over the window, in 8 pixels of
the crop, as the network's judge reads it.
"""

SILENCE = 1e-9
"""Power added before the logarithm: -90 dB."""

STILL = 1e-2
"""Movement added before the logarithm, as in the network."""


class LipSyncDetector:
    """One logit per window of four seconds in which a mouth moves and speech is heard, for one face at most.

    Of several faces whose mouths move, the one that fits the sound best is taken for the one who speaks (as for the
    active speaker in Chung and Zisserman 2016); the others are silent. So a listener beside the speaker is no finding.
    """

    name = "lip_sync"
    modality: Modality = "audio_visual"
    needs: Needs = "lips"

    def __init__(self, model: Model) -> None:
        self._model = model

    @property
    def model(self) -> ModelRef:
        """The lip-sync network."""
        return self._model.ref

    def score(self, samples: ShardSamples) -> DetectorScores:
        """Scores of the windows that start in the shard."""
        points: list[ScorePoint] = []
        silent: list[FaceKey] = []
        ordered = sorted(samples.mouths, key=lambda window: (window.start, window.face))
        for _, together in groupby(ordered, key=lambda window: window.start):
            windows = list(together)
            scored = [self._score(window) for window in windows if movement(window) >= SPEAKING]
            speaker = min(scored, key=lambda point: point.logit, default=None)
            points += [speaker] if speaker else []
            silent += [window.face for window in windows if speaker is None or window.face != speaker.face]
        return DetectorScores(self.name, tuple(points), silent=tuple(silent))

    def _score(self, window: MouthWindow) -> ScorePoint:
        from unmask.models.sync_net import EDGE, REACH, curve, middle, outlines, pictures, sounds

        heard = sounds(window.sound, len(window.crops) + 2 * REACH)
        inputs = (pictures(middle(window.crops)), outlines(window.outlines), heard)
        lips, voice, logit = self._model.outputs(*(part[None] for part in inputs))
        assert lips.shape[1] == len(window.crops) - 2 * EDGE
        sync = read_sync(curve(lips[0], voice[0]), window.sound)
        return ScorePoint(window.start, window.end, float(logit[0, 0]), window.face, sync)


def read_sync(likeness: FloatArray, sound: FloatArray) -> Sync:
    """What a window says of the fit: its likeness (t, 31), and its sound from 0.8 s before the first tick on."""
    from unmask.models.sync_net import EDGE, REACH, TICKS

    mean = likeness.mean(axis=0)
    offset = (int(mean.argmax()) - REACH) / TICKS
    per_fifth = int(FIFTH * TICKS)
    count = len(likeness) // per_fifth
    rows = likeness[: count * per_fifth].reshape(count, per_fifth, -1).mean(axis=1)
    per_tick = SAMPLE_RATE // TICKS
    begin = (REACH + EDGE) * per_tick
    own = np.zeros(count * per_fifth * per_tick, np.float32)
    part = sound[begin : begin + len(own)]
    own[: len(part)] = part
    power = np.square(own.reshape(count, -1)).mean(axis=1)
    return Sync(
        offset,
        float(mean.max() - np.median(mean)),
        tuple(tuple(int(value) for value in row) for row in np.round(rows * 1000)),
        tuple(round(float(10 * np.log10(value + SILENCE)), 1) for value in power),
    )


def movement(window: MouthWindow) -> float:
    """How much the lips move in a window, as a logarithm."""
    from unmask.models.sync_net import outlines

    moved: FloatArray = outlines(window.outlines)
    return float(np.log(moved.std(axis=0).mean() + STILL))
