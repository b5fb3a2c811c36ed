"""Measured: one analysis by Unmask, cold and again warm, stage by stage: CLIP FPS."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.measure import told
from benchmarks.processor import processor_seconds


class Watch:
    """Wall and processor seconds (of all threads and of children) by stage."""

    def __init__(self) -> None:
        self.wall: dict[str, float] = {}
        self.processor: dict[str, float] = {}

    @contextmanager
    def time(self, stage: str) -> Iterator[None]:
        """Time the block as part of `stage`."""
        wall, used = time.perf_counter(), processor()
        try:
            yield
        finally:
            self.wall[stage] = self.wall.get(stage, 0.0) + time.perf_counter() - wall
            self.processor[stage] = self.processor.get(stage, 0.0) + processor() - used

    def rest(self, stage: str, whole: str) -> None:
        """What of `whole` none of the others took."""
        for found in (self.wall, self.processor):
            found[stage] = found.pop(whole) - sum(v for k, v in found.items() if k not in {whole, "start"})

    def told(self) -> dict[str, Any]:
        """Both, by stage."""
        return {"wall": rounded(self.wall), "processor": rounded(self.processor)}


def processor() -> float:
    """Processor seconds of this process and of its children: those that have ended, and sandboxes still at work."""
    return processor_seconds(os.getpid())


def rounded(seconds: dict[str, float]) -> dict[str, float]:
    return {stage: round(value, 4) for stage, value in seconds.items()}


def analysed(clip: Path, fps: float) -> dict[str, Any]:
    """Both analyses; `start` is what comes before the first stage: imports, models' cards."""
    began = Watch()
    with began.time("start"):
        from unmask import progress
        from unmask.bootstrap import analyzer
        from unmask.settings import load

        ready = analyzer(load({"fps": fps}))
    found: dict[str, Any] = {}
    for run in ("cold", "warm"):
        watch = began if run == "cold" else Watch()
        progress.Stopwatch.time = lambda _, stage, watch=watch: watch.time(stage)  # type: ignore[method-assign]
        with tempfile.TemporaryDirectory() as out, watch.time("whole"):
            result = ready.analyze(clip, Path(out))
        watch.rest("report", "whole")
        found[run] = watch.told()
    return {
        **found,
        "label": result.verdict.label,
        "probability": result.verdict.probability,
        "persons": len(result.persons),
        "segments": [[s.detector, s.subject, s.start, s.end] for s in result.segments],
        "models": [model.name for model in result.models],
    }


if __name__ == "__main__":
    told(analysed(Path(sys.argv[1]), float(sys.argv[2])))
