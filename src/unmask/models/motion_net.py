"""The `motion` network: does this head move as a filmed one does?

It sees 1.3 seconds of a head, and of them only what changes: the difference to the picture before, with the camera held
still and with the face held still, and the difference of the held face to its own mean. What somebody looks like is the
same in all pictures and is gone. Convolutions run picture by picture; a part of their channels comes from the picture
before and after (temporal shift, Lin et al. 2019), so that small moves are seen where they happen.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmask.media.align import similarity
from unmask.media.mouths import ANCHORS
from unmask.types import FloatArray, ImageArray

FRAMES = 16
"""Pictures in a window, 12.5 a second."""
VIEW = 96
"""Pixels along a picture as the network sees it: the middle of what `media.heads` keeps."""
CHANNELS = 3
STEADINESS = 1.0
"""Pictures (standard deviation) over which the hold on the face is smoothed: the points themselves tremble."""

_SHIFTED = 4
_FLOOR = 0.5


def changes(crops: ImageArray, meshes: FloatArray) -> FloatArray:
    """What changes, float32 (n, VIEW, VIEW, 3), in grey crops uint8 (n, side, side) with the meshes (n, 468, 2).

    Every channel lies in -1..1, a change of the mean size in the window at one half: how the changes are spread over
    picture and time counts, not how strong the camera's noise is.
    """
    margin = (crops.shape[1] - VIEW) // 2
    still = crops[:, margin : margin + VIEW, margin : margin + VIEW].astype(np.float32)
    held = hold(crops, meshes).astype(np.float32)
    parts = [np.diff(still, axis=0, prepend=still[:1]), np.diff(held, axis=0, prepend=held[:1])]
    for part in parts:
        part[0] = part[1]
    parts.append(held - held.mean(axis=0))
    out = np.empty((*still.shape, CHANNELS), np.float32)
    for number, part in enumerate(parts):
        size = np.abs(part)
        np.divide(part, size + (size.mean() + _FLOOR), out=out[..., number])
    return out


def hold(crops: ImageArray, meshes: FloatArray) -> ImageArray:
    """Crops uint8 (n, VIEW, VIEW) in which the face stands where the median of its meshes has it."""
    import cv2

    matrices = _holding(meshes, crops.shape[1])
    size = (VIEW, VIEW)
    return np.stack(
        [
            np.asarray(cv2.warpAffine(crop, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))
            for crop, matrix in zip(crops, matrices, strict=True)
        ]
    ).astype(np.uint8)


def _holding(meshes: FloatArray, side: int) -> NDArray[np.float64]:
    """Similarity transforms (n, 2, 3) from crop to held view, smoothed over time."""
    from scipy.ndimage import gaussian_filter1d

    anchors = meshes[:, list(ANCHORS)]
    target = np.median(anchors, axis=0) - (side - VIEW) // 2
    found = np.stack([similarity(points, target) for points in anchors]).astype(np.float64)
    return np.asarray(gaussian_filter1d(found, STEADINESS, axis=0, mode="nearest"))


def build() -> Any:
    """Network: (b, FRAMES, VIEW, VIEW, 3) -> logit (b, 1), > 0 for made."""
    import keras
    from keras import layers

    seen = keras.Input((FRAMES, VIEW, VIEW, CHANNELS), name="changes")
    x = _fold(seen, VIEW, CHANNELS)
    x = _unit(layers.Conv2D(24, 7, 4, "same", use_bias=False, name="see0"), x)
    side = VIEW // 4
    for number, width in enumerate((48, 64), 1):
        x = _unit(layers.Conv2D(width, 3, 2, "same", use_bias=False, name=f"see{number}"), _shift(x, side, x.shape[-1]))
        side //= 2
    y = _unit(layers.Conv2D(64, 3, 1, "same", use_bias=False, name="see3"), _shift(x, side, 64))
    x = layers.SpatialDropout2D(0.1)(layers.Add()([x, y]))
    x = _unit(layers.Conv2D(32, 1, use_bias=False, name="narrow"), x)
    x = _unit(layers.Dense(96, use_bias=False, name="where"), layers.Reshape((side * side * 32,))(x))
    x = layers.Reshape((FRAMES, 96))(_unfold(x, 96))
    for number in range(2):
        x = _unit(layers.Conv1D(128, 3, use_bias=False, name=f"move{number}"), layers.Dropout(0.2)(x))
    pooled = layers.Concatenate()([layers.GlobalAveragePooling1D()(x), layers.GlobalMaxPooling1D()(x)])
    logit = layers.Dense(1, dtype="float32", name="logit")(layers.Dropout(0.4)(pooled))
    return keras.Model(seen, logit, name="motion")


def _fold(x: Any, side: int, width: int) -> Any:
    """(b, t, h, w, c) -> (b * t, h, w, c)."""
    from keras import layers, ops

    return layers.Lambda(
        lambda v: ops.reshape(v, (-1, side, side, width)), output_shape=(side, side, width), name="fold"
    )(x)


def _unfold(x: Any, width: int) -> Any:
    """(b * t, c) -> (b, t, c)."""
    from keras import layers, ops

    return layers.Lambda(lambda v: ops.reshape(v, (-1, FRAMES, width)), output_shape=(FRAMES, width), name="unfold")(x)


def _shift(x: Any, side: int, width: int) -> Any:
    """One channel in four from the picture before, one in four from the one after."""
    from keras import layers, ops

    part = width // _SHIFTED

    def move(v: Any) -> Any:
        v = ops.reshape(v, (-1, FRAMES, side, side, width))
        before = ops.concatenate([v[:, :1, ..., :part], v[:, :-1, ..., :part]], axis=1)
        after = ops.concatenate([v[:, 1:, ..., part : 2 * part], v[:, -1:, ..., part : 2 * part]], axis=1)
        return ops.reshape(ops.concatenate([before, after, v[..., 2 * part :]], axis=-1), (-1, side, side, width))

    return layers.Lambda(move, output_shape=(side, side, width))(x)


def _unit(layer: Any, x: Any) -> Any:
    from keras import layers

    return layers.Activation("relu")(layers.BatchNormalization(name=f"{layer.name}_norm")(layer(x)))
