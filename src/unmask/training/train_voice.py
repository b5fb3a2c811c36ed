"""Training of the voice network: manifests in, weights, a curve and a record of the run out."""

from __future__ import annotations

import csv
import json
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from unmask.errors import DatasetError
from unmask.models.card import Training
from unmask.models.voice_net import WINDOW, build, features, fit
from unmask.models.weights import save_weights
from unmask.training.audio_augment import corrupt
from unmask.training.manifest import Row, read_manifests
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
RATE_TOP = 1.5e-3
WARM_UP = 150
DECAY = 0.02
SMOOTH = 0.05
AVERAGING = 0.995
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
) -> Path:
    """Train, and write `out/weights/voice.npz`, `out/curve.csv`, `out/curve.png` and `out/run.json`.

    Then measures them and writes `out/cards/voice.json`. Stops after `steps`, or, with a limit of `hours`, sooner: the
    schedule follows whichever is nearer its end. A run that was broken off goes on from `out/checkpoint.npz` when
    called again. Returns the path of the weights.
    """
    import keras

    keras.utils.set_random_seed(seed)
    (out / "weights").mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    material = gather(manifests, cache, copies, seed)
    log.info("train %d, calibration %d, dev %d, pairs %d", *map(len, _groups(material)))
    run = _Run(out, steps, None if hours is None else began + hours * 3600)
    pool = Pool.of(material.train, material.pairs)
    check = check_set(material.dev, cache)
    for length, limit in ((SHORT, SHORT_SHARE), (WINDOW, 1.0)):
        stop = round(steps * limit)
        for pictures, labels in batches(pool, cache, size=BATCH, length=length, seed=seed, start=run.step, stop=stop):
            if run.share() >= limit:
                break
            run.learn(pictures, labels)
            if run.step % CHECK_EVERY == 0:
                run.check(*check)
    run.check(*check)
    run.finish(material, seed, (time.monotonic() - began) / 3600)
    describe(material, out, cache)
    return out / "weights" / "voice.npz"


