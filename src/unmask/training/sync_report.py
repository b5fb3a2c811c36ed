"""Numbers of a trained lip-sync network: its judge, and scores of clips whose sound was left, moved or exchanged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unmask.detectors.lip_sync import read_sync
from unmask.fusion.pooling import pool
from unmask.media.mouths import TICKS
from unmask.models.card import Calibration, Metric
from unmask.models.sync_net import EDGE, EVIDENCE, REACH, WINDOW, build, curve, middle, outlines, pictures, sounds
from unmask.models.weights import load_weights, save_weights
from unmask.training import audio_augment as world
from unmask.training.statistics import Platt, fit_platt, metric, point_noise, threshold_for
from unmask.training.sync_augment import film_h264
from unmask.training.sync_batches import LEAST_SPOKEN, PER_TICK, around, sound_around, spoken
from unmask.training.sync_data import Clip, Run
from unmask.types import FloatArray, ImageArray, Sync

HOP = TICKS
LEAST = WINDOW // 2
"""Ticks of the shortest run that is scored: two seconds."""
SMALLEST_SHIFT, LARGEST_SHIFT = 5, 2 * TICKS
"""Ticks: 0.2 to 2 s."""
ALARMS = 0.05
FEWEST = 5
TOGETHER = 4
RIDGE = 1e-2

Hear = Callable[[FloatArray, np.random.Generator], FloatArray]
See = Callable[[ImageArray], ImageArray]
Alter = Callable[[int, Clip], FloatArray]
"""(number of the clip, clip) -> the sound that it is heard with."""

SOUND: dict[str, Hear] = {
    "telephone": lambda s, _: world.round_trip(world.band_limit(s, 300, 3_400), "g711", 8_000, 64_000),
    "mp3 32 kbit/s": lambda s, _: world.round_trip(s, "mp3", 16_000, 32_000),
    "opus 16 kbit/s": lambda s, _: world.round_trip(s, "opus", 16_000, 16_000),
    "noise 20 dB": lambda s, draw: world.add_noise(s, world.coloured_noise(len(s), draw), 20),
    "noise 10 dB": lambda s, draw: world.add_noise(s, world.coloured_noise(len(s), draw), 10),
    "noise 5 dB": lambda s, draw: world.add_noise(s, world.coloured_noise(len(s), draw), 5),
    "room": world.room,
}


def _coarse(crops: ImageArray, size: int) -> ImageArray:
    import cv2

    def coarse(crop: ImageArray) -> ImageArray:
        small = cv2.resize(crop, (size, size), interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.resize(small, crop.shape, interpolation=cv2.INTER_LINEAR), np.uint8)

    return np.stack([coarse(crop) for crop in crops])


def _rarer(crops: ImageArray, rate: int) -> ImageArray:
    ticks = np.arange(len(crops))
    shown = np.round(np.floor(ticks * rate / TICKS) * TICKS / rate).astype(int)
    return np.ascontiguousarray(crops[np.clip(shown, 0, len(crops) - 1)])


PICTURE: dict[str, See] = {
    "H.264 CRF 28": lambda crops: film_h264(crops, 28),
    "H.264 CRF 35": lambda crops: film_h264(crops, 35),
    "mouth 12 pixels wide": lambda crops: _coarse(crops, 24),
    "15 pictures a second": lambda crops: _rarer(crops, 15),
    "dark": lambda crops: (crops * 0.4).astype(np.uint8),
}


@dataclass(frozen=True)
class Scored:
    """Clips with the evidence (n, 4) of their windows, and whether their sound was moved or exchanged."""

    clips: list[Clip]
    evidence: list[FloatArray]
    fake: NDArray[np.bool_]

    def __add__(self, other: Scored) -> Scored:
        return Scored(self.clips + other.clips, self.evidence + other.evidence, np.concatenate([self.fake, other.fake]))

    def logits(self, judge: Judge) -> list[FloatArray]:
        """A logit a window, clip by clip."""
        return [judge.logits(evidence) for evidence in self.evidence]

    @property
    def groups(self) -> list[str]:
        """Whose each clip is: intervals are drawn by person."""
        return [clip.row.identity for clip in self.clips]


@dataclass(frozen=True)
class Judge:
    """Weighs the evidence: logit = weights (4,) * evidence + bias."""

    weights: FloatArray
    bias: float

    def logits(self, evidence: FloatArray) -> FloatArray:
        """Logits (n,), > 0 for not in sync."""
        return np.asarray(evidence @ self.weights + self.bias, dtype=np.float32)


class Scorer:
    """The network with weights as they are stored, on windows of 4 s, 1 s apart, as the detector takes them."""

    def __init__(self, weights: Path) -> None:
        import keras
        import tensorflow as tf

        self.network = build()
        load_weights(self.network, weights)
        part = keras.Model(self.network.inputs, self.network.get_layer("evidence").output)
        self._forward = tf.function(lambda x: part(x, training=False), reduce_retracing=True)
        self._whole = tf.function(lambda x: self.network(x, training=False), reduce_retracing=True)

    def score(
        self, clips: Sequence[Clip], alter: Alter | None = None, *, see: See | None = None, hop: int = HOP
    ) -> Scored:
        """Evidence of the clips' windows; `alter` gives the sound that they are heard with, `see` changes the crops."""
        kept, found = [], []
        for number, clip in enumerate(clips):
            places = windows(clip, hop)
            if places:
                sound = clip.sound if alter is None else alter(number, clip)
                kept.append(clip)
                found.append(self._evidence(places, sound, see))
        return Scored(kept, found, np.zeros(len(kept), bool))

    def syncs(self, clip: Clip, sound: FloatArray) -> list[Sync]:
        """What the detector would say of the fit, window by window."""
        found = []
        for run, start, ticks in windows(clip):
            lips, voice, _ = self._whole([part[None] for part in prepared(run, start, ticks, sound)])
            heard = sound_around(sound, run.first + start, ticks)
            found.append(read_sync(curve(np.asarray(lips)[0], np.asarray(voice)[0]), heard))
        return found

    def _evidence(self, places: Sequence[tuple[Run, int, int]], sound: FloatArray, see: See | None) -> FloatArray:
        found = []
        for i in range(0, len(places), TOGETHER):
            parts = [prepared(*place, sound, see) for place in places[i : i + TOGETHER]]
            if len({len(part[1]) for part in parts}) == 1:
                found.append(np.asarray(self._forward([np.stack(values) for values in zip(*parts, strict=True)])))
            else:
                found += [np.asarray(self._forward([value[None] for value in part])) for part in parts]
        return np.concatenate(found).astype(np.float32)

    def store(self, judge: Judge, weights: Path) -> None:
        """The weights again, with the judge that was fitted."""
        self.network.get_layer("judge").set_weights([judge.weights[:, None], np.asarray([judge.bias], np.float32)])
        save_weights(self.network, weights)


