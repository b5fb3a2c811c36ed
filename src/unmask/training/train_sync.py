"""Training of the lip-sync network: manifests of real talking clips in, weights, a curve and a card out."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from unmask.errors import DatasetError
from unmask.media.mouths import TICKS
from unmask.models.card import Training
from unmask.models.sync_net import REACH, SHIFTS, WINDOW, build, curve
from unmask.training.run import Loss, Plan, Run, draw_curve
from unmask.training.statistics import auc
from unmask.training.sync_batches import LEAST_SPOKEN, Batch, Pool, batches, plain, spoken
from unmask.training.sync_card import write_card
from unmask.training.sync_data import Clip, load, prepare, select
from unmask.training.sync_sift import is_trusted, sift
from unmask.training.voice_card import hardware

log = logging.getLogger(__name__)

BATCH = 16
LENGTH = 50
"""Ticks in a training window: two seconds."""
PLAN = Plan(rate=1e-3, warm_up=200, decay=0.05, averaging=0.998)
SCALES = ((5, 8.0, 0.3), (25, 16.0, 1.0), (LENGTH, 24.0, 1.0))
"""Ticks over which likeness is averaged, what it is multiplied with before the softmax, and the weight of that loss."""
OTHERS_SCALE, OTHERS_WEIGHT = 12.0, 1.0
RIGHT = (0.7, 0.12, 0.03)
"""Probability of the true shift, of each neighbour and of each next one: frames are stamped by whole ticks."""
PARTS = ("train", "calibration", "dev")
KNOWN_SHARE = 0.3
"""Share of the run that learns from recordings of known making alone, before the other clips are sifted."""
CHECK_EVERY = 250
CHECK_WINDOWS = 64
CHECK_SHIFTS = (-8, -5, 5, 8)


Measure = Callable[[Any], Mapping[str, float]]


@dataclass(frozen=True)
class Material:
    """Usable clips by use, with their mouths and sound in memory."""

    train: list[Clip]
    calibration: list[Clip]
    dev: list[Clip]

    def sifted(self, network: Any, out: Path) -> Material:
        """Without the clips whose sound does not fit (`out/sifted-*.csv`)."""
        parts = {name: sift(network, getattr(self, name), out / f"sifted-{name}.csv") for name in PARTS}
        for name, clips in parts.items():
            log.info("%s: %d of %d clips kept", name, len(clips), len(getattr(self, name)))
        return Material(**parts)


def gather(manifests: Sequence[Path], cache: Path) -> Material:
    """Read manifests, choose, cut what the cache lacks, load. Raises DatasetError when nobody talks."""
    splits = select(manifests)
    for done in prepare([*splits.train, *splits.calibration, *splits.dev], cache):
        if done % 50 == 0:
            log.info("%d clips cut", done)
    found = Material(load(cache, splits.train), load(cache, splits.calibration), load(cache, splits.dev))
    if not found.train:
        raise DatasetError("in none of the clips somebody is seen to speak")
    for name in PARTS:
        clips: list[Clip] = getattr(found, name)
        seconds = sum(len(run) for clip in clips for run in clip.runs) / TICKS
        persons = len({clip.row.identity for clip in clips})
        log.info("%s: %d clips of %d persons, %.0f s", name, len(clips), persons, seconds)
    return found


def train_sync(
    manifests: Sequence[Path], out: Path, cache: Path, *, steps: int, seed: int = 1, hours: float | None = None
) -> Path:
    """Train, and write `out/weights/lip_sync.npz`, `out/curve.csv`, `out/curve.png` and `out/run.json`.

    Then fits the judge, measures and writes `out/cards/lip_sync.json`. Stops after `steps`, or, with a limit of
    `hours`, sooner. A run that was broken off goes on from `out/checkpoint.npz` when called again. Returns the path of
    the weights.
    """
    import keras

    keras.utils.set_random_seed(seed)
    material = gather(manifests, cache)
    deadline = None if hours is None else time.monotonic() + hours * 3600
    run = Run(out, "lip_sync", build(), PLAN, same_moment(), steps=steps, deadline=deadline)
    known = [[clip for clip in clips if is_trusted(clip)] or clips for clips in (material.train, material.dev)]
    measure = measure_with(check_set(known[1]), check_set(known[0]))
    _learn(run, known[0], measure, seed, KNOWN_SHARE)
    material = material.sifted(_averaged(run), out)
    _learn(run, material.train, measure, seed, 1.0)
    run.check(measure)
    draw_curve(out, "dev_auc", "AUC in sync against shifted, unseen people")
    facts = {"steps": run.step, "batch": BATCH, "seed": seed, "hours": run.seconds / 3600}
    (out / "run.json").write_text(json.dumps(facts, indent=1), "utf-8")
    describe(material, out)
    return run.weights


def describe(material: Material, out: Path) -> Path:
    """Fit the judge of the weights in `out`, measure them and write their card; returns its path."""
    facts = json.loads((out / "run.json").read_text("utf-8"))
    training = Training(
        command=f"unmask train lip_sync --steps {facts['steps']} --seed {facts['seed']}",
        seed=facts["seed"],
        steps=facts["steps"],
        hours=round(facts["hours"], 3),
        hardware=hardware(),
        initialised_from="nothing: random weights",
    )
    parts = {"train": material.train, "calibration": material.calibration, "dev": material.dev}
    return write_card(out, training=training, **parts)


def _learn(run: Run, clips: Sequence[Clip], measure: Measure, seed: int, limit: float) -> None:
    """Learn from these clips until `limit` of the run is done."""
    stop = round(run.steps * limit)
    for batch in batches(Pool.of(clips), size=BATCH, ticks=LENGTH, seed=seed, start=run.step, stop=stop):
        if run.share() >= limit:
            break
        run.learn(*batch)
        if run.step % CHECK_EVERY == 0:
            run.check(measure)


def _averaged(run: Run) -> Any:
    """A network with the averaged weights as they are now; the run's own goes on with its own."""
    network = build()
    network.set_weights(run.average)
    return network


