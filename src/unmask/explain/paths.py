"""Attribution along a path from the blurred picture to the picture itself: what each pixel adds to the fake logit."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmask.errors import ModelError
from unmask.explain.cam import BATCH
from unmask.explain.faithfulness import blurred
from unmask.types import FloatArray

STRAIGHT = "integrated-gradients"
GUIDED = "guided-integrated-gradients"
PATHS = (STRAIGHT, GUIDED)

STEPS = 16
"""Points on the straight way at which the gradient is read."""
GUIDED_STEPS = 32
"""Gradients that are read on the guided way."""
FRACTION = 0.1
"""Share of the values that move at a time on the guided way: those with the smallest gradients."""

Slope = Callable[[FloatArray], FloatArray]
"""Prepared pictures (n, S, S, 3) to the gradients of their logits, of the same shape."""


def path_shares(network: Any, kind: str, inputs: FloatArray) -> FloatArray:
    """What each pixel adds to the fake logit, signed, by one of `PATHS`: float32 (n, S, S) of pictures (n, S, S, 3).

    The shares of a picture sum to about its logit less that of the blurred one, and depend on it alone.

    `integrated-gradients`: Sundararajan et al. 2017, equation 1, along the straight line, by the midpoint rule.
    `guided-integrated-gradients`: Kapishnikov et al. 2021, algorithm 1: what has the smallest gradient is moved first,
    so that the way keeps clear of steep places which say more of the network than of the picture.

    Raises:
        ModelError: there is no such kind.
    """
    if kind not in PATHS:
        raise ModelError(f"there is no path of the kind {kind!r}")
    slope = _gradient(network)
    if kind == STRAIGHT:
        found = [_straight(slope, picture) for picture in inputs]
    else:
        found = [one for first in range(0, len(inputs), BATCH) for one in _guided(slope, inputs[first : first + BATCH])]
    return np.stack(found) if found else np.zeros(inputs.shape[:3], np.float32)


def _straight(slope: Slope, picture: FloatArray) -> FloatArray:
    start = blurred(picture)
    places = ((np.arange(STEPS) + 0.5) / STEPS).astype(np.float32)[:, None, None, None]
    way = start + places * (picture - start)
    mean = np.mean([slope(way[i : i + BATCH]).mean(axis=0) for i in range(0, STEPS, BATCH)], axis=0)
    return np.asarray(((picture - start) * mean).sum(axis=-1), np.float32)


def _guided(slope: Slope, pictures: FloatArray) -> FloatArray:
    """At most `BATCH` pictures at once, each on its own way; the batch is always full, as in maps of activations."""
    full = np.concatenate([pictures, np.repeat(pictures[-1:], BATCH - len(pictures), axis=0)]).astype(np.float64)
    now = np.stack([blurred(picture) for picture in full.astype(np.float32)]).astype(np.float64)
    whole = np.abs(full - now).sum(axis=(1, 2, 3))
    shares = np.zeros_like(full)
    slopes = slope(now.astype(np.float32)).astype(np.float64)
    for step in range(1, GUIDED_STEPS + 1):
        left = whole * (1 - step / GUIDED_STEPS)
        moved = np.stack([guided_step(*of_one) for of_one in zip(now, full, slopes, left, strict=True)])
        there = slope(moved.astype(np.float32)).astype(np.float64)
        shares += (moved - now) * (slopes + there) / 2
        now, slopes = moved, there
    return np.asarray(shares[: len(pictures)].sum(axis=-1), np.float32)


def guided_step(
    now: NDArray[np.float64], target: NDArray[np.float64], slope: NDArray[np.float64], left: float
) -> NDArray[np.float64]:
    """`now` moved towards `target` until their L1 distance is `left`, the values of the smallest gradients first."""
    way, goal, steep = now.ravel().copy(), target.ravel(), np.abs(slope).ravel()
    at_once = max(1, int(FRACTION * way.size))
    distance = float(np.abs(goal - way).sum())
    while distance > left:
        open_ones = np.flatnonzero(way != goal)
        if len(open_ones) > at_once:
            open_ones = open_ones[np.argpartition(steep[open_ones], at_once)[:at_once]]
        reach = float(np.abs(goal[open_ones] - way[open_ones]).sum())
        if reach > distance - left:
            part = (distance - left) / reach
            way[open_ones] += part * (goal[open_ones] - way[open_ones])
            break
        way[open_ones] = goal[open_ones]
        distance = float(np.abs(goal - way).sum())
    return way.reshape(now.shape)


@lru_cache(maxsize=2)
def _gradient(network: Any) -> Slope:
    import tensorflow as tf

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]  # TensorFlow ships no types
    def run(batch: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(batch)
            loss = tf.reduce_sum(network(batch, training=False))
        return tape.gradient(loss, batch)

    return lambda batch: np.asarray(run(batch))