def windows(clip: Clip, hop: int = HOP) -> list[tuple[Run, int, int]]:
    """Run, first tick in it, and ticks of every window in which enough is said; a run shorter than one is one."""
    found = []
    for run in clip.runs:
        ticks = min(WINDOW, len(run))
        if ticks < LEAST:
            continue
        found += [
            (run, start, ticks)
            for start in range(0, len(run) - ticks + 1, hop)
            if spoken(clip, run, start, ticks) >= LEAST_SPOKEN
        ]
    return found


def prepared(run: Run, start: int, ticks: int, sound: FloatArray, see: See | None = None) -> tuple[FloatArray, ...]:
    """One window as the network takes it: pictures, outlines and sound, without the batch's axis."""
    part = around(run, start, ticks)
    crops = middle(part.crops)
    heard = sounds(sound_around(sound, run.first + start, ticks), ticks + 2 * (REACH + EDGE))
    return pictures(crops if see is None else see(crops)), outlines(part.outlines), heard


def moved(low: int = SMALLEST_SHIFT, high: int = LARGEST_SHIFT, hear: Hear | None = None) -> Alter:
    """Sound that comes `low` to `high` ticks early or late, drawn by the clip's number; what falls out comes again."""

    def alter(number: int, clip: Clip) -> FloatArray:
        draw = np.random.default_rng((7, number))
        shift = int(draw.integers(low, high + 1)) * (1 if draw.random() < 0.5 else -1)
        sound = np.roll(clip.sound, shift * PER_TICK)
        return sound if hear is None else hear(sound, draw)

    return alter


def exchanged(clips: Sequence[Clip]) -> Alter:
    """Another person's sound, repeated where it is shorter."""

    def alter(number: int, clip: Clip) -> FloatArray:
        order = [clips[(number + 1 + i) % len(clips)] for i in range(len(clips))]
        other = next((one for one in order if one.row.identity != clip.row.identity), order[0])
        return np.resize(other.sound, len(clip.sound))

    return alter


def changed(hear: Hear) -> Alter:
    """The own sound in its place, under a condition."""
    return lambda number, clip: hear(clip.sound, np.random.default_rng((7, number)))


def as_fake(scored: Scored) -> Scored:
    """The same, called not in sync."""
    return Scored(scored.clips, scored.evidence, np.ones(len(scored.clips), bool))