def same_moment() -> Loss:
    """The true shift among all shifts of the own sound, and the own sound among those of the batch (InfoNCE).

    Both are softmax losses over likeness (van den Oord et al. 2018; for lips and sound Chung, Chung and Kang 2019).
    Right is a window whose likeness, averaged over all of it, is highest within one tick of the true shift.
    """
    import tensorflow as tf

    def changing(vectors: Any) -> Any:
        """What changes over time, of length one over the window: else voices would be told by who speaks."""
        vectors = vectors - tf.reduce_mean(vectors, axis=1, keepdims=True)
        return vectors / tf.sqrt(tf.reduce_sum(tf.square(vectors), axis=(1, 2), keepdims=True) + 1e-6)

    target = np.zeros(SHIFTS, np.float32)
    for distance, share in enumerate(RIGHT):
        target[[REACH - distance, REACH + distance]] = share

    def loss(network: Any, seen: Any, moved: Any, heard: Any) -> tuple[Any, Any]:
        lips, voice, _ = network([seen, moved, heard], training=True)
        ticks = tf.shape(lips)[1]
        shifted = [tf.reduce_sum(lips * voice[:, s : s + ticks], axis=-1) for s in range(SHIFTS)]
        likeness = tf.stack(shifted, axis=-1)
        total = tf.constant(0.0)
        for length, scale, weight in SCALES:
            mean = tf.nn.avg_pool1d(likeness, length, max(1, length // 2), "VALID")
            total += weight * tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(target, scale * mean))
        own = voice[:, REACH : REACH + ticks]
        pairs = OTHERS_SCALE * tf.einsum("atd,btd->ab", changing(lips), changing(own))
        which = tf.eye(tf.shape(lips)[0])
        for logits in (pairs, tf.transpose(pairs)):
            total += 0.5 * OTHERS_WEIGHT * tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(which, logits))
        best = tf.argmax(tf.reduce_mean(likeness, axis=1), axis=1)
        return total, tf.reduce_mean(tf.cast(tf.abs(best - REACH) <= 1, tf.float32))

    return loss


def check_set(clips: Sequence[Clip], ticks: int = WINDOW) -> tuple[list[Batch], list[Batch], list[Batch]]:
    """Windows in sync, the same ones with their sound shifted, and with another clip's sound; the same every time."""
    draw = np.random.default_rng(0)
    places = [
        (clip, run, start)
        for clip in clips
        for run in clip.runs
        for start in range(0, len(run) - ticks + 1, ticks // 2)
        if spoken(clip, run, start, ticks) >= LEAST_SPOKEN
    ]
    chosen = [places[i] for i in sorted(draw.permutation(len(places))[:CHECK_WINDOWS])]
    in_sync = [plain(place, ticks) for place in chosen]
    shifted = [plain(place, ticks, shift=CHECK_SHIFTS[i % len(CHECK_SHIFTS)]) for i, place in enumerate(chosen)]
    strange = [
        (seen, moved, in_sync[(i + len(chosen) // 2) % len(chosen)][2]) for i, (seen, moved, _) in enumerate(in_sync)
    ]
    return in_sync, shifted, strange


def measure_with(
    dev: tuple[list[Batch], list[Batch], list[Batch]], known: tuple[list[Batch], list[Batch], list[Batch]]
) -> Measure:
    """What a check of the run measures: how often the offset is right within a tick, and two AUCs, on unseen people.

    A window's confidence is the likeness near no shift above the highest elsewhere; `train_offset` is the same on
    windows of people that train.
    """

    def measure(network: Any) -> Mapping[str, float]:
        in_sync, shifted, strange = (_curves(network, windows) for windows in dev)
        numbers = {"dev_offset": _right(in_sync), "train_offset": _right(_curves(network, known[0]))}
        for name, apart in (("dev_auc", shifted), ("dev_auc_other", strange)):
            scores = np.concatenate([-_confidence(in_sync), -_confidence(apart)])
            labels = np.repeat([False, True], [len(in_sync), len(apart)])
            numbers[name] = auc(labels, scores) if len(in_sync) else float("nan")
        return {name: round(value, 4) for name, value in numbers.items()}

    return measure


def _curves(network: Any, windows: Sequence[Batch]) -> list[Any]:
    found = []
    for i in range(0, len(windows), 8):
        lips, voice, _ = network([np.stack(part) for part in zip(*windows[i : i + 8], strict=True)], training=False)
        found += [curve(np.asarray(a), np.asarray(b)).mean(axis=0) for a, b in zip(lips, voice, strict=True)]
    return found


def _right(curves: Sequence[Any]) -> float:
    return float(np.mean([abs(int(np.argmax(one)) - REACH) <= 1 for one in curves])) if curves else float("nan")


def _confidence(curves: Sequence[Any]) -> Any:
    near = np.asarray([one[REACH - 3 : REACH + 4].max() for one in curves])
    far = np.asarray([max(one[: REACH - 4].max(), one[REACH + 5 :].max()) for one in curves])
    return near - far
