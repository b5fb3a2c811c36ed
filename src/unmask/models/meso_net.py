"""MesoNet: Meso4 and MesoInception4.

Afchar, Nozick, Yamagishi and Echizen 2018, "MesoNet: a Compact Facial Video Forgery Detection Network", sections III-A
and III-B.

Four blocks of convolution and pooling over a face of 256 pixels, then one hidden layer. MesoInception4 begins with two
blocks of parallel dilated convolutions instead. The published weights answer with the probability that a face is real.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from unmask.types import FloatArray, ImageArray

SIDE = 256
INCEPTION: tuple[tuple[int, int, int, int], ...] = ((1, 4, 4, 2), (2, 4, 4, 2))
"""Channels of the four branches of each inception block: 1 x 1; then 3 x 3 at dilation 1, 2 and 3."""


def preprocess(crops: ImageArray) -> FloatArray:
    """Network input float32 (n, 256, 256, 3) in 0..1, of RGB uint8 crops (n, side, side, 3), scaled where needed."""
    import cv2

    if crops.ndim != 4 or crops.shape[1] != crops.shape[2] or crops.shape[3] != 3 or crops.dtype != np.uint8:
        raise ValueError(f"crops must be uint8 (n, side, side, 3), not {crops.dtype} {crops.shape}")
    if crops.shape[1] != SIDE:
        crops = np.stack([cv2.resize(crop, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR) for crop in crops])
    return crops.astype(np.float32) / np.float32(255)


def build_meso4() -> Any:
    """Meso4: faces (B, 256, 256, 3) as from `preprocess` -> logit (B, 1), above zero for a made face."""
    import keras

    number = _Numbers()
    inputs = keras.Input((SIDE, SIDE, 3), name="faces")
    x = _reduced(_conv(inputs, 8, 3, number), 2, number)
    x = _reduced(_conv(x, 8, 5, number), 2, number)
    return keras.Model(inputs, _tail(x, number), name="meso4")


def build_mesoinception4() -> Any:
    """MesoInception4: faces (B, 256, 256, 3) as from `preprocess` -> logit (B, 1), above zero for a made face."""
    import keras

    number = _Numbers()
    inputs = keras.Input((SIDE, SIDE, 3), name="faces")
    x = inputs
    for channels in INCEPTION:
        branches = [_conv(x, channels[0], 1, number)]
        for dilation, width in enumerate(channels[1:], start=1):
            branches.append(_conv(_conv(x, width, 1, number), width, 3, number, dilation))
        x = _reduced(keras.layers.Concatenate()(branches), 2, number)
    return keras.Model(inputs, _tail(x, number), name="mesoinception4")


class _Numbers:
    """Counts layers of each kind in the order in which they are made, as the published files number them."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}

    def name(self, kind: str) -> str:
        self._last[kind] = self._last.get(kind, 0) + 1
        return f"{kind}_{self._last[kind]}"


def _conv(x: Any, channels: int, kernel: int, number: _Numbers, dilation: int = 1) -> Any:
    import keras

    layer = keras.layers.Conv2D(
        channels, kernel, padding="same", dilation_rate=dilation, activation="relu", name=number.name("conv2d")
    )
    return layer(x)


def _reduced(x: Any, factor: int, number: _Numbers) -> Any:
    import keras

    x = keras.layers.BatchNormalization(name=number.name("batch_normalization"))(x)
    return keras.layers.MaxPooling2D(factor, padding="same")(x)


def _tail(x: Any, number: _Numbers) -> Any:
    """The last two convolutions and the classifier, which both networks share."""
    import keras

    x = _reduced(_conv(x, 16, 5, number), 2, number)
    x = _reduced(_conv(x, 16, 5, number), 4, number)
    x = keras.layers.Dropout(0.5)(keras.layers.Flatten()(x))
    x = keras.layers.LeakyReLU(negative_slope=0.1)(keras.layers.Dense(16, name=number.name("dense"))(x))
    real = keras.layers.Dense(1, name=number.name("dense"))(keras.layers.Dropout(0.5)(x))
    return keras.layers.Rescaling(-1.0, name="logit")(real)  # their sigmoid says real; ours is above zero when made
