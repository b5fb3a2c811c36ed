"""Where a picture speaks for a manipulation: one function over all methods, and which one a network gets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from unmask.errors import ModelError
from unmask.explain.cam import CAMS, class_activation, spatial_layers
from unmask.explain.paths import PATHS, path_shares
from unmask.models.faithfulness import read_faithfulness
from unmask.models.registry import Model
from unmask.types import FloatArray

KINDS = (*CAMS, *PATHS)
DEFAULT = "hires-cam"


@dataclass(frozen=True, slots=True)
class Method:
    """How a heat map is made: one of `KINDS`, and the layer that it reads; empty where it reads none."""

    kind: str
    layer: str = ""

    @property
    def name(self) -> str:
        """Kind and layer, as results name it."""
        return f"{self.kind} ({self.layer})" if self.layer else self.kind


def attribute(network: Any, method: Method, inputs: FloatArray) -> FloatArray:
    """Heat maps float32 (n, S, S) in 0..1 of prepared pictures (n, S, S, 3), each with its maximum at 1.

    All zeros where nothing speaks for a manipulation. A map depends on its own picture alone.

    Raises:
        ModelError: the network has no such layer, or there is no such kind.
    """
    if method.kind in CAMS:
        return class_activation(network, method.kind, method.layer, inputs)
    if method.kind in PATHS:
        return _pixels(network, method.kind, inputs)
    raise ModelError(f"there is no map of the kind {method.kind!r}")


def method_of(folder: Path, model: Model) -> Method:
    """The method of a model as `chosen_method` finds it; its network is built only where the record is of another."""
    table = read_faithfulness(folder)
    known = table.models.get(model.card.name) if table else None
    if known is not None and known.sha256 == model.card.sha256:
        return Method(known.kind, known.layer)
    return chosen_method(folder, model.card.name, model.network)


def chosen_method(folder: Path, name: str, network: Any) -> Method:
    """The method recorded beside the models in `folder` for the network of that name, by measured faithfulness.

    Without a record, or with another network than was measured, the second coarsest layer is read with each gradient
    in its place: the best of the cheap ones where it was measured. Raises ModelError for a broken record.
    """
    table = read_faithfulness(folder)
    known = table.models.get(name) if table else None
    if known is not None and (not known.layer or known.layer in {layer.name for layer in network.layers}):
        return Method(known.kind, known.layer)
    return Method(DEFAULT, spatial_layers(network, 2)[-1])


def _pixels(network: Any, kind: str, inputs: FloatArray) -> FloatArray:
    """Single pixels say little to an eye: what speaks for a manipulation is gathered over a neighbourhood."""
    import cv2

    heats = np.zeros(inputs.shape[:3], np.float32)
    for number, shares in enumerate(path_shares(network, kind, inputs)):
        heat = np.maximum(cv2.GaussianBlur(shares, (0, 0), len(shares) / 32), 0)
        heats[number] = heat / heat.max() if heat.max() > 0 else 0
    return heats
