"""The graph layers of AASIST (Jung et al. 2022, sections 2.2 and 3): attention over all pairs of nodes, and pooling.

Graphs are complete: N nodes with features (B, N, D). Each layer's variables bear the names of the published weights.
This module imports Keras, and is itself imported only when such a network is built.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from unmask.models.aasist_net import EPSILON


class Added(keras.layers.Layer):  # type: ignore[misc]  # Keras ships no types
    """Adds a learned position to each node: (B, N, D) -> (B, N, D)."""

    def build(self, shape: Any) -> None:
        """One variable, (1, N, D)."""
        self.value = self.add_weight(shape=(1, *shape[1:]), name="value")

    def call(self, nodes: Any) -> Any:
        """The nodes with their positions."""
        return nodes + self.value


class Constant(keras.layers.Layer):  # type: ignore[misc]
    """A learned node, the same for every input: anything (B, ...) -> (B, 1, width)."""

    def __init__(self, width: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.width = width

    def build(self, shape: Any) -> None:  # noqa: ARG002  # Keras passes it
        """One variable, (1, 1, width)."""
        self.value = self.add_weight(shape=(1, 1, self.width), name="value")

    def call(self, nodes: Any) -> Any:
        """The node, once for each input of the batch."""
        return ops.repeat(self.value, ops.shape(nodes)[0], axis=0)


class Attention(keras.layers.Layer):  # type: ignore[misc]
    """Graph attention (section 2.2): each node takes up the others by how alike they are, and is projected.

    The weight of a pair is a learned function of the product of its nodes, softened by a temperature.
    """

    def __init__(self, width: int, temperature: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.width, self.temperature = width, temperature
        self.att_proj = keras.layers.Dense(width, activation="tanh", name="att_proj")
        self.proj_with_att = keras.layers.Dense(width, name="proj_with_att")
        self.proj_without_att = keras.layers.Dense(width, name="proj_without_att")
        self.bn = keras.layers.BatchNormalization(epsilon=EPSILON, name="bn")

    def build(self, shape: Any) -> None:
        """The layers inside, and the vector that makes one number of a pair's features."""
        given = shape[-1]
        self.att_weight = self.add_weight(shape=(self.width, 1), name="att_weight")
        self.att_proj.build((None, None, None, given))
        self.proj_with_att.build((None, None, given))
        self.proj_without_att.build((None, None, given))
        self.bn.build((None, None, self.width))

    def call(self, nodes: Any) -> Any:
        """(B, N, D) -> (B, N, width)."""
        likeness = ops.matmul(self.att_proj(pairs(nodes)), self.att_weight)[..., 0] / self.temperature
        heard = ops.matmul(ops.softmax(likeness, axis=-1), nodes)
        return ops.selu(self.bn(self.proj_with_att(heard) + self.proj_without_att(nodes), training=False))


class JointAttention(keras.layers.Layer):  # type: ignore[misc]
    """Heterogeneous stacking graph attention (section 3.1) over moments, frequencies and the stack node.

    Pairs of moments, pairs of frequencies and mixed pairs have a weight vector each. The stack node hears all nodes,
    and no node hears it.
    """

    def __init__(self, width: int, temperature: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.width, self.temperature = width, temperature
        names = ("proj_with_att", "proj_without_att", "proj_with_attM", "proj_without_attM")
        self.inner = {name: keras.layers.Dense(width, name=name) for name in names}
        for name in ("att_proj", "att_projM"):
            self.inner[name] = keras.layers.Dense(width, activation="tanh", name=name)
        self.bn = keras.layers.BatchNormalization(epsilon=EPSILON, name="bn")

    def build(self, shapes: Any) -> None:
        """The layers inside, and a weight vector for each kind of pair."""
        given = shapes[0][-1]
        for name in ("proj_type1", "proj_type2"):
            self.inner[name] = keras.layers.Dense(given, name=name)
        for layer in self.inner.values():
            layer.build((None, None, given))
        self.bn.build((None, None, self.width))
        kinds = ("att_weight11", "att_weight22", "att_weight12", "att_weightM")
        self.vectors = {kind: self.add_weight(shape=(self.width, 1), name=kind) for kind in kinds}

    def call(self, parts: Any) -> Any:
        """[(B, T, D), (B, F, D), (B, 1, D)] -> the same three, of features `width`."""
        count, stack = parts[0].shape[1], parts[2]
        nodes = ops.concatenate([self.inner["proj_type1"](parts[0]), self.inner["proj_type2"](parts[1])], axis=1)
        attention = ops.softmax(self._likeness(nodes, count) / self.temperature, axis=-1)
        stack = self._stacked(nodes, stack)
        heard = self.inner["proj_with_att"](ops.matmul(attention, nodes))
        nodes = ops.selu(self.bn(heard + self.inner["proj_without_att"](nodes), training=False))
        return nodes[:, :count], nodes[:, count:], stack

    def _likeness(self, nodes: Any, count: int) -> Any:
        """(B, N, N): of each pair, by the vector of its kind; the first `count` nodes are moments."""
        felt = self.inner["att_proj"](pairs(nodes))
        own, other, mixed = (ops.matmul(felt, self.vectors[f"att_weight{kind}"])[..., 0] for kind in ("11", "22", "12"))
        upper = ops.concatenate([own[:, :count, :count], mixed[:, :count, count:]], axis=2)
        lower = ops.concatenate([mixed[:, count:, :count], other[:, count:, count:]], axis=2)
        return ops.concatenate([upper, lower], axis=1)

    def _stacked(self, nodes: Any, stack: Any) -> Any:
        """The stack node (B, 1, width) after it heard all nodes."""
        felt = ops.matmul(self.inner["att_projM"](nodes * stack), self.vectors["att_weightM"]) / self.temperature
        heard = ops.matmul(ops.transpose(ops.softmax(felt, axis=1), (0, 2, 1)), nodes)
        return self.inner["proj_with_attM"](heard) + self.inner["proj_without_attM"](stack)


class Pool(keras.layers.Layer):  # type: ignore[misc]
    """Graph pooling (Gao and Ji 2019): nodes are weighed, and the share `keep` of them that weighs most is kept."""

    def __init__(self, keep: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.keep = keep
        self.proj = keras.layers.Dense(1, activation="sigmoid", name="proj")

    def build(self, shape: Any) -> None:
        """The layer that weighs nodes."""
        self.proj.build(shape)

    def call(self, nodes: Any) -> Any:
        """(B, N, D) -> (B, max(1, floor(N * keep)), D), the weightiest first."""
        weight = self.proj(nodes)
        _, best = ops.top_k(weight[..., 0], max(int(nodes.shape[1] * self.keep), 1))
        return ops.take_along_axis(nodes * weight, best[..., None], axis=1)


def pairs(nodes: Any) -> Any:
    """Products of all pairs of nodes: (B, N, D) -> (B, N, N, D)."""
    return nodes[:, :, None, :] * nodes[:, None, :, :]
