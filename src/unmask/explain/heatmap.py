"""Grad-CAM: where in the picture a network found what speaks for a manipulation, and how to draw it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmask.errors import ModelError
from unmask.types import FloatArray, ImageArray

BATCH = 8
"""Pictures in one pass; always full, so that a map does not depend on its neighbours."""

COLOURS: tuple[tuple[int, int, int], ...] = (
    (0, 0, 4),
    (33, 12, 74),
    (86, 16, 110),
    (137, 34, 106),
    (187, 55, 84),
    (227, 89, 50),
    (249, 140, 10),
    (249, 201, 50),
    (252, 255, 164),
)
"""The "inferno" map at ninths of its range: lightness rises evenly, so it reads without telling red from green."""

OPACITY = 0.82
"""Share of the colour where the heat is highest."""


def grad_cam(network: Any, layer_name: str, inputs: FloatArray) -> FloatArray:
    """Heat maps of a Keras network's own decision (Grad-CAM, Selvaraju et al. 2017, section 3).

    Args:
        network: Keras model whose first output is one logit per picture, above zero for manipulated.
        layer_name: a layer with output (n, h, w, channels); the last one with a spatial extent is usual.
        inputs: prepared pictures, float32 (n, S, S, 3).

    Returns:
        float32 (n, S, S) in 0..1, each with its maximum at 1; all zeros where nothing speaks for a manipulation.

    Raises:
        ModelError: the network has no such layer, or the layer has no spatial extent.
    """
    if len(inputs) == 0:
        return np.zeros(inputs.shape[:3], np.float32)
    run = _compiled(network, layer_name)
    padded = -len(inputs) % BATCH
    full = np.concatenate([inputs, np.repeat(inputs[-1:], padded, axis=0)]) if padded else inputs
    maps = [np.asarray(run(full[i : i + BATCH])) for i in range(0, len(full), BATCH)]
    return np.concatenate(maps)[: len(inputs)].astype(np.float32)


def last_spatial_layer(network: Any) -> str:
    """Name of the last layer whose output has height and width above one. Raises ModelError when there is none."""
    for layer in reversed(network.layers):
        shape = getattr(getattr(layer, "output", None), "shape", ())
        if len(shape) == 4 and all(side is None or side > 1 for side in shape[1:3]):
            return str(layer.name)
    raise ModelError("the network has no layer with a spatial extent")


@lru_cache(maxsize=4)
def _compiled(network: Any, layer_name: str) -> Any:
    """The traced function of one network and layer: eager Grad-CAM costs ten times as much."""
    import keras
    import tensorflow as tf

    try:
        layer = network.get_layer(layer_name)
    except ValueError as missing:
        raise ModelError(f"the network has no layer {layer_name!r}") from missing
    if len(layer.output.shape) != 4:
        raise ModelError(f"layer {layer_name!r} has no spatial extent")
    twin = keras.Model(network.inputs, [layer.output, network.outputs[0]])

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]  # TensorFlow ships no types
    def run(batch: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(batch)  # a frozen network has no variables that would start the recording
            features, logits = twin(batch, training=False)
            loss = tf.reduce_sum(logits)
        weights = tf.reduce_mean(tape.gradient(loss, features), axis=(1, 2), keepdims=True)
        heat = tf.nn.relu(tf.reduce_sum(weights * features, axis=-1, keepdims=True))
        heat = tf.image.resize(heat, tf.shape(batch)[1:3], method="bilinear")[..., 0]
        peak = tf.reduce_max(heat, axis=(1, 2), keepdims=True)
        return tf.math.divide_no_nan(heat, peak)

    return run


def colours(heat: FloatArray) -> NDArray[np.float32]:
    """Colours (..., 3), 0..255, of heat (...) in 0..1."""
    stops = np.array(COLOURS, np.float32)
    place = np.clip(heat, 0.0, 1.0) * (len(stops) - 1)
    low = np.minimum(place.astype(np.int32), len(stops) - 2)
    part = (place - low)[..., None]
    return np.asarray(stops[low] * (1 - part) + stops[low + 1] * part, np.float32)


def overlay(image: ImageArray, heat: FloatArray) -> ImageArray:
    """The picture in grey with the heat in colour over it: RGB uint8 (H, W, 3), heat (H, W) in 0..1.

    Where there is no heat the grey picture is untouched, so that what lies below can still be seen.
    """
    import cv2

    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)[..., None]
    share = opacity(heat)[..., None]
    return np.clip(np.rint(grey * (1 - share) + colours(heat) * share), 0, 255).astype(np.uint8)


def opacity(heat: FloatArray) -> FloatArray:
    """How far the colour covers the picture, 0 to `OPACITY`, for heat in 0..1."""
    return np.asarray(OPACITY * np.sqrt(np.clip(heat, 0.0, 1.0)) * np.clip(heat / 0.15, 0.0, 1.0), np.float32)


def legend() -> tuple[tuple[float, str], ...]:
    """Stops (heat 0..1, "#rrggbb") of the overlay's colours over a middle grey, for a legend beside a map."""
    heat = np.linspace(0.0, 1.0, 2 * len(COLOURS) - 1, dtype=np.float32)
    grey = np.full((1, len(heat), 3), 128, np.uint8)
    row = overlay(grey, heat[None])[0]
    return tuple((float(h), f"#{r:02x}{g:02x}{b:02x}") for h, (r, g, b) in zip(heat, row, strict=True))


def to_frame(heat: FloatArray, matrix: FloatArray, height: int, width: int) -> FloatArray:
    """A crop's heat (S, S) at its place in the full frame: float32 (height, width), zero outside the crop.

    `matrix` (2, 3) maps frame pixels to crop pixels, as the face was cut.
    """
    import cv2

    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP  # cv2 then reads the matrix as frame -> crop
    placed = cv2.warpAffine(heat.astype(np.float32), matrix.astype(np.float64), (width, height), flags=flags)
    return np.asarray(placed, np.float32)
