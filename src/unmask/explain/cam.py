"""Class activation maps: heat from the activations of one layer and the gradient of the fake logit at them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from unmask.errors import ModelError
from unmask.types import FloatArray

BATCH = 8
"""Pictures in one pass; always full, so that a map does not depend on its neighbours."""

CAMS = ("grad-cam", "grad-cam++", "hires-cam")


def class_activation(network: Any, kind: str, layer_name: str, inputs: FloatArray) -> FloatArray:
    """Heat maps of a Keras network's own decision, by one of `CAMS`.

    `grad-cam`: Selvaraju et al. 2017, section 3: a channel's gradients are averaged over the picture.
    `grad-cam++`: Chattopadhay et al. 2018, equation 19, of the logit. `hires-cam`: Draelos and Carin 2020, section 3.2:
    each gradient stays in its place, so that heat never lies where the activations did not count.

    Args:
        network: Keras model whose first output is one logit per picture, above zero for manipulated.
        kind: one of `CAMS`.
        layer_name: a layer with output (n, h, w, channels).
        inputs: prepared pictures, float32 (n, S, S, 3).

    Returns:
        float32 (n, S, S) in 0..1, each with its maximum at 1; all zeros where nothing speaks for a manipulation.

    Raises:
        ModelError: the network has no such layer, or the layer has no spatial extent.
    """
    if len(inputs) == 0:
        return np.zeros(inputs.shape[:3], np.float32)
    run = _compiled(network, kind, layer_name)
    padded = -len(inputs) % BATCH
    full = np.concatenate([inputs, np.repeat(inputs[-1:], padded, axis=0)]) if padded else inputs
    maps = [np.asarray(run(full[i : i + BATCH])) for i in range(0, len(full), BATCH)]
    return np.concatenate(maps)[: len(inputs)].astype(np.float32)


def last_spatial_layer(network: Any) -> str:
    """Name of the last layer whose output has height and width above one. Raises ModelError when there is none."""
    return spatial_layers(network, 1)[0]


def spatial_layers(network: Any, most: int = 3) -> tuple[str, ...]:
    """The last layer of each size of picture inside the network, the coarsest first, at most `most` of them.

    Raises ModelError when no layer has a height and width above one.
    """
    found: dict[tuple[int | None, ...], str] = {}
    for layer in reversed(network.layers):
        shape: tuple[int | None, ...] = tuple(getattr(getattr(layer, "output", None), "shape", ()))
        if len(shape) == 4 and all(side is None or side > 1 for side in shape[1:3]):
            found.setdefault(shape[1:3], str(layer.name))
    if not found:
        raise ModelError("the network has no layer with a spatial extent")
    return tuple(found.values())[:most]


@lru_cache(maxsize=16)
def _compiled(network: Any, kind: str, layer_name: str) -> Any:
    """The traced function of one network, kind and layer: eager Grad-CAM costs ten times as much."""
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
        weights = _weights(kind, features, tape.gradient(loss, features))
        heat = tf.nn.relu(tf.reduce_sum(weights * features, axis=-1, keepdims=True))
        heat = tf.image.resize(heat, tf.shape(batch)[1:3], method="bilinear")[..., 0]
        peak = tf.reduce_max(heat, axis=(1, 2), keepdims=True)
        return tf.math.divide_no_nan(heat, peak)

    return run


def _weights(kind: str, features: Any, gradient: Any) -> Any:
    """What each activation is multiplied by: one number per channel, for `hires-cam` one per place and channel."""
    import tensorflow as tf

    if kind == "grad-cam":
        return tf.reduce_mean(gradient, axis=(1, 2), keepdims=True)
    if kind == "hires-cam":
        return gradient
    if kind == "grad-cam++":
        mass = tf.reduce_sum(features, axis=(1, 2), keepdims=True)
        square = tf.square(gradient)
        alpha = tf.math.divide_no_nan(square, 2 * square + mass * square * gradient)
        return tf.reduce_sum(alpha * tf.nn.relu(gradient), axis=(1, 2), keepdims=True)
    raise ModelError(f"there is no map of the kind {kind!r}")
