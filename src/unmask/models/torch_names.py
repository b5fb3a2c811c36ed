"""Weights out of a numpy archive of a PyTorch state dict, set in a Keras network whose layers bear the same names.

`scripts/torch_to_numpy.py` writes such an archive: the arrays as they are, under their names. What differs between the
two is the order of axes, and that PyTorch calls a normalisation's variables by other names.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from unmask.errors import ModelError
from unmask.types import FloatArray

UNUSED = ("num_batches_tracked", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var")
"""Ends of names that a network need not have: a counter, and normalisations that the published AASIST never applies."""
_NAMES = {
    "kernel": "weight",
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}


def load_torch_archive(network: Any, path: Path) -> None:
    """Set all variables of a network from an archive. Raises ModelError when it is none, or does not fit."""
    stored = read_archive(path)
    left = {name for name in stored if not name.endswith(UNUSED)}
    for layer in network.layers:
        for variable in layer.weights:
            if layer.name == "sinc":
                continue  # computed, not learned
            name = torch_name(layer, variable)
            value = _axes(stored.get(name), len(variable.shape), variable.name)
            if value is None or value.shape != tuple(variable.shape):
                raise ModelError(f"weights {path.name} do not fit the network at {name}")
            variable.assign(value)
            left.discard(name)
    if left:
        raise ModelError(f"weights {path.name} do not fit the network: it has no {min(left)}")


def read_archive(path: Path) -> dict[str, FloatArray]:
    """The arrays of an archive by name. Raises ModelError when it can't be read, or holds anything but numbers."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: np.asarray(archive[name], dtype=np.float32) for name in archive.files}
    except (OSError, ValueError, AttributeError, EOFError) as wrong:
        raise ModelError(f"{path.name} can't be read as a numpy archive: {wrong}") from wrong


def torch_name(layer: Any, variable: Any) -> str:
    """The name of a Keras variable in the state dict: "GAT_layer_S.att_proj.weight", "pos_S"."""
    parts = variable.path.split("/")
    inner = [part for part in parts[parts.index(layer.name) + 1 :] if part != "value"]
    return ".".join([layer.name, *(_NAMES.get(part, part) for part in inner)])


def _axes(value: FloatArray | None, rank: int, name: str) -> FloatArray | None:
    """PyTorch's (out, in, ...) as Keras's (..., in, out); vectors that only multiply are the same in both."""
    if value is None or name != "kernel":
        return value
    if rank == 4 and value.ndim == 4:
        return np.asarray(value.transpose(2, 3, 1, 0))
    return value.T if value.ndim == 2 else value
