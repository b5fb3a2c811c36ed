"""What a detector is: one small protocol. To add one, write a class that fits it and list it in `bootstrap.py`."""

from __future__ import annotations

from typing import Literal, Protocol

from unmask.types import DetectorScores, Modality, ModelRef, ShardSamples

Needs = Literal["faces", "speech", "lips"]
"""faces: sampled faces. speech: sound with voiced stretches. lips: mouths, 25 a second, while speech is heard."""


class Detector(Protocol):
    """Looks for one kind of manipulation.

    `score` must depend on the samples alone, so that a shard done twice, or cut elsewhere, gives the same points:
    a detector owns the frames and the windows that start in `[shard.start, shard.end)` and no others.
    """

    @property
    def name(self) -> str:
        """Stable name, as in the result document."""
        ...

    @property
    def modality(self) -> Modality:
        """Where its segments lie."""
        ...

    @property
    def needs(self) -> Needs:
        """What must be there for it to apply; without it the finding is `not_applicable`."""
        ...

    @property
    def model(self) -> ModelRef:
        """The model behind the numbers."""
        ...

    def score(self, samples: ShardSamples) -> DetectorScores:
        """Raw scores of one shard. Never raises for what the media holds; no points where it does not apply."""
        ...
