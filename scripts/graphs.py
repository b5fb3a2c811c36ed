"""Write the LiteRT graphs of our networks anew: after a change of a network's code, not of its weights.

    .venv/bin/python scripts/graphs.py [NAME ...]

A network is built by its Keras builder with weights that occur nowhere else, and its normalisations made to do nothing.
It is converted, each weight looked for in the result, and zeros left in its place. What is not found is an error.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np

from unmask.models.graph import Description, Norm, Slot, packed
from unmask.models.registry import BUILDERS, GRAPHS

LAYERS = {"face": ("block5_expand_relu", "block11_expand_relu", "head_relu")}
"""Layers whose outputs are given as well: what heat maps of the face network are made from."""
LENGTHS = {"voice": (249,), "lip_sync": (110, 110, 560)}
"""Lengths of the inputs whose length may vary: of lip-sync's, a whole window of mouths and the sound around it."""
PARTS = {"lip_sync": ("lips", "voice")}
"""Layers that stand for a network's outputs in its graph, where the rest is done outside (`models/sync_graph.py`)."""


@dataclass
class Weights:
    """A network's arrays in the order of their file, and which layer each belongs to."""

    network: Any

    def __post_init__(self) -> None:
        self.place = {id(variable): number for number, variable in enumerate(self.network.weights)}
        self.norms = {
            layer.input._keras_history.operation.name: layer
            for layer in self.network.layers
            if type(layer).__name__ == "BatchNormalization"
        }

    def of(self, variable: Any) -> int:
        """The place of a variable among the arrays."""
        return self.place[id(variable)]

    def norm(self, layer: Any) -> Norm | None:
        """The normalisation right after a layer."""
        found = self.norms.get(layer.name)
        if found is None:
            return None
        parts = (found.gamma, found.beta, found.moving_mean, found.moving_variance)
        gamma, beta, mean, variance = (self.of(part) for part in parts)
        return Norm(gamma=gamma, beta=beta, mean=mean, variance=variance, epsilon=found.epsilon)


def slots_of(network: Any, part: Any) -> list[Slot]:
    """What is to be found of each layer of this part of the network, its place still unknown."""
    weights, found = Weights(network), []
    for layer in part.layers:
        kind = type(layer).__name__
        if not layer.weights or kind == "BatchNormalization":
            continue
        norm = weights.norm(layer)
        kernel = weights.of(layer.kernel)
        if norm is None:
            found.append(Slot(kind="plain", offset=-1, array=kernel))
        else:
            channel = 2 if kind == "DepthwiseConv2D" else len(layer.kernel.shape) - 1
            found.append(Slot(kind="kernel", offset=-1, array=kernel, channel=channel, norm=norm))
            found.append(Slot(kind="shift", offset=-1, norm=norm))
        if layer.bias is not None:
            assert norm is None, f"{layer.name} has a bias and a normalisation"
            found.append(Slot(kind="plain", offset=-1, array=weights.of(layer.bias)))
    return found


def marked(network: Any) -> list[np.ndarray]:
    """Fill the network with weights that occur once; the arrays in their order."""
    draw = np.random.default_rng(5)
    for layer in network.layers:
        if type(layer).__name__ == "BatchNormalization":
            ones, zeros = np.ones(layer.gamma.shape, np.float32), np.zeros(layer.gamma.shape, np.float32)
            layer.set_weights([ones, draw.normal(size=ones.shape).astype(np.float32), zeros, ones])
            layer.epsilon = 0.0
        elif layer.weights:
            layer.set_weights([draw.normal(size=w.shape).astype(np.float32) for w in layer.weights])
    return [np.asarray(value, np.float32) for value in network.get_weights()]


