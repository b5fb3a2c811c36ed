"""How far a run is: stages in order, each from 0 to 1."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Literal, Protocol

Stage = Literal["ingest", "media", "detect", "fuse", "explain", "report"]
STAGES: tuple[Stage, ...] = ("ingest", "media", "detect", "fuse", "explain", "report")


class Progress(Protocol):
    """Called as a stage advances; it may raise `Cancelled` to stop the run."""

    def __call__(self, stage: Stage, fraction: float) -> None:
        """`fraction` of `stage` is done, 0 to 1."""
        ...


def silent(stage: Stage, fraction: float) -> None:
    """A progress that tells nobody."""


class Stopwatch:
    """Wall-clock seconds per stage; a stage that is entered again adds up."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def time(self, stage: Stage | Literal["probe"]) -> Iterator[None]:
        """Time the block as part of `stage`."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = round(self.seconds.get(stage, 0.0) + time.perf_counter() - began, 4)

    def add(self, seconds: Mapping[str, float]) -> None:
        """Add times that were taken elsewhere."""
        for stage, spent in seconds.items():
            self.seconds[stage] = round(self.seconds.get(stage, 0.0) + spent, 4)