def describe(material: Material, out: Path, cache: Path) -> Path:
    """Measure the weights in `out` and write their card; returns its path."""
    facts = json.loads((out / "run.json").read_text("utf-8"))
    training = Training(
        command=f"unmask train voice --steps {facts['steps']} --seed {facts['seed']}",
        seed=facts["seed"],
        steps=facts["steps"],
        hours=round(facts["hours"], 3),
        hardware=hardware(),
        initialised_from="nothing: random weights",
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


class _Run:
    """Network, optimiser, averaged weights and curve of one training run."""

    def __init__(self, out: Path, steps: int, deadline: float | None) -> None:
        import keras
        import tensorflow as tf

        self.out, self.steps, self.deadline, self.began = out, steps, deadline, time.monotonic()
        self.network = build()
        self.optimiser = keras.optimizers.AdamW(RATE_TOP, weight_decay=DECAY, global_clipnorm=2.0)
        self.optimiser.build(self.network.trainable_variables)
        self.average = [value.copy() for value in self.network.get_weights()]
        self.step, self.losses, self.right = 0, _none(), _none()
        self._earlier_share = 0.0
        self._resume()
        loss = keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=SMOOTH)

        @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]  # TensorFlow ships no types
        def update(pictures: Any, labels: Any) -> tuple[Any, Any]:
            with tf.GradientTape() as tape:
                logits = self.network(pictures, training=True)
                value = loss(labels, logits)
            slopes = tape.gradient(value, self.network.trainable_variables)
            self.optimiser.apply_gradients(zip(slopes, self.network.trainable_variables, strict=True))
            return value, tf.reduce_mean(tf.cast((logits > 0) == (labels > 0.5), tf.float32))

        self._update = update
        self._forward = tf.function(lambda x: self.network(x, training=False), reduce_retracing=True)

    def share(self) -> float:
        """How much of the run is done, 0..1, by steps or by the clock."""
        by_steps = self.step / self.steps
        if self.deadline is None:
            return by_steps
        by_clock = (time.monotonic() - self.began) / max(self.deadline - self.began, 1.0)
        return max(by_steps, self._earlier_share + (1 - self._earlier_share) * by_clock)

    def learn(self, pictures: FloatArray, labels: FloatArray) -> None:
        """One step: warm-up, then a cosine (Loshchilov and Hutter 2017)."""
        warm = min(1.0, (self.step + 1) / WARM_UP)
        self.optimiser.learning_rate.assign(RATE_TOP * warm * 0.5 * (1 + np.cos(np.pi * min(1.0, self.share()))) + 1e-6)
        loss, right = self._update(pictures, labels)
        self.step += 1
        self.losses.append(float(loss))
        self.right.append(float(right))
        keep = min(AVERAGING, (1 + self.step) / (10 + self.step))
        values = self.network.get_weights()
        self.average = [keep * a + (1 - keep) * v for a, v in zip(self.average, values, strict=True)]
        if self.step % 100 == 0:
            log.info("step %d share %.3f loss %.4f right %.3f", self.step, self.share(), *self.recent())

    def recent(self) -> tuple[float, float]:
        """Mean loss and accuracy of the last 100 steps."""
        return _mean(self.losses[-100:]), _mean(self.right[-100:])

    def check(self, pictures: FloatArray, labels: FloatArray) -> None:
        """Dev numbers of the averaged weights, a line of the curve and a checkpoint."""
        own = self.network.get_weights()
        self.network.set_weights(self.average)
        parts = [np.asarray(self._forward(pictures[i : i + 16])) for i in range(0, len(pictures), 16)]
        save_weights(self.network, self.out / "weights" / "voice.npz")
        self.network.set_weights(own)
        line = {"step": self.step, "loss": self.recent()[0], "accuracy": self.recent()[1]}
        if len(set(labels.tolist())) == 2:
            logits = np.concatenate(parts).reshape(-1)
            line |= {"dev_auc": auc(labels > 0.5, logits), "dev_eer": eer(labels > 0.5, logits)}
        log.info("check %s", json.dumps(line))
        _append(self.out / "curve.csv", line)
        self._save(own)

    def finish(self, material: Material, seed: int, hours: float) -> None:
        """Curves as a picture, and what the run was."""
        draw_curve(self.out / "curve.csv", self.out / "curve.png")
        facts = {"steps": self.step, "batch": BATCH, "seed": seed, "hours": hours, "copies": len(material.pairs)}
        (self.out / "run.json").write_text(json.dumps(facts, indent=1), "utf-8")

    def _save(self, own: list[Any]) -> None:
        state = {f"own{i:04d}": value for i, value in enumerate(own)}
        state |= {f"average{i:04d}": value for i, value in enumerate(self.average)}
        state |= {f"optimiser{i:04d}": np.asarray(v) for i, v in enumerate(self.optimiser.variables)}
        partial = self.out / "checkpoint.part.npz"
        np.savez(partial, step=self.step, share=self.share(), **state)
        partial.replace(self.out / "checkpoint.npz")

    def _resume(self) -> None:
        path = self.out / "checkpoint.npz"
        if not path.is_file():
            return
        with np.load(path, allow_pickle=False) as state:
            of = {kind: [state[k] for k in sorted(state.files) if k.startswith(kind)] for kind in _KINDS}
            self.step, self._earlier_share = int(state["step"]), float(state["share"])
        self.network.set_weights(of["own"])
        self.average = of["average"]
        for variable, value in zip(self.optimiser.variables, of["optimiser"], strict=True):
            variable.assign(value)


_KINDS = ("own", "average", "optimiser")


def draw_curve(table: Path, picture: Path) -> None:
    """The curve of a run as a picture: loss left, dev equal error rate right."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    with table.open(encoding="utf-8", newline="") as source:
        lines = list(csv.DictReader(source))
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(9, 3.2), constrained_layout=True)
    steps = [int(line["step"]) for line in lines]
    for axis, name, label in ((left, "loss", "loss"), (right, "dev_eer", "equal error rate on unseen pages")):
        axis.plot(steps, [float(line.get(name) or "nan") for line in lines], marker=".")
        axis.set(xlabel="step", ylabel=label)
    figure.savefig(picture, dpi=100)
    pyplot.close(figure)


def _append(path: Path, line: dict[str, float]) -> None:
    new = not path.is_file()
    with path.open("a", encoding="utf-8", newline="") as sink:
        writer = csv.DictWriter(sink, ["step", "loss", "accuracy", "dev_auc", "dev_eer"])
        if new:
            writer.writeheader()
        writer.writerow(line)


def _none() -> list[float]:
    return []


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else float("nan")


def _groups(material: Material) -> tuple[list[Any], ...]:
    return material.train, material.calibration, material.dev, material.pairs
