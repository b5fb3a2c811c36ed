"""The `lip_sync` network: do these lips belong to this sound, and if not now, when?

Two streams give a unit vector a tick (25 a second), one from the mouth and one from the sound; where both show the
same moment of speech they point the same way (Chung and Zisserman 2016). Their likeness, averaged over some seconds for
every shift of the sound, is the curve from which offset and confidence are read.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmask.types import FloatArray, ImageArray

RATE = 16_000
TICKS = 25
VIEW = 64
"""Pixels along a mouth crop as the network sees it: the middle of what `media.mouths` keeps."""
POINTS = 45
REACH = 15
"""Ticks by which the sound is shifted either way: 0.6 s."""
EDGE = 5
"""Ticks that either stream looks beyond a moment, to both sides: 0.2 s."""
WINDOW = 100
"""Ticks in a window: four seconds."""
SHIFTS = 2 * REACH + 1
NEAR = 3
"""Shifts up to this (0.12 s) are what recording, encoding and broadcasting do to honest video (ITU-R BT.1359)."""
BANDS = 80
WIDTH = 128

_FFT = 512
STEPS = 4
_HOP = RATE // (TICKS * STEPS)
_LOOK_AHEAD = 3
_FLOOR = 1e-6
_SCALE = 4.0
_PIXELS = 8.0


def pictures(crops: ImageArray) -> FloatArray:
    """Grey crops uint8 (n, 64, 64) of one window as float32 of the same shape: mean and contrast of all taken out."""
    floats = crops.astype(np.float32)
    return np.asarray((floats - floats.mean()) / (floats.std() + 4.0), dtype=np.float32)


def middle(crops: ImageArray) -> ImageArray:
    """The part (n, 64, 64) of kept crops (n, side, side) that the network sees."""
    margin = (crops.shape[1] - VIEW) // 2
    return np.ascontiguousarray(crops[:, margin : margin + VIEW, margin : margin + VIEW])


def outlines(points: FloatArray) -> FloatArray:
    """Outlines (n, 45, 2) in crop pixels of one window as float32 (n, 90): how each point moved about its mean."""
    moved = (points - points.mean(axis=0)) / _PIXELS
    return np.asarray(moved.reshape(len(points), 2 * POINTS), dtype=np.float32)


def sounds(samples: FloatArray, ticks: int) -> FloatArray:
    """Log-mel picture float32 (4 * ticks, 80) of sound whose sample 0 is heard at the first tick; silence is added.

    100 spectra a second, each of 32 ms, from three before the first tick's on: the network's strides put a tick's
    vector there. The mean of each band over the window is taken out; the floor lies 60 dB under the loudest band.
    """
    from scipy.fft import rfft

    before = _LOOK_AHEAD * _HOP + _FFT // 2
    needed = (STEPS * ticks - 1) * _HOP + _FFT
    padded = np.zeros(needed, np.float32)
    part = samples[: max(0, needed - before)]
    padded[before : before + len(part)] = part
    padded[1:] -= np.float32(0.97) * padded[:-1]
    frames = np.lib.stride_tricks.sliding_window_view(padded, _FFT)[::_HOP]
    spectrum = rfft(frames * np.hanning(_FFT).astype(np.float32), axis=1)
    power = (spectrum.real**2 + spectrum.imag**2) @ _filters()
    loudest = float(power.mean(axis=0).max())
    picture = np.log(power / max(loudest, 1e-9) + _FLOOR)
    return np.asarray((picture - picture.mean(axis=0)) / _SCALE, dtype=np.float32)


def curve(lips: FloatArray, voice: FloatArray) -> FloatArray:
    """Likeness (-1..1) at every tick and shift, float32 (t, 31), of lips (t, d) and voice (t + 30, d).

    Shift s (0..30) compares the lips with the sound of s - 15 ticks later.
    """
    ticks = len(lips)
    return np.stack([(lips * voice[s : s + ticks]).sum(axis=1) for s in range(SHIFTS)], axis=1).astype(np.float32)


def build() -> Any:
    """The network, for windows of any number t of ticks.

    Inputs: pictures (b, t + 10, 64, 64), outlines (b, t + 10, 90), sound (b, 4 * (t + 40), 80).
    Outputs: lips (b, t, 128) and voice (b, t + 30, 128), unit vectors, and a logit (b, 1), > 0 for not in sync, that
    a small judge reads from the curve; it learns nothing from the loss, but is fitted on people that trained nothing.
    """
    import keras
    from keras import layers

    seen = keras.Input((None, VIEW, VIEW), name="pictures")
    moved = keras.Input((None, 2 * POINTS), name="outlines")
    heard = keras.Input((None, BANDS), name="sound")
    lips, voice = _lips(seen, moved), _voice(heard)
    judge = layers.Dense(1, name="judge", trainable=False)
    return keras.Model([seen, moved, heard], [lips, voice, judge(_evidence(lips, voice, moved))], name="lip_sync")


def correlation(lips: Any, voice: Any) -> Any:
    """How alike (-1..1) the changes over time are, (b,), of lips and voice, both (b, t, d).

    What stays the same throughout is taken out: who speaks, and where, says nothing about the moment.
    """
    from keras import ops

    lips = lips - ops.mean(lips, axis=1, keepdims=True)
    voice = voice - ops.mean(voice, axis=1, keepdims=True)
    power = ops.sum(ops.square(lips), axis=(1, 2)) * ops.sum(ops.square(voice), axis=(1, 2))
    return ops.sum(lips * voice, axis=(1, 2)) / ops.sqrt(power + 1e-6)


EVIDENCE = ("near over far", "near over mean", "correlation", "movement")


def _evidence(lips: Any, voice: Any, moved: Any) -> Any:
    """What the judge reads (b, 4): `EVIDENCE`."""
    from keras import layers, ops

    def read(inputs: Any) -> Any:
        lips, voice, moved = inputs
        ticks = ops.shape(lips)[1]
        shifted = [ops.mean(ops.sum(lips * voice[:, s : s + ticks], axis=-1), axis=1) for s in range(SHIFTS)]
        likeness = ops.stack(shifted, axis=1)
        near = ops.max(likeness[:, REACH - NEAR : REACH + NEAR + 1], axis=1)
        far = ops.maximum(
            ops.max(likeness[:, : REACH - NEAR - 1], axis=1), ops.max(likeness[:, REACH + NEAR + 2 :], axis=1)
        )
        common = [correlation(lips, voice[:, s : s + ticks]) for s in range(REACH - NEAR, REACH + NEAR + 1)]
        movement = ops.log(ops.mean(ops.std(moved, axis=1), axis=-1) + 1e-2)
        highest = ops.max(ops.stack(common, axis=1), axis=1)
        return ops.stack([near - far, near - ops.mean(likeness, axis=1), highest, movement], axis=1)

    return layers.Lambda(read, output_shape=(len(EVIDENCE),), name="evidence")([lips, voice, moved])


def _lips(seen: Any, moved: Any) -> Any:
    """Mouth stream: five pictures in a row as channels, then ticks in their order."""
    from keras import layers, ops

    ahead = 4
    stacked = layers.Lambda(
        lambda v: ops.stack([v[:, i : ops.shape(v)[1] - ahead + i] for i in range(ahead + 1)], axis=-1),
        output_shape=(None, VIEW, VIEW, ahead + 1),
        name="five",
    )(seen)
    flat = layers.Lambda(
        lambda v: ops.reshape(v, (-1, VIEW, VIEW, ahead + 1)), output_shape=(VIEW, VIEW, ahead + 1), name="flat"
    )(stacked)
    x = flat
    for number, (width, size, stride) in enumerate(((32, 7, 4), (64, 3, 2), (96, 3, 2), (128, 3, 1))):
        x = _unit(layers.Conv2D(width, size, stride, "same", use_bias=False, name=f"see{number}"), x)
    x = layers.SpatialDropout2D(0.1)(x)
    side = VIEW // 16
    x = _unit(layers.Dense(160, use_bias=False, name="see"), layers.Reshape((side * side * 128,))(x))
    x = layers.Lambda(
        lambda v: ops.reshape(v[0], (-1, ops.shape(v[1])[1] - ahead, 160)), output_shape=(None, 160), name="in_time"
    )([x, seen])
    y = _unit(layers.Conv1D(96, ahead + 1, use_bias=False, name="move"), moved)
    x = layers.Dropout(0.2)(layers.Concatenate()([x, y]))
    for number in range(3):
        x = _unit(layers.Conv1D(192, 3, use_bias=False, name=f"speak{number}"), x)
    return _unit_length(layers.Dense(WIDTH, name="lips_out")(layers.Dropout(0.2)(x)), "lips")


def _voice(heard: Any) -> Any:
    """Sound stream: four spectra to a tick."""
    from keras import layers

    x = layers.Reshape((-1, BANDS, 1))(heard)
    for number, (width, size, stride) in enumerate(((24, 5, (2, 2)), (48, 3, (2, 2)), (64, 3, (1, 2)))):
        x = _unit(layers.Conv2D(width, size, stride, "same", use_bias=False, name=f"hear{number}"), x)
    x = layers.Dropout(0.2)(layers.Reshape((-1, BANDS // 8 * 64))(x))
    for number in range(2):
        x = _unit(layers.Conv1D(192, 3, padding="same", use_bias=False, name=f"sound{number}"), x)
    x = layers.Cropping1D(EDGE)(x)
    return _unit_length(layers.Dense(WIDTH, name="voice_out")(layers.Dropout(0.2)(x)), "voice")


def _unit(layer: Any, x: Any) -> Any:
    from keras import layers

    return layers.Activation("relu")(layers.BatchNormalization(name=f"{layer.name}_norm")(layer(x)))


def _unit_length(x: Any, name: str) -> Any:
    from keras import layers

    return layers.UnitNormalization(axis=-1, name=name)(x)


@cache
def _filters() -> NDArray[np.float32]:
    """Mel filters (257, 80) from 60 to 7600 Hz (O'Shaughnessy's scale), triangles of height one."""
    edges = 700 * (np.exp(np.linspace(np.log1p(60 / 700), np.log1p(7600 / 700), BANDS + 2)) - 1)
    bins = np.arange(_FFT // 2 + 1) * RATE / _FFT
    rising = (bins[:, None] - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins[:, None]) / (edges[2:] - edges[1:-1])
    return np.asarray(np.maximum(0, np.minimum(rising, falling)), dtype=np.float32)
