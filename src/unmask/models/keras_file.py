"""Weights out of a Keras HDF5 file (Keras 2's `save_weights` and `save`), matched to a network by kind and order.

Keras numbers layers as they are made ("conv2d_5", "conv2d_6", ...), from wherever its counter stood, so the names say
the order within a kind and nothing else.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from unmask.errors import ModelError
from unmask.types import FloatArray

Arrays = dict[str, dict[str, FloatArray]]
_ORDER = {
    "conv2d": ("kernel", "bias"),
    "dense": ("kernel", "bias"),
    "batch_normalization": ("gamma", "beta", "moving_mean", "moving_variance"),
}
"""Kinds of layers that are read, and their variables in the order in which Keras keeps them."""
MOST = 64 * 1024**2
"""Bytes of the largest array that is read: a small file can claim to unfold to a huge one."""


def read_keras_file(path: Path) -> Arrays:
    """All float arrays of a file by layer and variable, as ("conv2d_5", "kernel").

    Raises:
        ModelError: the file is no HDF5 file of Keras weights.
    """
    import h5py

    found: Arrays = defaultdict(dict)

    def visit(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and item.dtype.kind == "f":
            if item.nbytes > MOST:
                raise ModelError(f"{path.name} holds an array of {item.nbytes} bytes, more than is taken")
            parts = name.split("/")
            found[parts[-2]][parts[-1].partition(":")[0]] = np.asarray(item[()], dtype=np.float32)

    try:
        with h5py.File(path, "r") as source:
            source.visititems(visit)
    except (OSError, IndexError, RuntimeError, ValueError) as wrong:
        raise ModelError(f"{path.name} can't be read as Keras weights: {wrong}") from wrong
    if not found:
        raise ModelError(f"{path.name} holds no weights")
    return dict(found)


def load_keras_file(network: Any, path: Path) -> None:
    """Set a network's variables from a file. Raises ModelError when the file does not fit it, layer by layer."""
    theirs, ours = _by_kind(read_keras_file(path)), _by_kind({layer.name: layer for layer in network.layers})
    if {kind: len(layers) for kind, layers in theirs.items()} != {kind: len(layers) for kind, layers in ours.items()}:
        raise ModelError(f"weights {path.name} do not fit the network: it has other layers")
    for kind, layers in ours.items():
        for layer, arrays in zip(layers, theirs[kind], strict=True):
            values = [arrays.get(name) for name in _ORDER[kind]]
            if [None if v is None else v.shape for v in values] != [tuple(w.shape) for w in layer.get_weights()]:
                raise ModelError(f"weights {path.name} do not fit the network at {layer.name}")
            layer.set_weights(values)


def _by_kind(layers: dict[str, Any]) -> dict[str, list[Any]]:
    """Layers or arrays of each kind that has weights, in the order of their numbers."""
    kinds: dict[str, list[tuple[int, Any]]] = defaultdict(list)
    for name, layer in layers.items():
        match = re.fullmatch(r"(.*?)(?:_(\d+))?", name)
        assert match is not None
        if match[1] in _ORDER:
            kinds[match[1]].append((int(match[2] or 0), layer))
    return {kind: [layer for _, layer in sorted(found, key=lambda item: item[0])] for kind, found in kinds.items()}
