"""The network of `face`: EfficientNet-Lite0 (Tan and Le 2019, the variant without squeeze-and-excitation, ReLU6).

Plain convolutions only, so that it runs on any engine, Grad-CAM has a clean last layer, and 3.4 million weights fit
into 7 MB at half precision.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from unmask.types import FloatArray, ImageArray

SIDE = 160
CAM_LAYER = "head_relu"
"""Output of the last convolution, (B, SIDE / 32, SIDE / 32, 1280): what a heat map is made from."""

EPSILON = 1e-3
"""What normalisation adds to the variance."""

BLOCKS: tuple[tuple[int, int, int, int, int], ...] = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
"""(repeats, kernel, stride of the first, expansion, channels) of each stage."""


def preprocess(crops: ImageArray) -> FloatArray:
    """Network input float32 (n, SIDE, SIDE, 3), about -1..1, of aligned RGB uint8 crops (n, SIDE, SIDE, 3).

    Raises ValueError when the crops are of another form.
    """
    if crops.ndim != 4 or crops.shape[1:] != (SIDE, SIDE, 3) or crops.dtype != np.uint8:
        raise ValueError(f"crops must be uint8 (n, {SIDE}, {SIDE}, 3), not {crops.dtype} {crops.shape}")
    return (crops.astype(np.float32) - 127) / np.float32(128)


def build(dropout: float = 0.3) -> Any:
    """A Keras model: preprocessed crops (B, SIDE, SIDE, 3) -> logit (B, 1), above zero when it looks manipulated."""
    import keras

    inputs = keras.Input((SIDE, SIDE, 3), name="crops")
    x = _activated(_conv(inputs, "stem", 32, 3, 2), "stem_relu")
    number = 0
    for repeats, kernel, first_stride, expansion, channels in BLOCKS:
        for repeat in range(repeats):
            stride = first_stride if repeat == 0 else 1
            x = _block(x, f"block{number}", kernel=kernel, stride=stride, expansion=expansion, channels=channels)
            number += 1
    x = _activated(_conv(x, "head", 1280, 1, 1), CAM_LAYER)
    x = keras.layers.GlobalAveragePooling2D(name="pool")(x)
    x = keras.layers.Dropout(dropout, name="dropout")(x)
    return keras.Model(inputs, keras.layers.Dense(1, name="logit")(x), name="face")


def _conv(x: Any, name: str, channels: int, kernel: int, stride: int) -> Any:
    import keras

    conv = keras.layers.Conv2D(channels, kernel, stride, padding="same", use_bias=False, name=name)
    return _norm(conv(x), name)


def _norm(x: Any, name: str) -> Any:
    import keras

    return keras.layers.BatchNormalization(momentum=0.99, epsilon=EPSILON, name=f"{name}_bn")(x)


def _activated(x: Any, name: str) -> Any:
    import keras

    return keras.layers.ReLU(6.0, name=name)(x)


def _block(x: Any, name: str, *, kernel: int, stride: int, expansion: int, channels: int) -> Any:
    """Inverted residual (Sandler et al. 2018): expand, filter each channel, project; added where the form allows."""
    import keras

    inputs, given = x, int(x.shape[-1])
    if expansion > 1:
        x = _activated(_conv(x, f"{name}_expand", given * expansion, 1, 1), f"{name}_expand_relu")
    depthwise = keras.layers.DepthwiseConv2D(kernel, stride, padding="same", use_bias=False, name=f"{name}_depthwise")
    x = _activated(_norm(depthwise(x), f"{name}_depthwise"), f"{name}_depthwise_relu")
    x = _conv(x, f"{name}_project", channels, 1, 1)
    if stride == 1 and given == channels:
        x = keras.layers.Add(name=f"{name}_add")([inputs, x])
    return x
