"""Weights out of a PyTorch file (`torch.save` of a state dict, version 1.6 and later), without PyTorch.

Such a file is a zip archive of raw arrays and a pickle that names them. A pickle may call anything, so this reader
knows the few names that a state dict needs and refuses all others; they rebuild arrays and nothing else.
"""

from __future__ import annotations

import io
import pickle  # only through `_StateDict`, which can't import anything
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np

from unmask.errors import ModelError
from unmask.types import FloatArray

TYPES = {"FloatStorage": "<f4", "HalfStorage": "<f2", "DoubleStorage": "<f8", "LongStorage": "<i8", "IntStorage": "<i4"}
MOST = 512 * 1024**2
"""Bytes of the largest file that is read, unfolded."""
UNUSED = ("num_batches_tracked", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var")
"""Ends of names that a network need not have: a counter, and normalisations that the published AASIST never applies."""
_NAMES = {
    "kernel": "weight",
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}


def read_torch_file(path: Path) -> dict[str, FloatArray]:
    """The arrays of a state dict by name, float32, axes as PyTorch orders them.

    Raises:
        ModelError: the file is none, holds anything else, or is larger than is read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(part.file_size for part in archive.infolist()) > MOST:
                raise ModelError(f"{path.name} is larger than is read ({MOST // 1024**2} MiB)")
            (listed,) = (name for name in archive.namelist() if name.endswith("/data.pkl"))
            reader = _StateDict(archive, listed.removesuffix("data.pkl"))
            found = reader.load()
    except ModelError:
        raise
    except Exception as wrong:  # what a damaged archive or pickle raises, no library promises
        raise ModelError(f"{path.name} can't be read as a PyTorch state dict: {wrong}") from wrong
    if not isinstance(found, dict) or not all(isinstance(value, np.ndarray) for value in found.values()):
        raise ModelError(f"{path.name} holds something else than a state dict of arrays")
    return {str(name): np.asarray(value, dtype=np.float32) for name, value in found.items()}


def load_torch_file(network: Any, path: Path) -> None:
    """Set all variables of a network whose layers bear the file's names. Raises ModelError when they do not fit."""
    stored = read_torch_file(path)
    left = {name for name in stored if not name.endswith(UNUSED)}
    for layer in network.layers:
        for variable in layer.weights if layer.name != "sinc" else ():  # those filters are computed, not learned
            name = torch_name(layer, variable)
            value = _axes(stored.get(name), len(variable.shape), variable.name)
            if value is None or value.shape != tuple(variable.shape):
                raise ModelError(f"weights {path.name} do not fit the network at {name}")
            variable.assign(value)
            left.discard(name)
    if left:
        raise ModelError(f"weights {path.name} do not fit the network: it has no {min(left)}")


def torch_name(layer: Any, variable: Any) -> str:
    """The name of a Keras variable in the state dict: "GAT_layer_S.att_proj.weight", "pos_S"."""
    parts = variable.path.split("/")
    inner = [part for part in parts[parts.index(layer.name) + 1 :] if part != "value"]
    return ".".join([layer.name, *(_NAMES.get(part, part) for part in inner)])


class _StateDict(pickle.Unpickler):
    """Rebuilds a state dict's arrays from a file's storages."""

    def __init__(self, archive: zipfile.ZipFile, folder: str) -> None:
        super().__init__(io.BytesIO(archive.read(folder + "data.pkl")))
        self._archive, self._folder = archive, folder

    def find_class(self, module: str, name: str) -> Any:
        """The stand-in for a name of PyTorch's; nothing else can be named."""
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _tensor
        if module == "torch" and name in TYPES:
            return TYPES[name]
        raise pickle.UnpicklingError(f"it names {module}.{name}, which no state dict of arrays needs")

    def persistent_load(self, key: Any) -> FloatArray:
        """The storage that ("storage", type, number, place, count) names, flat."""
        _, kind, number, _, count = key
        values = np.frombuffer(self._archive.read(f"{self._folder}data/{number}"), dtype=np.dtype(kind))
        if len(values) != count:
            raise pickle.UnpicklingError(f"storage {number} holds {len(values)} numbers and not {count}")
        return np.asarray(values, dtype=np.float32)


def _tensor(storage: FloatArray, offset: int, shape: tuple[int, ...], stride: tuple[int, ...], *_: Any) -> FloatArray:
    """An array of a storage; only whole, contiguous ones, as `state_dict` gives them."""
    count = int(np.prod(shape, dtype=np.int64))
    plain = tuple(int(np.prod(shape[i + 1 :], dtype=np.int64)) for i in range(len(shape)))
    if offset < 0 or offset + count > len(storage) or (count > 1 and tuple(stride) != plain):
        raise pickle.UnpicklingError("an array does not lie in its storage as it should")
    return storage[offset : offset + count].reshape(shape)


def _axes(value: FloatArray | None, rank: int, name: str) -> FloatArray | None:
    """PyTorch's (out, in, ...) as Keras's (..., in, out); vectors that only multiply are the same in both."""
    if value is None or name != "kernel":
        return value
    if rank == 4 and value.ndim == 4:
        return np.asarray(value.transpose(2, 3, 1, 0))
    return value.T if value.ndim == 2 else value
