"""Weights as data: a Keras model's variables as float16 in one compressed file, apart from the network's code.

Half precision halves the package; the rounding is part of the model, since metrics are measured after it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from unmask.errors import ModelError
from unmask.types import FloatArray


def save_weights(network: Any, path: Path) -> str:
    """Write all variables of a Keras model in their order; returns the SHA-256 of the file."""
    arrays = {f"{i:04d}": np.asarray(value, dtype=np.float16) for i, value in enumerate(network.get_weights())}
    with path.open("wb") as sink:
        np.savez_compressed(sink, **arrays)  # type: ignore[arg-type]  # numpy's stub takes arrays by keyword only as bool
    return file_hash(path)


def load_weights(network: Any, path: Path, sha256: str | None = None) -> None:
    """Set a Keras model's variables from a file made by `save_weights`.

    Raises:
        ModelError: the file is missing, its hash is not `sha256`, or it does not fit the network.
    """
    set_weights(network, read_weights(path, sha256), path.name)


def read_weights(path: Path, sha256: str | None = None) -> list[FloatArray]:
    """The arrays of a file made by `save_weights`, in their order, as float32.

    Raises:
        ModelError: the file is missing, or its hash is not `sha256`.
    """
    if not path.is_file():
        raise ModelError(f"weights {path.name} are missing")
    if sha256 is not None and file_hash(path) != sha256:
        raise ModelError(f"weights {path.name} do not match the hash in their card")
    with np.load(path, allow_pickle=False) as stored:
        return [stored[key].astype(np.float32) for key in sorted(stored.files)]


def set_weights(network: Any, arrays: Sequence[FloatArray], name: str) -> None:
    """Set a Keras model's variables to these arrays, of a file of that name. Raises ModelError if they don't fit."""
    wanted = [tuple(value.shape) for value in network.get_weights()]
    if [value.shape for value in arrays] != wanted:
        raise ModelError(f"weights {name} do not fit the network")
    network.set_weights(list(arrays))


def file_hash(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()
