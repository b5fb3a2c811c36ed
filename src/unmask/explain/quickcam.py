"""Class activation maps of the face network without TensorFlow: importing it takes longer than a short clip's analysis.

The features come from LiteRT, their gradient from `models.face_tail`; a test holds the maps against those of `cam`.
"""

from __future__ import annotations

import numpy as np

from unmask.explain.cam import CAMS
from unmask.models import face_tail
from unmask.models.registry import Model
from unmask.types import FloatArray


def quick_activation(model: Model, kind: str, layer: str, inputs: FloatArray) -> FloatArray | None:
    """The maps that `cam.class_activation` makes, float32 (n, S, S) in 0..1; None where only TensorFlow can.

    `inputs` are prepared pictures (n, S, S, 3), n > 0.
    """
    if model.card.name != "face" or kind not in CAMS or layer not in face_tail.layers():
        return None
    features = model.layer(layer, inputs)
    if features is None:
        return None
    gradient = face_tail.gradient(model.arrays, layer, features)
    heat = np.maximum((_weights(kind, features, gradient) * features).sum(axis=-1), 0)
    return np.stack([_enlarged(one, inputs.shape[1]) for one in heat])


def _weights(kind: str, features: FloatArray, gradient: FloatArray) -> FloatArray:
    """What each activation is multiplied by, as in `cam`."""
    if kind == "grad-cam":
        return np.asarray(gradient.mean(axis=(1, 2), keepdims=True), dtype=np.float32)
    if kind == "hires-cam":
        return gradient
    square = np.square(gradient)
    below = 2 * square + features.sum(axis=(1, 2), keepdims=True) * square * gradient
    alpha = np.divide(square, below, out=np.zeros_like(square), where=below != 0)
    return np.asarray((alpha * np.maximum(gradient, 0)).sum(axis=(1, 2), keepdims=True), np.float32)


def _enlarged(heat: FloatArray, side: int) -> FloatArray:
    import cv2

    large = np.asarray(cv2.resize(heat, (side, side), interpolation=cv2.INTER_LINEAR), np.float32)
    peak = float(large.max())
    return large / np.float32(peak) if peak > 0 else np.zeros_like(large)
