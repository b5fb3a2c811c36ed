"""Training of the voice network: manifests in, weights, a curve and a record of the run out."""

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
from unmask.models.card import Training
from unmask.models.voice_net import WINDOW, build, features, fit
from unmask.training.audio_augment import corrupt
from unmask.training.manifest import Row, read_manifests
from unmask.training.run import Plan, Run, draw_curve, half_precision, started_from, two_classes
from unmask.training.statistics import auc, eer
from unmask.training.voice_batches import Pool, batches
from unmask.training.voice_card import hardware, write_card
from unmask.training.voice_copies import make_copies
from unmask.training.voice_data import RATE, as_float, cached, capped, fill, use_of, voices
from unmask.types import FloatArray

log = logging.getLogger(__name__)

BATCH = 32
SHORT = 2 * RATE
SHORT_SHARE = 0.8
PLAN = Plan(rate=1.5e-3, warm_up=150)
SMOOTHING = 0.05
CHECK_EVERY = 300
CHECK_ROWS = 400


@dataclass(frozen=True)
class Material:
    """Rows by use, all of them with their sound in the cache, and the copies of real rows."""

    train: list[Row]
    calibration: list[Row]
    dev: list[Row]
    pairs: list[tuple[Row, Row]]


def gather(manifests: Sequence[Path], cache: Path, copies: int, seed: int) -> Material:
    """Read manifests, choose, decode and copy.

    Raises:
        DatasetError: there is nothing real or nothing fake to train on.
    """
    rows = fill(capped(voices(read_manifests(manifests, kinds=("audio", "video")))), cache)
    by_use = {use: [row for row in rows if use_of(row) == use] for use in ("train", "calibration", "dev")}
    if {row.label for row in by_use["train"]} != {"real", "fake"}:
        raise DatasetError("training a voice model takes real and fake voices")
    pairs = make_copies(by_use["train"], cache, copies, seed)
    return Material(by_use["train"], by_use["calibration"], by_use["dev"], pairs)


def train_voice(
    manifests: Sequence[Path],
    out: Path,
    cache: Path,
    *,
    steps: int,
    seed: int = 1,
    copies: int = 1_200,
    hours: float | None = None,
    initial: Path | None = None,
) -> Path:
    """Train, and write `out/weights/voice.npz`, `out/curve.csv`, `out/curve.png` and `out/run.json`.

    Then measures them and writes `out/cards/voice.json`. Stops after `steps`, or, with a limit of `hours`, sooner: the
    schedule follows whichever is nearer its end. It begins with the weights in `initial`, if given. A run that was
    broken off goes on from `out/checkpoint.npz` when called again. Returns the path of the weights.
    """
    import keras

    keras.utils.set_random_seed(seed)
    began = time.monotonic()
    material = gather(manifests, cache, copies, seed)
    log.info("train %d, calibration %d, dev %d, pairs %d", *map(len, _groups(material)))
    deadline = None if hours is None else began + hours * 3600
    network = half_precision(build)
    beginning = started_from(network, initial)
    run = Run(out, "voice", network, PLAN, two_classes(SMOOTHING), steps=steps, deadline=deadline)
    pool = Pool.of(material.train, material.pairs)
    measure = measure_with(*check_set(material.dev, cache))
    for length, limit in ((SHORT, SHORT_SHARE), (WINDOW, 1.0)):
        stop = round(steps * limit)
        for pictures, labels in batches(pool, cache, size=BATCH, length=length, seed=seed, start=run.step, stop=stop):
            if run.share() >= limit:
                break
            run.learn(pictures, labels)
            if run.step % CHECK_EVERY == 0:
                run.check(measure)
    run.check(measure)
    draw_curve(out, "dev_eer", "equal error rate on unseen pages")
    facts: dict[str, Any] = {"steps": run.step, "batch": BATCH, "seed": seed, "hours": run.seconds / 3600}
    facts |= {"initialised_from": beginning, "copies": len(material.pairs)}
    facts |= {"manifests": [f"{path.parent.name}/{path.name}" for path in manifests]}
    (out / "run.json").write_text(json.dumps(facts, indent=1), "utf-8")
    describe(material, out, cache)
    return out / "weights" / "voice.npz"


def describe(material: Material, out: Path, cache: Path) -> Path:
    """Measure the weights in `out` and write their card; returns its path."""
    facts = json.loads((out / "run.json").read_text("utf-8"))
    named = [f"--manifest {name}" for name in facts["manifests"]]
    training = Training(
        command=" ".join(("unmask train voice", *named, f"--steps {facts['steps']} --seed {facts['seed']}")),
        seed=facts["seed"],
        steps=facts["steps"],
        hours=round(facts["hours"], 3),
        hardware=hardware(),
        initialised_from=facts["initialised_from"],
    )
    copies = [copy for _, copy in material.pairs]
    rows = {"train": material.train, "calibration": material.calibration, "dev": material.dev}
    return write_card(out, cache, copies=copies, training=training, **rows)


def check_set(rows: Sequence[Row], cache: Path) -> tuple[FloatArray, FloatArray]:
    """One window each of some dev rows, lightly corrupted, the same ones every time: spectrograms and labels (n,)."""
    draw = np.random.default_rng(0)
    some = [rows[i] for i in sorted(draw.permutation(len(rows))[:CHECK_ROWS])]
    sounds = []
    for row in some:
        sound = cached(row, cache)
        assert sound is not None
        window = fit(as_float(sound[:WINDOW]))
        sounds.append(corrupt(window, draw, 0.5))
    labels = np.asarray([row.label == "fake" for row in some], np.float32)
    return (features(np.stack(sounds)) if sounds else np.zeros((0, 1, 1), np.float32)), labels


def measure_with(pictures: FloatArray, labels: FloatArray) -> Callable[[Any], Mapping[str, float]]:
    """What a check of the run measures on these spectrograms and labels (n,): AUC and equal error rate."""
    import tensorflow as tf

    def measure(network: Any) -> Mapping[str, float]:
        if len(set(labels.tolist())) < 2:
            return {"dev_auc": float("nan"), "dev_eer": float("nan")}
        forward = tf.function(lambda x: network(x, training=False), reduce_retracing=True)
        parts = [np.asarray(forward(pictures[i : i + 16])) for i in range(0, len(pictures), 16)]
        logits = np.concatenate(parts).reshape(-1)
        return {"dev_auc": auc(labels > 0.5, logits), "dev_eer": eer(labels > 0.5, logits)}

    return measure


def _groups(material: Material) -> tuple[list[Any], ...]:
    return material.train, material.calibration, material.dev, material.pairs
