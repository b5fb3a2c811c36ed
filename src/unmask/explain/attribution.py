"""Where a picture speaks for a manipulation: one function over all methods, and which one a network gets."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from unmask.errors import ModelError
from unmask.explain.cam import BATCH, CAMS, class_activation, spatial_layers
from unmask.explain.faithfulness import blurred
from unmask.models.faithfulness import read_faithfulness
from unmask.types import FloatArray

GRADIENTS = "integrated-gradients"
KINDS = (*CAMS, GRADIENTS)
DEFAULT = "hires-cam"

STEPS = 16
"""Points on the way from the blurred picture to the picture itself, in integrated gradients."""


@dataclass(frozen=True, slots=True)
class Method:
    """How a heat map is made: one of `KINDS`, and the layer that it reads; empty where it reads none."""

    kind: str
    layer: str = ""

    @property
    def name(self) -> str:
        """Kind and layer, as results name it."""
        return f"{self.kind} ({self.layer})" if self.layer else self.kind


def attribute(network: Any, method: Method, inputs: FloatArray) -> FloatArray:
    """Heat maps float32 (n, S, S) in 0..1 of prepared pictures (n, S, S, 3), each with its maximum at 1.

    All zeros where nothing speaks for a manipulation. A map depends on its own picture alone.

    Raises:
        ModelError: the network has no such layer, or there is no such kind.
    """
    if method.kind in CAMS:
        return class_activation(network, method.kind, method.layer, inputs)
    if method.kind not in KINDS:
        raise ModelError(f"there is no map of the kind {method.kind!r}")
    maps = [_scaled(_integrated(network, picture)) for picture in inputs]
    return np.stack(maps) if maps else np.zeros(inputs.shape[:3], np.float32)


def chosen_method(folder: Path, name: str, network: Any) -> Method:
    """The method recorded beside the models in `folder` for the network of that name, by measured faithfulness.

    Without a record, or with another network than was measured, the second coarsest layer is read with each gradient
    in its place: the best of the cheap ones where it was measured. Raises ModelError for a broken record.
    """
    table = read_faithfulness(folder)
    known = table.models.get(name) if table else None
    if known is not None and (not known.layer or known.layer in {layer.name for layer in network.layers}):
        return Method(known.kind, known.layer)
    return Method(DEFAULT, spatial_layers(network, 2)[-1])


def _scaled(heat: FloatArray) -> FloatArray:
    peak = float(heat.max())
    return (heat / peak if peak > 0 else np.zeros_like(heat)).astype(np.float32)


def _integrated(network: Any, picture: FloatArray) -> FloatArray:
    """Integrated gradients (Sundararajan et al. 2017, equation 1) from the blurred picture, by the midpoint rule.

    Single pixels say little to an eye: what speaks for a manipulation is gathered over a neighbourhood.
    """
    import cv2

    start = blurred(picture)
    places = ((np.arange(STEPS) + 0.5) / STEPS).astype(np.float32)[:, None, None, None]
    way = start + places * (picture - start)
    run = _gradient(network)
    slope = np.mean([np.asarray(run(way[i : i + BATCH])).mean(axis=0) for i in range(0, STEPS, BATCH)], axis=0)
    found = ((picture - start) * slope).sum(axis=-1).astype(np.float32)
    return np.maximum(np.asarray(cv2.GaussianBlur(found, (0, 0), len(picture) / 32), np.float32), 0)


@lru_cache(maxsize=2)
def _gradient(network: Any) -> Any:
    import tensorflow as tf

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]  # TensorFlow ships no types
    def run(batch: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(batch)
            loss = tf.reduce_sum(network(batch, training=False))
        return tape.gradient(loss, batch)

    return run