def floats_in(body: bytes) -> list[tuple[int, np.ndarray]]:
    """Every array that the converted graph holds, read as float32 (n,), and where its bytes begin."""
    from tensorflow.lite.python.schema_py_generated import Model

    whole = np.frombuffer(body, np.uint8)
    model = Model.GetRootAs(whole)
    parts = [model.Buffers(number).DataAsNumpy() for number in range(model.BuffersLength())]
    start = whole.__array_interface__["data"][0]
    return [
        (part.__array_interface__["data"][0] - start, part.view(np.float32))
        for part in parts
        if isinstance(part, np.ndarray) and part.nbytes and part.nbytes % 4 == 0
    ]


def located(slot: Slot, arrays: list[np.ndarray], held: list[tuple[int, np.ndarray]]) -> Slot:
    """The slot with its place and its order of axes. Raises ValueError when it isn't there exactly once."""
    array = arrays[slot.norm.beta] if slot.kind == "shift" and slot.norm else arrays[slot.array]
    orders = [tuple(range(array.ndim))] if slot.kind == "shift" else list(permutations(range(array.ndim)))
    for axes in orders:
        wanted = np.transpose(array, axes).reshape(-1)
        # not to the last bit: some processors' reciprocal root of one is not one
        places = [place for place, part in held if part.size == wanted.size and np.allclose(part, wanted, 1e-5, 1e-9)]
        if len(places) > 1:
            raise ValueError(f"array {slot.array} is there {len(places)} times")
        if places:
            return slot.model_copy(update={"offset": places[0], "axes": axes if slot.kind != "shift" else ()})
    raise ValueError(f"array {slot.array} {array.shape} is not in the converted graph")


def part_of(network: Any, outputs: tuple[str, ...] | None) -> Any:
    """The network up to the outputs of these layers, or all of it."""
    import keras

    return network if outputs is None else keras.Model(network.inputs, [network.get_layer(o).output for o in outputs])


def converted(
    network: Any, layers: tuple[str, ...], lengths: tuple[int | None, ...]
) -> tuple[list[tuple[int, ...]], bytes]:
    """The network and the outputs of these layers as LiteRT, one sample at a time, and the shapes of its inputs."""
    import keras
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    wide = keras.Model(network.inputs, [*network.outputs, *(network.get_layer(name).output for name in layers)])
    shapes = [
        (1, *(side or length for side in entry.shape[1:]))
        for entry, length in zip(network.inputs, lengths, strict=True)
    ]

    def forward(*inputs: Any) -> Any:
        # named by order: LiteRT sorts what it gives by name
        found = wide(list(inputs), training=False)
        return {f"out{number}": part for number, part in enumerate(found if isinstance(found, list) else [found])}

    signature = [tf.TensorSpec(shape, tf.float32, name=f"in{number}") for number, shape in enumerate(shapes)]
    frozen = convert_variables_to_constants_v2(tf.function(forward).get_concrete_function(*signature))
    return shapes, bytes(tf.lite.TFLiteConverter.from_concrete_functions([frozen]).convert())


def write(name: str) -> None:
    """Write one graph file."""
    network = BUILDERS[name]()
    part = part_of(network, PARTS.get(name))
    slots = slots_of(network, part)
    arrays = marked(network)
    shapes, body = converted(part, LAYERS.get(name, ()), LENGTHS.get(name, (None,)))
    held = floats_in(body)
    placed = [located(slot, arrays, held) for slot in slots]
    empty = bytearray(body)
    for slot in placed:
        array = arrays[slot.norm.beta] if slot.kind == "shift" and slot.norm else arrays[slot.array]
        empty[slot.offset : slot.offset + array.nbytes] = bytes(array.nbytes)
    description = Description(
        network=name,
        inputs=tuple(shapes),
        outputs=LAYERS.get(name, ()),
        shapes=tuple(array.shape for array in arrays),
        slots=tuple(placed),
    )
    data = packed(description, bytes(empty))
    (GRAPHS / f"{name}.graph").write_bytes(data)
    sys.stdout.write(f"{name}: {len(data)} bytes, {len(placed)} places\n")


if __name__ == "__main__":
    for wanted in sys.argv[1:] or BUILDERS:
        write(wanted)
