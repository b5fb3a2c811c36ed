"""The `voice` network: from windows of 4 s of speech to one logit each, > 0 for a voice made by a machine.

Its input is a picture of time and frequency, so that an attribution can be painted on the spectrogram that a person
sees.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from unmask.types import FloatArray

RATE = 16_000
WINDOW = 4 * RATE
FFT = 512
HOP = 256
FRAMES = 1 + (WINDOW - FFT) // HOP
BANDS = FFT // 2
CAM_LAYER = "last_conv"

_EMPHASIS = 0.97
_FLOOR = 1e-7
_SCALE = 4.0


def features(windows: FloatArray) -> FloatArray:
    """Log spectra of windows (n, 64000), any level: float32 (n, 249, 256), hops of 16 ms, bands of 31.25 Hz.

    Windows of another length give more or fewer frames; the network takes any number of them.

    The level of the window and the mean of each band over time are taken out, which removes loudness, microphone and
    equaliser. The highs are lifted by 6 dB per octave first. The floor lies 70 dB below the mean power of the window's
    strongest band, so that digital silence, dither and the depth of a codec's stop band look alike.
    """
    from scipy.fft import rfft

    windows = windows.astype(np.float32)
    lifted = np.concatenate([windows[:, :1], windows[:, 1:] - np.float32(_EMPHASIS) * windows[:, :-1]], axis=1)
    strides = np.lib.stride_tricks.sliding_window_view(lifted, FFT, axis=1)[:, ::HOP]
    taper = np.hanning(FFT).astype(np.float32)
    out = np.empty((*strides.shape[:2], BANDS), np.float32)
    for i, frames in enumerate(strides):
        centred = frames - frames.mean()
        spectrum = rfft(centred * taper, axis=1)[:, 1:]
        power = spectrum.real**2 + spectrum.imag**2
        loudest = float(power.mean(axis=0).max())
        picture = np.log(power / max(loudest, 1e-12) + _FLOOR)
        out[i] = (picture - picture.mean(axis=0)) / _SCALE
    return out


def fit(samples: FloatArray) -> FloatArray:
    """A stretch of sound (m,) as one window (64000,): cut at the end, or repeated from its start when it is shorter.

    Raises:
        ValueError: the stretch is empty.
    """
    if len(samples) == 0:
        raise ValueError("an empty stretch of sound has no window")
    if len(samples) < WINDOW:
        samples = np.tile(samples, -(-WINDOW // len(samples)))
    return np.ascontiguousarray(samples[:WINDOW], dtype=np.float32)


def build() -> Any:
    """The network: input (b, 249, 256) as from `features`, output (b, 1), a raw logit.

    A small residual network (He et al. 2016, section 3.3) whose frequency axis is kept to the end, since traces of a
    vocoder lie in certain bands, and attentive statistics pooling over time (Okabe et al. 2018, section 2).
    """
    import keras
    from keras import layers, ops

    entry = keras.Input((None, BANDS), name="spectrogram")
    x = layers.Reshape((-1, BANDS, 1))(entry)
    x = _unit(x, 16, 5, 2, "stem")
    x = _unit(x, 32, 3, 2, "low")
    x = _block(x, 64, 2, "middle")
    x = _block(x, 96, 2, "high")
    x = _unit(x, 96, 3, 1, CAM_LAYER)
    x = layers.Reshape((-1, BANDS // 16 * 96))(x)
    x = layers.Dense(192, use_bias=False, name="squeeze")(layers.SpatialDropout1D(0.1)(x))
    x = layers.Activation("relu")(layers.BatchNormalization(name="squeeze_norm")(x))
    weight = layers.Dense(1, name="attention")(layers.Dense(48, activation="tanh", name="attention_hidden")(x))
    weight = layers.Softmax(axis=1)(weight)
    mean = layers.Lambda(lambda v: ops.sum(v[0] * v[1], axis=1), name="mean")([x, weight])
    spread = layers.Lambda(
        lambda v: ops.sqrt(ops.maximum(ops.sum(v[0] * ops.square(v[1] - v[2][:, None]), axis=1), 1e-4)), name="spread"
    )([weight, x, mean])
    x = layers.Dropout(0.2)(layers.Concatenate()([mean, spread]))
    return keras.Model(entry, layers.Dense(1, name="logit")(x), name="voice")


def _unit(x: Any, width: int, size: int, stride: int, name: str) -> Any:
    from keras import layers

    x = layers.Conv2D(width, size, strides=stride, padding="same", use_bias=False, name=name)(x)
    return layers.Activation("relu")(layers.BatchNormalization(name=f"{name}_norm")(x))


def _block(x: Any, width: int, stride: int, name: str) -> Any:
    from keras import layers

    short = layers.AveragePooling2D(stride, padding="same")(x)
    short = layers.Conv2D(width, 1, use_bias=False, name=f"{name}_short")(short)
    short = layers.BatchNormalization(name=f"{name}_short_norm")(short)
    x = _unit(x, width, 3, stride, f"{name}_in")
    x = layers.Conv2D(width, 3, padding="same", use_bias=False, name=f"{name}_out")(x)
    x = layers.BatchNormalization(name=f"{name}_out_norm")(x)
    return layers.Activation("relu")(layers.Add()([x, short]))
