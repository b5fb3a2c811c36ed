"""Training of the face network: `train_face` takes manifests and leaves weights, a card and the run's curves."""

from __future__ import annotations

import csv
import logging
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from unmask.models.face_net import build, preprocess
from unmask.models.weights import save_weights
from unmask.training import initial_weights
from unmask.training.face_batches import batches, pools
from unmask.training.face_card import write_card
from unmask.training.face_scores import check_set, forward, score_rows
from unmask.training.face_selection import select
from unmask.training.faces_data import prepare
from unmask.training.statistics import auc
from unmask.types import FloatArray, ImageArray

log = logging.getLogger(__name__)
BATCH = 24
RATE = 4e-4
WARM_UP = 80
DECAY = 0.02
SMOOTHING = 0.05
AVERAGING = 0.995
CHECK_EVERY = 200
COLUMNS = ("step", "share", "loss", "accuracy", "check_auc", "seconds")


def train_face(
    manifests: Sequence[Path],
    out: Path,
    cache: Path,
    *,
    steps: int,
    seed: int = 1,
    hours: float | None = None,
) -> Path:
    """Train, calibrate and test; write `out/weights/face.npz`, `out/cards/face.json` and `out/curve.csv` and `.png`.

    Stops after `steps` or, with a limit of `hours`, sooner: the schedule follows whichever is nearer its end. A run
    that was broken off goes on from `out/checkpoint.npz` when called again. Returns the path of the card.

    Raises:
        DatasetError: a manifest can't be used, or holds nothing real or nothing fake.
        ModelError: the initial weights are not installed.
    """
    import keras

    keras.utils.set_random_seed(seed)
    began = time.monotonic()
    splits = select(manifests)
    for done in prepare([*splits.train, *splits.calibration, *splits.dev], cache):
        if done % 500 == 0:
            log.info("crops of %d files cut", done)
    source = pools(splits.train, cache)
    run = Run(out, steps, None if hours is None else began + hours * 3600)
    check = check_set(splits.calibration, cache)
    for crops, labels in batches(source, BATCH, seed, run.step, steps):
        if run.share() >= 1:
            break
        run.learn(crops, labels)
        if run.step % CHECK_EVERY == 0:
            run.check(*check)
    run.check(*check)
    network = run.finish()
    draw_curve(out / "curve.csv", out / "curve.png")
    scored = {use: score_rows(network, getattr(splits, use), cache) for use in ("calibration", "dev")}
    command = " ".join(f"--manifest {path.parent.name}/{path.name}" for path in manifests)
    command = f"unmask train face {command} --steps {run.step} --seed {seed}"
    return write_card(
        out, splits, scored, steps=run.step, seed=seed, seconds=run.seconds, network=network, command=command
    )


