"""The `lip_sync` network on LiteRT: its graph holds the two streams, and what the judge reads is NumPy.

The graph was made for whole windows. A shorter one is filled up with zeros at its end, and what they lead to is cut
off. Neither stream looks further than `sync_net.EDGE` ticks, which the sound has to spare: nothing that is kept moves.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from unmask.models.engine import LiteRT
from unmask.models.sync_net import EDGE, NEAR, REACH, SHIFTS, STEPS, curve
from unmask.types import FloatArray


class SyncLiteRT(LiteRT):
    """The streams' graph, for windows up to the length that it was made for, with the judge behind it."""

    def __init__(self, graph: Path, weights: Sequence[FloatArray]) -> None:
        super().__init__(graph, weights)
        self._judge = weights[-2], weights[-1]
        self._longest = self.description.inputs[0][1]

    def takes(self, *inputs: FloatArray) -> bool:
        """Whether inputs (n, t + 10, 64, 64), (n, t + 10, 90) and (n, 4 * (t + 40), 80) are of one window, t > 0."""
        whole = self.description.inputs
        ticks = inputs[0].shape[1]
        lengths = (ticks, ticks, STEPS * (ticks + 2 * REACH))
        return 2 * EDGE < ticks <= self._longest and tuple(part.shape[1:] for part in inputs) == tuple(
            (length, *form[2:]) for length, form in zip(lengths, whole, strict=True)
        )

    def all(self, *inputs: FloatArray) -> tuple[FloatArray, ...]:
        """Lips (1, t, 128), voice (1, t + 30, 128) and the logit (1, 1) of one window, as from the Keras network."""
        ticks = inputs[0].shape[1] - 2 * EDGE
        lips, voice = super().all(*(_filled_up(p, s) for p, s in zip(inputs, self.description.inputs, strict=True)))
        lips, voice = lips[:, :ticks], voice[:, : ticks + SHIFTS - 1]
        kernel, bias = self._judge
        return lips, voice, evidence(lips[0], voice[0], inputs[1][0])[None] @ kernel + bias


def evidence(lips: FloatArray, voice: FloatArray, moved: FloatArray) -> FloatArray:
    """What the judge reads, `sync_net.EVIDENCE` (4,), of vectors (t, d) and (t + 30, d) and outlines (t + 10, 90)."""
    likeness = curve(lips, voice).mean(axis=0)
    first, last = REACH - NEAR, REACH + NEAR
    near = likeness[first : last + 1].max()
    far = max(likeness[: first - 1].max(), likeness[last + 2 :].max())
    common = max(_correlation(lips, voice[shift : shift + len(lips)]) for shift in range(first, last + 1))
    movement = np.log(moved.std(axis=0).mean() + 1e-2)
    return np.asarray([near - far, near - likeness.mean(), common, movement], np.float32)


def _correlation(lips: FloatArray, voice: FloatArray) -> float:
    """As `sync_net.correlation`, of one window: lips and voice (t, d)."""
    lips, voice = lips - lips.mean(axis=0), voice - voice.mean(axis=0)
    power = np.square(lips).sum() * np.square(voice).sum()
    return float((lips * voice).sum() / np.sqrt(power + 1e-6))


def _filled_up(part: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    """A window's input (1, n, ...) with zeros behind it, in the shape that the graph takes."""
    full = np.zeros(shape, np.float32)
    full[:, : part.shape[1]] = part
    return full
