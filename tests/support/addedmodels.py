"""Weight files as others publish them, with weights that learned nothing. For tests only."""

from __future__ import annotations

import io
import pickle
import sys
import zipfile
from collections import OrderedDict
from pathlib import Path
from types import ModuleType
from typing import Any

import h5py
import numpy as np

from unmask.models.added import AddedModels, add_model

MESO4 = (("conv2d", (3, 3, 3, 8)), ("conv2d", (5, 5, 8, 8)), ("conv2d", (5, 5, 8, 16)), ("conv2d", (5, 5, 16, 16)))
DENSE = (("dense", (1024, 16)), ("dense", (16, 1)))


def inception_shapes() -> list[tuple[str, tuple[int, ...]]]:
    """The convolutions of MesoInception4 in the order in which its authors' program makes them."""
    shapes, given = [], 3
    for a, b, c, d in ((1, 4, 4, 2), (2, 4, 4, 2)):
        shapes.append(("conv2d", (1, 1, given, a)))
        for width in (b, c, d):
            shapes += [("conv2d", (1, 1, given, width)), ("conv2d", (3, 3, width, width))]
        given = a + b + c + d
    return [*shapes, ("conv2d", (5, 5, given, 16)), ("conv2d", (5, 5, 16, 16))]


def meso_file(path: Path, *, inception: bool = False, seed: int = 1, first: int = 5) -> Path:
    """A Keras 2 weights file of MesoNet whose layers are numbered from `first` on."""
    rng = np.random.default_rng(seed)
    convolutions = inception_shapes() if inception else list(MESO4)
    widths = [11, 12, 16, 16] if inception else [8, 8, 16, 16]
    numbers = {"conv2d": first, "dense": first, "batch_normalization": first}
    with h5py.File(path, "w") as out:
        for kind, shape in (*convolutions, *DENSE):
            layer = f"{kind}_{numbers[kind]}"
            numbers[kind] += 1
            scale = (2 / np.prod(shape[:-1])) ** 0.5
            out[f"{layer}/{layer}/kernel:0"] = (scale * rng.normal(size=shape)).astype(np.float32)
            out[f"{layer}/{layer}/bias:0"] = np.zeros(shape[-1], np.float32)
        for width in widths:
            layer = f"batch_normalization_{numbers['batch_normalization']}"
            numbers["batch_normalization"] += 1
            for name, value in (("gamma", 1), ("beta", 0), ("moving_mean", 0), ("moving_variance", 1)):
                out[f"{layer}/{layer}/{name}:0"] = np.full(width, value, np.float32)
    return path


def torch_file(path: Path, arrays: dict[str, Any]) -> Path:
    """A file as `torch.save` writes a state dict, made without PyTorch. What is no array is pickled as it is."""
    storages: list[np.ndarray] = []
    names, put = _stand_ins()

    class Pickler(pickle.Pickler):
        def persistent_id(self, one: Any) -> Any:
            return (
                ("storage", names["FloatStorage"], str(one.number), "cpu", one.count) if type(one) is _Storage else None
            )

        def reducer_override(self, one: Any) -> Any:
            if not isinstance(one, np.ndarray):
                return NotImplemented
            storages.append(np.ascontiguousarray(one, "<f4"))
            strides = tuple(step // 4 for step in storages[-1].strides)
            storage = _Storage(len(storages) - 1, one.size)
            return names["_rebuild_tensor_v2"], (storage, 0, one.shape, strides, False, OrderedDict())

    sink = io.BytesIO()
    with put:
        Pickler(sink, protocol=2).dump(OrderedDict(arrays))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", sink.getvalue())
        for number, storage in enumerate(storages):
            archive.writestr(f"archive/data/{number}", storage.tobytes())
    return path


def aasist_file(path: Path, *, light: bool = True, seed: int = 1) -> Path:
    """A state dict that fits AASIST or AASIST-L. Builds the network, so it needs TensorFlow."""
    from unmask.models import aasist_net
    from unmask.models.torch_file import torch_name

    rng = np.random.default_rng(seed)
    arrays = {}
    for layer in aasist_net.build(aasist_net.AASIST_L if light else aasist_net.AASIST).layers:
        for variable in layer.weights if layer.name != "sinc" else ():
            shape = tuple(variable.shape)
            if variable.name == "kernel":
                shape = (shape[3], shape[2], *shape[:2]) if len(shape) == 4 else shape[::-1]
            name = torch_name(layer, variable)
            arrays[name] = _drawn(name, shape, rng)
    return torch_file(path, arrays)


def _drawn(name: str, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Weights under which a signal neither dies out nor grows: by fan-in, and normalisations that change nothing."""
    normalises = name.split(".")[-2][:2] == "bn" or name.startswith("first_bn") if "." in name else False
    if normalises:
        return np.ones(shape) if name.endswith(("weight", "running_var")) else np.zeros(shape)
    fan_in = int(np.prod(shape[1:])) if len(shape) > 1 else 100
    return (2 / fan_in) ** 0.5 * rng.normal(size=shape)


def added_folder(folder: Path) -> AddedModels:
    """A folder with the added models meso4, mesoinception4 and aasist-l."""
    for name, file in (
        ("meso4", meso_file(folder / "a.h5")),
        ("mesoinception4", meso_file(folder / "b.h5", inception=True)),
        ("aasist-l", aasist_file(folder / "c.pth")),
    ):
        add_model(file, folder / "added", name=name, source="made for a test", licence="none")
    return AddedModels(folder / "added")


class _Storage:
    def __init__(self, number: int, count: int) -> None:
        self.number, self.count = number, count


def _stand_ins() -> tuple[dict[str, Any], Any]:
    """Things that pickle under PyTorch's names, and a context in which they can be found there."""
    from unittest.mock import patch

    def _rebuild_tensor_v2(*_: Any) -> None: ...

    storage = type("FloatStorage", (), {"__module__": "torch"})
    _rebuild_tensor_v2.__module__, _rebuild_tensor_v2.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    torch, utils = ModuleType("torch"), ModuleType("torch._utils")
    torch.FloatStorage, utils._rebuild_tensor_v2 = storage, _rebuild_tensor_v2  # type: ignore[attr-defined]
    found = {"FloatStorage": storage, "_rebuild_tensor_v2": _rebuild_tensor_v2}
    return found, patch.dict(sys.modules, {"torch": torch, "torch._utils": utils})
