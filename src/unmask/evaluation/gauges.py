"""What an evaluation measures of people beside any score: how bright their skin looks, how high they speak.

By these, false alarms and misses are told apart by group. Both are properties of the recording as much as of the
person. The luma of skin depends on light and exposure, and the pitch of a voice on mood and language; neither says who
somebody is. Groups by age, sex, ethnicity, disability or accent can't be measured here: no file says them, and guessing
them would be a made-up number.

A gauge has the form of a detector, so that it sees what detectors see; its points hold a measure and no logit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

import numpy as np

from unmask.detectors.base import Detector, Needs
from unmask.detectors.voice import speech_in, windows
from unmask.types import (
    SAMPLE_RATE,
    DetectorScores,
    FloatArray,
    ImageArray,
    Modality,
    ModelRef,
    ScorePoint,
    ShardOutcome,
    ShardSamples,
    Track,
)

SKIN_PATCHES = ((0.16, 0.52, 0.32, 0.66), (0.68, 0.52, 0.84, 0.66), (0.45, 0.36, 0.55, 0.50))
"""Both cheeks and the ridge of the nose, as (left, top, right, bottom) fractions of an aligned crop."""

LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
"""Weights of red, green and blue (BT.601)."""

LOWEST, HIGHEST = 60.0, 500.0
"""Range of fundamental frequencies, Hz."""
FRAME = 1024
"""Samples of which one frequency is read: 64 ms, almost four periods of the lowest voice."""
STEP = 512
APERIODIC = 0.2
"""Cumulative mean normalised difference above which a frame is not voiced (YIN, table I: 0.1; more for noisy media)."""
LEAST_FRAMES = 10
"""Fewer voiced frames than this, a third of a second, are no ground for a pitch."""


class SkinGauge:
    """Median luma, 0..255, of cheeks and nose ridge of each face and sampled frame."""

    name = "gauge:skin"
    modality: Modality = "video"
    needs: Needs = "faces"
    model = ModelRef("gauge:skin", "1", "")

    def score(self, samples: ShardSamples) -> DetectorScores:
        """A point for every face of the shard."""
        points = tuple(
            ScorePoint(f.observation.time, f.observation.time, skin_luma(f.crop), f.observation.key)
            for f in samples.faces
        )
        return DetectorScores(self.name, points)


class PitchGauge:
    """Median fundamental frequency, Hz, of each second of speech that has enough voiced frames."""

    name = "gauge:pitch"
    modality: Modality = "audio"
    needs: Needs = "speech"
    model = ModelRef("gauge:pitch", "1", "")

    def score(self, samples: ShardSamples) -> DetectorScores:
        """A point for every window of the `voice` detector's length, two seconds apart, that holds speech."""
        points = []
        for window in windows(samples, Fraction(2)):
            if samples.sound is None or speech_in(window, samples.speech) < window.length / 4:
                continue
            found = pitches(samples.sound.cut(window))
            if len(found) >= LEAST_FRAMES:
                points.append(ScorePoint(window.start, window.end, float(np.median(found))))
        return DetectorScores(self.name, tuple(points))


GAUGES: tuple[Detector, ...] = (SkinGauge(), PitchGauge())


def skin_luma(crop: ImageArray) -> float:
    """Median luma (BT.601) of the skin patches of an aligned RGB uint8 crop (side, side, 3)."""
    side = crop.shape[0]
    parts = []
    for left, top, right, bottom in SKIN_PATCHES:
        patch = crop[round(top * side) : round(bottom * side), round(left * side) : round(right * side)]
        parts.append((patch.astype(np.float32) @ LUMA).ravel())
    return float(np.median(np.concatenate(parts)))


def pitches(sound: FloatArray) -> FloatArray:
    """Fundamental frequencies, Hz, float32 (n,) of the voiced frames of a sound at 16 kHz.

    YIN (de Cheveigne and Kawahara 2002, steps 1 to 4): the first dip of the cumulative mean normalised difference under
    `APERIODIC`, followed down to its bottom. Its parabolic interpolation (step 5) is left out: groups are wider.
    """
    longest, shortest = int(SAMPLE_RATE / LOWEST), int(SAMPLE_RATE / HIGHEST)
    if len(sound) < FRAME + longest:
        return np.zeros(0, np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(sound.astype(np.float64), FRAME + longest)[::STEP]
    frames = frames[np.abs(frames).max(axis=1) > 1e-3]
    difference = _differences(frames, longest)
    running = np.cumsum(difference[:, 1:], axis=1) / np.arange(1, longest + 1)
    normalised = np.concatenate([np.ones((len(frames), 1)), difference[:, 1:] / np.maximum(running, 1e-12)], axis=1)
    found = [_first_dip(row, shortest) for row in normalised]
    return np.array([SAMPLE_RATE / lag for lag in found if lag is not None], dtype=np.float32)


def _differences(frames: FloatArray, longest: int) -> FloatArray:
    """Squared difference of each frame (n, FRAME + longest) with itself, shifted by 0 to `longest` samples."""
    size = 1 << int(np.ceil(np.log2(2 * FRAME + longest)))
    first = np.fft.rfft(frames[:, :FRAME], size, axis=1)
    product = np.fft.irfft(np.conj(first) * np.fft.rfft(frames, size, axis=1), size, axis=1)[:, : longest + 1]
    power = np.concatenate([np.zeros((len(frames), 1)), np.cumsum(frames**2, axis=1)], axis=1)
    shifted = power[:, FRAME : FRAME + longest + 1] - power[:, : longest + 1]
    result: FloatArray = np.maximum(power[:, FRAME : FRAME + 1] + shifted - 2 * product, 0.0)
    return result


def _first_dip(row: FloatArray, shortest: int) -> int | None:
    """Lag of the first dip under the threshold, at its bottom; None where there is none."""
    under = np.flatnonzero(row[shortest:] < APERIODIC)
    if len(under) == 0:
        return None
    lag = shortest + int(under[0])
    while lag + 1 < len(row) and row[lag + 1] < row[lag]:
        lag += 1
    return lag


def skin_of(outcomes: Sequence[ShardOutcome], tracks: Sequence[Track]) -> float | None:
    """Median skin luma of the face that is seen most (the first of `tracks`); None where there is no face."""
    keys = {face.key for face in tracks[0].observations} if tracks else set()
    return _median(point.logit for point in _points(outcomes, SkinGauge.name) if point.face in keys)


def pitch_of(outcomes: Sequence[ShardOutcome]) -> float | None:
    """Median pitch of the speech, Hz; None where too little of it is voiced."""
    return _median(point.logit for point in _points(outcomes, PitchGauge.name))


def _points(outcomes: Sequence[ShardOutcome], gauge: str) -> list[ScorePoint]:
    return [point for o in outcomes for s in o.scores if s.detector == gauge for point in s.points]


def _median(values: Iterable[float]) -> float | None:
    found = np.fromiter(values, dtype=np.float64)
    return round(float(np.median(found)), 1) if len(found) else None
