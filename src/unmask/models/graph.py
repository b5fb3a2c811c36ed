"""A network as a LiteRT graph without weights, and filling in the weights that a card names.

A graph file is code in another form: the operations of one of our networks, made from its Keras builder by
`scripts/graphs.py`, with zeros where the weights go. The weights stay in one place, the file whose hash is in the card;
batch normalisation is multiplied into them here, as every exporter does it. So other weights need no export, and no
TensorFlow is loaded to use them.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, cast

import numpy as np
from pydantic import BaseModel, ConfigDict

from unmask.errors import ModelError
from unmask.types import FloatArray

HEAD = 8
"""Bytes before the description that say how long it is."""


class Norm(BaseModel):
    """The batch normalisation after a layer: places of its arrays among the weights, and what it adds to variance."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    gamma: int
    beta: int
    mean: int
    variance: int
    epsilon: float


class Slot(BaseModel):
    """A place in the graph: where its bytes begin, and what is written there.

    `kernel`: array `array`, its axes in the order `axes`, each output channel (along `channel` of the array) scaled by
    the normalisation. `shift`: what the normalisation adds. `plain`: the array as it is, its axes ordered.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["kernel", "shift", "plain"]
    offset: int
    array: int = -1
    axes: tuple[int, ...] = ()
    channel: int = -1
    norm: Norm | None = None


class Description(BaseModel):
    """What a graph takes and gives, and where its weights go.

    `shapes` are those of the weights in the order of their file; `outputs` names what is given beside the network's own
    outputs, the outputs of layers.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    network: str
    inputs: tuple[tuple[int, ...], ...]
    outputs: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]
    slots: tuple[Slot, ...]


def describe(path: Path) -> Description:
    """What the graph file at `path` says of itself. Raises ModelError when it can't be read."""
    return _read(path)[0]


def filled(path: Path, weights: Sequence[FloatArray]) -> tuple[Description, bytes]:
    """The graph with these weights, as LiteRT reads it. Raises ModelError when they are of another network."""
    description, body = _read(path)
    if tuple(w.shape for w in weights) != description.shapes:
        raise ModelError(f"the weights do not fit the graph {path.name}")
    for slot in description.slots:
        values = _values(slot, weights)
        place = np.frombuffer(body, np.float32, values.size, slot.offset)
        place[:] = values.reshape(-1)
    return description, bytes(body)


def packed(description: Description, body: bytes) -> bytes:
    """A graph file."""
    head = description.model_dump_json(exclude_defaults=True).encode()
    return len(head).to_bytes(HEAD, "big") + head + zlib.compress(body, 9)


def scale_of(norm: Norm, weights: Sequence[FloatArray]) -> FloatArray:
    """What a normalisation multiplies each channel by."""
    return cast(FloatArray, weights[norm.gamma] / np.sqrt(weights[norm.variance] + np.float32(norm.epsilon)))


def _values(slot: Slot, weights: Sequence[FloatArray]) -> FloatArray:
    if slot.kind == "shift":
        assert slot.norm is not None
        return cast(FloatArray, weights[slot.norm.beta] - weights[slot.norm.mean] * scale_of(slot.norm, weights))
    array = weights[slot.array]
    if slot.norm is not None:
        form = [1] * array.ndim
        form[slot.channel] = -1
        array = array * scale_of(slot.norm, weights).reshape(form)
    return np.ascontiguousarray(np.transpose(array, slot.axes), np.float32)


def _read(path: Path) -> tuple[Description, bytearray]:
    try:
        data = path.read_bytes()
        length = int.from_bytes(data[:HEAD], "big")
        description = Description.model_validate(json.loads(data[HEAD : HEAD + length]))
        return description, bytearray(zlib.decompress(data[HEAD + length :]))
    except (OSError, ValueError, zlib.error) as wrong:
        raise ModelError(f"the graph {path.name} can't be read: {wrong}") from wrong
