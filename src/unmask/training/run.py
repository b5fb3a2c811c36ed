"""One training run, whatever the network: optimiser, averaged weights, schedule, curve and checkpoint."""

from __future__ import annotations

import csv
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from unmask.models.weights import file_hash, load_weights, save_weights

log = logging.getLogger(__name__)
LOG_EVERY = 50
RECENT = 100
_KINDS = ("own", "average", "optimiser")

Loss = Callable[..., tuple[Any, Any]]
"""(network, *batch) -> (loss, share of the batch that is right), both TensorFlow scalars."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a network learns. AdamW (Loshchilov and Hutter 2019) at `rate`, reached after `warm_up` steps, then a cosine.

    `averaging` is how much of the averaged weights stays at each step (Polyak and Juditsky 1992).
    """

    rate: float
    warm_up: int
    decay: float = 0.02
    averaging: float = 0.995


class Run:
    """Trains `network` in the folder `out`, and goes on from the checkpoint there when it finds one.

    Leaves `weights/NAME.npz` (averaged, half precision), `curve.csv` and `checkpoint.npz` at every `check`.
    """

    def __init__(
        self, out: Path, name: str, network: Any, plan: Plan, loss: Loss, *, steps: int, deadline: float | None
    ) -> None:
        import keras

        (out / "weights").mkdir(parents=True, exist_ok=True)
        self.out, self.network, self.plan, self.steps, self.deadline = out, network, plan, steps, deadline
        self.weights = out / "weights" / f"{name}.npz"
        self.began, self.seconds, self.step = time.monotonic(), 0.0, 0
        self._share_before, self._seconds_before = 0.0, 0.0
        self.optimiser = keras.optimizers.AdamW(plan.rate, weight_decay=plan.decay, global_clipnorm=2.0)
        self.optimiser.build(network.trainable_variables)
        self.average = [np.array(value) for value in network.get_weights()]
        self._recent: list[tuple[float, float]] = []
        self._resume()
        self._update = _update_function(network, self.optimiser, loss)

    def share(self) -> float:
        """How much of the run is done, 0..1, by steps or by the clock, whichever is nearer its end."""
        by_steps = self.step / self.steps
        if self.deadline is None:
            return by_steps
        by_clock = (time.monotonic() - self.began) / max(self.deadline - self.began, 1e-3)
        return max(by_steps, self._share_before + (1 - self._share_before) * by_clock)

    def learn(self, *batch: Any) -> None:
        """One step."""
        warm = min(1.0, (self.step + 1) / self.plan.warm_up)
        cosine = 0.5 * (1 + np.cos(np.pi * min(1.0, self.share())))
        self.optimiser.learning_rate.assign(self.plan.rate * warm * cosine + 1e-6)
        loss, right = self._update(*batch)
        self.step += 1
        self.seconds = self._seconds_before + time.monotonic() - self.began
        self._recent = [*self._recent[1 - RECENT :], (float(loss), float(right))]
        keep = min(self.plan.averaging, (1 + self.step) / (10 + self.step))
        values = zip(self.average, self.network.get_weights(), strict=True)
        self.average = [keep * average + (1 - keep) * value for average, value in values]
        if self.step % LOG_EVERY == 0:
            log.info("step %d share %.3f loss %.4f right %.3f", self.step, self.share(), *self.recent())

    def recent(self) -> tuple[float, float]:
        """Mean loss and accuracy of the last 100 steps; not a number before the first."""
        loss, right = np.mean(self._recent, axis=0) if self._recent else (float("nan"), float("nan"))
        return float(loss), float(right)

    def check(self, measure: Callable[[Any], Mapping[str, float]]) -> None:
        """A line of the curve with what `measure` says of the averaged weights; the weights and a checkpoint."""
        own = self.network.get_weights()
        self.network.set_weights(self.average)
        save_weights(self.network, self.weights)
        measured = measure(self.network)
        self.network.set_weights(own)
        loss, right = self.recent()
        line = {"step": self.step, "share": round(self.share(), 4), "loss": round(loss, 5), "accuracy": round(right, 4)}
        line |= {**measured, "seconds": round(self.seconds)}
        log.info("check %s", line)
        table = self.out / "curve.csv"
        new = not table.is_file()
        with table.open("a", encoding="utf-8", newline="") as sink:
            csv.writer(sink).writerows([list(line), list(line.values())] if new else [list(line.values())])
        self._save(own)

    def finish(self) -> Any:
        """The network with the averaged weights of the last check, as they were stored (half precision)."""
        load_weights(self.network, self.weights)
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
            of = {kind: [state[name] for name in sorted(state.files) if name.startswith(kind)] for kind in _KINDS}
            self.step, self._share_before = int(state["step"]), float(state["share"])
            self._seconds_before = self.seconds = float(state["seconds"])
        self.network.set_weights(of["own"])
        self.average = of["average"]
        for variable, value in zip(self.optimiser.variables, of["optimiser"], strict=True):
            variable.assign(value)


def half_precision(build: Callable[[], Any]) -> Any:
    """The network of `build`, computing in bfloat16 with weights in float32: faster on processors that know it."""
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        return build()
    finally:
        keras.config.set_dtype_policy(before)


def started_from(network: Any, initial: Path | None) -> str:
    """Set the network's weights from a file of an earlier run, if one is given; says what was done, for the card.

    Raises:
        ModelError: the file is missing or does not fit the network.
    """
    if initial is None:
        return "nothing: random weights"
    load_weights(network, initial)
    return f"weights of an earlier run, SHA-256 {file_hash(initial)}"


def two_classes(smoothing: float) -> Loss:
    """Cross-entropy of one logit, for batches of (inputs, labels 0 or 1 of shape (n, 1)), with smoothed labels."""
    import keras
    import tensorflow as tf

    loss_of = keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=smoothing)

    def loss(network: Any, inputs: Any, labels: Any) -> tuple[Any, Any]:
        logits = tf.cast(network(inputs, training=True), tf.float32)
        return loss_of(labels, logits), tf.reduce_mean(tf.cast((logits > 0) == (labels > 0.5), tf.float32))

    return loss


def _update_function(network: Any, optimiser: Any, loss: Loss) -> Any:
    import tensorflow as tf

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]  # TensorFlow ships no types
    def update(*batch: Any) -> tuple[Any, Any]:
        with tf.GradientTape() as tape:
            value, right = loss(network, *batch)
        slopes = tape.gradient(value, network.trainable_variables)
        optimiser.apply_gradients(zip(slopes, network.trainable_variables, strict=True))
        return value, right

    return update


def draw_curve(folder: Path, measured: str, label: str) -> None:
    """`curve.csv` of a run as `curve.png` beside it: loss left, the column `measured` right."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    with (folder / "curve.csv").open(encoding="utf-8", newline="") as source:
        lines = list(csv.DictReader(source))
    figure, axes = pyplot.subplots(1, 2, figsize=(9, 3.2), constrained_layout=True)
    steps = [int(line["step"]) for line in lines]
    for axis, name, title in zip(axes, ("loss", measured), ("loss", label), strict=True):
        axis.plot(steps, [float(line.get(name) or "nan") for line in lines], marker=".")
        axis.set(xlabel="step", ylabel=title)
    figure.savefig(folder / "curve.png", dpi=100)
    pyplot.close(figure)