def fit_judge(scored: Scored) -> Judge:
    """Logistic regression over windows, clips and classes weighing alike, with a slight ridge."""
    rows = np.concatenate(scored.evidence).astype(np.float64)
    counts = np.asarray([len(evidence) for evidence in scored.evidence])
    fake = np.repeat(scored.fake, counts).astype(np.float64)
    weight = np.repeat(1 / counts, counts)
    weight = weight * np.where(fake > 0, 0.5 / (weight * fake).sum(), 0.5 / (weight * (1 - fake)).sum())
    mean, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-6
    design = np.concatenate([(rows - mean) / spread, np.ones((len(rows), 1))], axis=1)
    ridge = np.diag([RIDGE] * len(EVIDENCE) + [1e-9])
    beta = np.zeros(len(EVIDENCE) + 1)
    for _ in range(30):
        p = 1 / (1 + np.exp(-np.clip(design @ beta, -30, 30)))
        hessian = (design * (weight * p * (1 - p) + 1e-12)[:, None]).T @ design + ridge
        beta -= np.linalg.solve(hessian, design.T @ (weight * (p - fake)) + ridge @ beta)
    weights = beta[:-1] / spread
    return Judge(weights.astype(np.float32), float(beta[-1] - weights @ mean))


def calibrate(scored: Scored, data: str) -> tuple[Judge, Calibration, float, float]:
    """The judge, Platt scaling of pooled logits, and thresholds of single windows and of clips for 5 % false alarms.

    What calibrates a source's clips comes from a judge that was fitted on the other sources.
    """
    sources = np.asarray([clip.row.source for clip in scored.clips])
    judge = fit_judge(scored)
    logits: list[FloatArray] = [np.zeros(0, np.float32)] * len(sources)
    for source in sorted(set(sources.tolist())):
        inside = sources == source
        several = len(set(sources.tolist())) > 1 and len({*scored.fake[~inside].tolist()}) == 2
        without = fit_judge(_where(scored, ~inside)) if several else judge
        for i in np.flatnonzero(inside):
            logits[i] = without.logits(scored.evidence[i])
    pooled = np.asarray([pool(one) for one in logits], np.float32)
    platt: Platt = fit_platt(scored.fake, pooled, scored.groups)
    calibration = Calibration(
        slope=platt.slope,
        intercept=platt.intercept,
        covariance=platt.covariance,
        noise=point_noise(logits, pooled.tolist()),
        n_real=int((~scored.fake).sum()),
        n_fake=int(scored.fake.sum()),
        data=data,
    )
    real = np.concatenate([one for one, fake in zip(logits, scored.fake, strict=True) if not fake])
    return judge, calibration, threshold_for(real, ALARMS), threshold_for(pooled[~scored.fake], ALARMS)


def number(scored: Scored, judge: Judge, threshold: float, split: str, name: str, *, single: bool = False) -> Metric:
    """One metric over clips, or over their single windows, with intervals by person."""
    logits = scored.logits(judge)
    groups, fake = scored.groups, scored.fake
    if single:
        counts = [len(one) for one in logits]
        groups, fake = [g for g, n in zip(groups, counts, strict=True) for _ in range(n)], np.repeat(fake, counts)
        values = np.concatenate(logits)
    else:
        values = np.asarray([pool(one) for one in logits], np.float32)
    return metric(fake, values, groups, threshold, split=split, condition=name, unit="person")


def numbers(scorer: Scorer, clips: Sequence[Clip], judge: Judge, point: float, whole: float) -> list[Metric]:
    """All metrics over unseen people: by what was done to the sound, and under every condition."""
    real = scorer.score(clips)
    late = {
        "shifted by 0.2 to 2 s": as_fake(scorer.score(clips, moved())),
        "shifted by 0.2 s": as_fake(scorer.score(clips, moved(5, 5))),
        "shifted by 0.4 to 0.6 s": as_fake(scorer.score(clips, moved(10, 15))),
        "another person's sound": as_fake(scorer.score(clips, exchanged(clips))),
    }
    both = real + late["shifted by 0.2 to 2 s"] + late["another person's sound"]
    found = [number(both, judge, whole, "dev", "all")]
    for name, fake in late.items():
        found.append(number(real + fake, judge, whole, "dev", name))
        found.append(number(real + fake, judge, point, "dev", f"windows of 4 s, {name}", single=True))
    for source in sorted({clip.row.source for clip in clips}):
        part = real + late["shifted by 0.2 to 2 s"]
        part = _where(part, [clip.row.source == source for clip in part.clips])
        if len(part.clips) >= 2 * FEWEST:
            found.append(number(part, judge, whole, "dev", f"clips of {source}"))
    score = partial(scorer.score, clips, hop=2 * HOP)
    for name, hear in SOUND.items():
        part = score(changed(hear)) + as_fake(score(moved(hear=hear)))
        found.append(number(part, judge, point, "dev", f"windows of 4 s under {name}", single=True))
    for name, see in PICTURE.items():
        part = score(see=see) + as_fake(score(moved(), see=see))
        found.append(number(part, judge, point, "dev", f"windows of 4 s under {name}", single=True))
    return found


def _where(scored: Scored, keep: Sequence[bool] | NDArray[np.bool_]) -> Scored:
    chosen = np.flatnonzero(np.asarray(keep, bool))
    return Scored([scored.clips[i] for i in chosen], [scored.evidence[i] for i in chosen], scored.fake[chosen])
