"""AASIST and AASIST-L: is a stretch of speech bona fide or spoofed?

Jung, Heo, Tak, Shim, Chung, Lee, Yu and Evans 2022, "AASIST: Audio Anti-Spoofing Using Integrated Spectro-Temporal
Graph Attention Networks", sections 2 and 3.

Fixed sinc filters, a residual encoder in the manner of RawNet2 (Tak et al. 2021), two graphs over its output, one of
frequencies and one of moments, and two branches that join them in heterogeneous graphs with a stack node.

The layers carry the names of the published PyTorch weights, so that an archive of those can be set one by one. As
in the published networks, the first normalisation of a residual block has weights but no effect. Against the authors'
program the answers differ by less than 1e-3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from unmask.types import SAMPLE_RATE, FloatArray

SAMPLES = 64_600
"""Samples of the sound that the networks were trained on: about 4 s."""
FILTERS = 70
KERNEL = 129
BLOCKS = 6
EPSILON = 1e-5


@dataclass(frozen=True, slots=True)
class Form:
    """What the two published networks differ in: channels of the encoder, widths of the graphs, nodes that are kept."""

    channels: tuple[int, ...]
    graph: int
    joint: int
    keep_frequencies: float
    keep_moments: float
    keep_joint: float


AASIST = Form((32, 32, 64, 64, 64, 64), 64, 32, 0.5, 0.7, 0.5)
AASIST_L = Form((32, 32, 24, 24, 24, 24), 24, 32, 0.4, 0.5, 0.7)
TEMPERATURE, JOINT_TEMPERATURE = 2.0, 100.0


def fit(sound: FloatArray) -> FloatArray:
    """A window of exactly `SAMPLES` samples: longer sound is cut at the end, shorter sound is repeated.

    Raises ValueError when there is no sound.
    """
    if len(sound) == 0:
        raise ValueError("an empty stretch of sound has no window")
    return np.resize(sound, SAMPLES).astype(np.float32) if len(sound) < SAMPLES else sound[:SAMPLES].astype(np.float32)


def build(form: Form) -> Any:
    """The network: windows float32 (B, 64600) -> logit (B, 1), above zero for speech that a machine made."""
    import keras
    from keras import layers, ops

    from unmask.models import aasist_graph as graph

    entry = keras.Input((SAMPLES,), name="sound")
    x = layers.Reshape((SAMPLES, 1))(entry)
    x = layers.Conv1D(FILTERS, KERNEL, use_bias=False, trainable=False, name="sinc")(x)
    x = layers.Permute((2, 1))(layers.Lambda(ops.abs, name="rectified")(x))
    x = layers.MaxPooling2D(3)(layers.Reshape((FILTERS, -1, 1))(x))
    x = _selu(_norm(x, "first_bn"))
    for number, width in enumerate(form.channels):
        x = _block(x, width, f"encoder.{number}.0")
    frequencies = layers.Lambda(lambda v: ops.max(ops.abs(v), axis=2), name="over_time")(x)
    moments = layers.Lambda(lambda v: ops.max(ops.abs(v), axis=1), name="over_frequency")(x)
    frequencies = graph.Added(name="pos_S")(frequencies)
    frequencies = graph.Attention(form.graph, TEMPERATURE, name="GAT_layer_S")(frequencies)
    moments = graph.Attention(form.graph, TEMPERATURE, name="GAT_layer_T")(moments)
    frequencies = graph.Pool(form.keep_frequencies, name="pool_S")(frequencies)
    moments = graph.Pool(form.keep_moments, name="pool_T")(moments)
    ways = [_way(moments, frequencies, form, number) for number in (1, 2)]
    t, s, stack = (layers.Maximum()([ways[0][part], ways[1][part]]) for part in range(3))
    hidden = layers.Concatenate()([*_read(t, "moments"), *_read(s, "frequencies"), layers.Flatten()(stack)])
    answers = layers.Dense(2, name="out_layer")(hidden)
    logit = layers.Lambda(lambda v: v[:, :1] - v[:, 1:], name="logit")(answers)  # spoofed against bona fide
    network = keras.Model(entry, logit, name="aasist")
    network.get_layer("sinc").set_weights([sinc_filters().T[:, None, :]])
    return network


def sinc_filters() -> FloatArray:
    """The fixed band-pass filters float32 (70, 129): ideal ones under a Hamming window, evenly spaced in mel."""
    top = 2595 * np.log10(1 + SAMPLE_RATE / 2 / 700)
    edges = 700 * (10 ** (np.linspace(0, top, FILTERS + 1) / 2595) - 1)
    place = np.arange(KERNEL) - (KERNEL - 1) / 2
    low_pass = [2 * edge / SAMPLE_RATE * np.sinc(2 * edge * place / SAMPLE_RATE) for edge in edges]
    bands = np.diff(np.stack(low_pass), axis=0) * np.hamming(KERNEL)
    return np.asarray(bands, dtype=np.float32)


def _block(x: Any, width: int, name: str) -> Any:
    """Residual block over (frequency, time): two convolutions of 2 x 3, a third of the moments kept."""
    from keras import layers

    short = x
    if x.shape[-1] != width:
        short = layers.Conv2D(width, (1, 3), name=f"{name}.conv_downsample")(layers.ZeroPadding2D((0, 1))(x))
    x = layers.Conv2D(width, (2, 3), name=f"{name}.conv1")(layers.ZeroPadding2D((1, 1))(x))
    x = _selu(_norm(x, f"{name}.bn2"))
    x = layers.Conv2D(width, (2, 3), name=f"{name}.conv2")(layers.ZeroPadding2D((0, 1))(x))
    return layers.MaxPooling2D((1, 3))(layers.Add()([x, short]))


def _way(moments: Any, frequencies: Any, form: Form, number: int) -> tuple[Any, Any, Any]:
    """One of the two branches: two joint graphs one after the other, the second added to what it was given."""
    from keras import layers

    from unmask.models import aasist_graph as graph

    stack = graph.Constant(form.graph, name=f"master{number}")(moments)
    first = graph.JointAttention(form.joint, JOINT_TEMPERATURE, name=f"HtrgGAT_layer_ST{number}1")
    second = graph.JointAttention(form.joint, JOINT_TEMPERATURE, name=f"HtrgGAT_layer_ST{number}2")
    t, s, stack = first([moments, frequencies, stack])
    s = graph.Pool(form.keep_joint, name=f"pool_hS{number}")(s)
    t = graph.Pool(form.keep_joint, name=f"pool_hT{number}")(t)
    added = second([t, s, stack])
    joined = [layers.Add()([given, more]) for given, more in zip((t, s, stack), added, strict=True)]
    return joined[0], joined[1], joined[2]


def _read(nodes: Any, name: str) -> tuple[Any, Any]:
    """Nodes (B, N, D) read out: the largest magnitude and the mean of each feature."""
    from keras import layers, ops

    largest = layers.Lambda(lambda v: ops.max(ops.abs(v), axis=1), name=f"{name}_largest")(nodes)
    return largest, layers.Lambda(lambda v: ops.mean(v, axis=1), name=f"{name}_mean")(nodes)


def _norm(x: Any, name: str) -> Any:
    from keras import layers

    return layers.BatchNormalization(epsilon=EPSILON, name=name)(x)


def _selu(x: Any) -> Any:
    from keras import layers

    return layers.Activation("selu")(x)
