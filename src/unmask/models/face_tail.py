"""The end of the face network with its gradient, in NumPy: what a heat map needs of TensorFlow, without TensorFlow.

From the layers that a new resolution begins with (see `LAYERS`) the rest of the network is small: pictures of 10 x 10
pixels and less. So the features come from LiteRT, and the way from there to the logit and back is gone here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from unmask.models.face_net import BLOCKS, CAM_LAYER, EPSILON
from unmask.types import FloatArray

Back = Callable[[FloatArray], FloatArray]
"""From the gradient at a step's output to that at its input."""
Step = Callable[[FloatArray], tuple[FloatArray, Back]]
"""A step's output for an input (n, h, w, c), and the way back."""


def layers() -> tuple[str, ...]:
    """The layers from which the rest of the network can be gone: no shortcut leads around them."""
    inner = [f"block{number}_expand_relu" for number, block in enumerate(_blocks()) if block[3] > 1 and not block[5]]
    return (*inner, CAM_LAYER)


def gradient(arrays: Sequence[FloatArray], layer: str, features: FloatArray) -> FloatArray:
    """The gradient of the logit at a layer's output (n, h, w, c), for weights in the order of their file.

    Raises ValueError when the way from that layer can't be gone.
    """
    backs, x = [], features
    for step in _steps(arrays, layer):
        x, back = step(x)
        backs.append(back)
    found = np.ones_like(x)
    for back in reversed(backs):
        found = back(found)
    return found


def _steps(arrays: Sequence[FloatArray], layer: str) -> list[Step]:
    """The steps after a layer."""
    if layer not in layers():
        raise ValueError(f"no way leads from the layer {layer!r}")
    taken = iter(arrays)
    steps: list[Step] = []
    begun = False
    next_conv(taken)  # the stem
    for number, (kernel, stride, given, expansion, channels, shortcut) in enumerate(_blocks()):
        del kernel, given, channels
        expand = [_pointwise(*next_conv(taken)), _clipped] if expansion > 1 else []
        inner = [_depthwise(*next_conv(taken), stride), _clipped, _pointwise(*next_conv(taken))]
        if begun:
            steps += [_around([*expand, *inner])] if shortcut else [*expand, *inner]
        elif layer == f"block{number}_expand_relu":
            begun, steps = True, list(inner)
    head = next_conv(taken)
    if layer != CAM_LAYER:
        steps += [_pointwise(*head), _clipped]
    return [*steps, _mean, _pointwise(next(taken), next(taken))]


def _blocks() -> Iterator[tuple[int, int, int, int, int, bool]]:
    """(kernel, stride, channels in, expansion, channels out, whether a shortcut leads around it) of each block."""
    given = 32
    for repeats, kernel, first, expansion, channels in BLOCKS:
        for repeat in range(repeats):
            stride = first if repeat == 0 else 1
            yield kernel, stride, given, expansion, channels, stride == 1 and given == channels
            given = channels


def next_conv(taken: Iterator[FloatArray]) -> tuple[FloatArray, FloatArray]:
    """The next convolution with its normalisation multiplied into it: kernel and shift."""
    kernel, gamma, beta, mean, variance = (next(taken) for _ in range(5))
    scale = gamma / np.sqrt(variance + np.float32(EPSILON))
    depthwise = kernel.shape[3] == 1 and kernel.shape[2] == len(gamma)
    folded = kernel[..., 0] * scale if depthwise else kernel[0, 0] * scale
    return folded.astype(np.float32), (beta - mean * scale).astype(np.float32)


def _pointwise(kernel: FloatArray, shift: FloatArray) -> Step:
    """A convolution of 1 x 1, or a dense layer."""
    return lambda x: (x @ kernel + shift, lambda g: g @ kernel.T)


def _depthwise(kernel: FloatArray, shift: FloatArray, stride: int) -> Step:
    """Each channel filtered for itself, edges padded as TensorFlow's "same"."""

    def step(x: FloatArray) -> tuple[FloatArray, Back]:
        (height, over), (width, across) = (_padding(side, len(kernel), stride) for side in x.shape[1:3])
        padded = np.pad(x, ((0, 0), over, across, (0, 0)))
        taps = [
            (i, j, np.s_[:, i : i + stride * height : stride, j : j + stride * width : stride])
            for i in range(len(kernel))
            for j in range(len(kernel))
        ]
        out = shift + sum(padded[place] * kernel[i, j] for i, j, place in taps)

        def back(g: FloatArray) -> FloatArray:
            whole = np.zeros_like(padded)
            for i, j, place in taps:
                whole[place] += g * kernel[i, j]
            return whole[:, over[0] : over[0] + x.shape[1], across[0] : across[0] + x.shape[2]]

        return np.asarray(out, np.float32), back

    return step


def _padding(side: int, kernel: int, stride: int) -> tuple[int, tuple[int, int]]:
    """Length of the output, and how much is added before and after."""
    length = -(-side // stride)
    whole = max((length - 1) * stride + kernel - side, 0)
    return length, (whole // 2, whole - whole // 2)


def _clipped(x: FloatArray) -> tuple[FloatArray, Back]:
    """ReLU6."""
    return np.clip(x, 0, 6), lambda g: g * ((x > 0) & (x < 6))


def _around(steps: Sequence[Step]) -> Step:
    """Steps with a shortcut around them."""

    def step(x: FloatArray) -> tuple[FloatArray, Back]:
        y, backs = x, []
        for inner in steps:
            y, back = inner(y)
            backs.append(back)

        def whole(g: FloatArray) -> FloatArray:
            through = g
            for back in reversed(backs):
                through = back(through)
            return g + through

        return x + y, whole

    return step


def _mean(x: FloatArray) -> tuple[FloatArray, Back]:
    """The mean over the picture."""
    count = x.shape[1] * x.shape[2]
    return x.mean(axis=(1, 2)), lambda g: np.broadcast_to(g[:, None, None] / np.float32(count), x.shape)