class Run:
    """Network, optimiser, averaged weights, curve and checkpoint of one training run in `out`."""

    def __init__(self, out: Path, steps: int, deadline: float | None) -> None:
        import keras

        (out / "weights").mkdir(parents=True, exist_ok=True)
        self.out, self.steps, self.deadline = out, steps, deadline
        self.began, self.seconds, self.step = time.monotonic(), 0.0, 0
        self._share_before, self._seconds_before = 0.0, 0.0
        self.network = build()
        initial_weights.set_initial(self.network, initial_weights.read_state_dict(initial_weights.initial_file()))
        self.optimiser = keras.optimizers.AdamW(RATE, weight_decay=DECAY, global_clipnorm=2.0)
        self.optimiser.build(self.network.trainable_variables)
        self.average = [np.array(value) for value in self.network.get_weights()]
        self._recent: list[tuple[float, float]] = []
        self._resume()
        self._update = _update_function(self.network, self.optimiser)

    def share(self) -> float:
        """How much of the run is done, 0..1, by steps or by the clock."""
        by_steps = self.step / self.steps
        if self.deadline is None:
            return by_steps
        by_clock = (time.monotonic() - self.began) / max(self.deadline - self.began, 1.0)
        return max(by_steps, self._share_before + (1 - self._share_before) * by_clock)

    def learn(self, crops: ImageArray, labels: FloatArray) -> None:
        """One step: warm-up, then a cosine (Loshchilov and Hutter 2017)."""
        warm = min(1.0, (self.step + 1) / WARM_UP)
        self.optimiser.learning_rate.assign(RATE * warm * 0.5 * (1 + np.cos(np.pi * min(1.0, self.share()))) + 1e-6)
        loss, right = self._update(preprocess(crops), labels)
        self.step += 1
        self.seconds = self._seconds_before + time.monotonic() - self.began
        self._recent = [*self._recent[-99:], (float(loss), float(right))]
        keep = min(AVERAGING, (1 + self.step) / (10 + self.step))
        values = zip(self.average, self.network.get_weights(), strict=True)
        self.average = [keep * average + (1 - keep) * value for average, value in values]
        if self.step % 20 == 0:
            loss_mean, right_mean = np.mean(self._recent, axis=0)
            log.info("step %d share %.3f loss %.4f right %.3f", self.step, self.share(), loss_mean, right_mean)

    def check(self, crops: ImageArray, labels: FloatArray) -> None:
        """A line of the curve (with the averaged weights on held-out faces), the weights and a checkpoint."""
        loss, right = np.mean(self._recent, axis=0) if self._recent else (float("nan"), float("nan"))
        own = self.network.get_weights()
        self.network.set_weights(self.average)
        save_weights(self.network, self.out / "weights" / "face.npz")
        ranked = float("nan")
        if len(set(labels.tolist())) == 2:
            ranked = auc(labels > 0.5, forward(self.network, crops))
        self.network.set_weights(own)
        line = (self.step, round(self.share(), 4), loss, right, ranked, round(self.seconds))
        log.info("check %s", dict(zip(COLUMNS, line, strict=True)))
        new = not (self.out / "curve.csv").is_file()
        with (self.out / "curve.csv").open("a", encoding="utf-8", newline="") as sink:
            csv.writer(sink).writerows([COLUMNS, line] if new else [line])
        self._save(own)

    def finish(self) -> Any:
        """The network with the averaged weights, as they were stored (half precision)."""
        from unmask.models.weights import load_weights

        path = self.out / "weights" / "face.npz"
        load_weights(self.network, path)
        return self.network

    def _save(self, own: list[Any]) -> None:
        state = {f"own{i:04d}": value for i, value in enumerate(own)}
        state |= {f"average{i:04d}": value for i, value in enumerate(self.average)}
        state |= {f"optimiser{i:04d}": np.asarray(v) for i, v in enumerate(self.optimiser.variables)}
        state |= {"step": np.asarray(self.step), "share": np.asarray(self.share()), "seconds": np.asarray(self.seconds)}
        partial = self.out / "checkpoint.part.npz"
        np.savez(partial, **state)
        partial.replace(self.out / "checkpoint.npz")

    def _resume(self) -> None:
        path = self.out / "checkpoint.npz"
        if not path.is_file():
            return
        with np.load(path, allow_pickle=False) as state:
            of = {
                kind: [state[name] for name in sorted(state.files) if name.startswith(kind)]
                for kind in ("own", "average", "optimiser")
            }
            self.step, self._share_before = int(state["step"]), float(state["share"])
            self._seconds_before = self.seconds = float(state["seconds"])
        self.network.set_weights(of["own"])
        self.average = of["average"]
        for variable, value in zip(self.optimiser.variables, of["optimiser"], strict=True):
            variable.assign(value)


def _update_function(network: Any, optimiser: Any) -> Any:
    import keras
    import tensorflow as tf

    loss_of = keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=SMOOTHING)

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]  # TensorFlow ships no types
    def update(inputs: Any, labels: Any) -> tuple[Any, Any]:
        with tf.GradientTape() as tape:
            logits = network(inputs, training=True)
            loss = loss_of(labels, logits)
        slopes = tape.gradient(loss, network.trainable_variables)
        optimiser.apply_gradients(zip(slopes, network.trainable_variables, strict=True))
        return loss, tf.reduce_mean(tf.cast((logits > 0) == (labels > 0.5), tf.float32))

    return update


def draw_curve(table: Path, picture: Path) -> None:
    """The curve of a run as a picture: loss left, ranking of held-out faces right."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    with table.open(encoding="utf-8", newline="") as source:
        lines = list(csv.DictReader(source))
    figure, axes = pyplot.subplots(1, 2, figsize=(9, 3.2), constrained_layout=True)
    steps = [int(line["step"]) for line in lines]
    for axis, name, label in zip(axes, ("loss", "check_auc"), ("loss", "AUC on held-out faces"), strict=True):
        axis.plot(steps, [float(line[name] or "nan") for line in lines], marker=".")
        axis.set(xlabel="step", ylabel=label)
    figure.savefig(picture, dpi=100)
    pyplot.close(figure)
