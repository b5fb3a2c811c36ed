"""How much more processor time an analysis takes when others run beside it: without a service, side by side."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.processor import processor_seconds
from faultruns.stand import ROOT

from loadruns.clips import looped

CHILD = """
import sys, tempfile
from pathlib import Path
from unmask.bootstrap import analyzer
from unmask.settings import load
ready, clip = analyzer(load({})), Path(sys.argv[1])
def one():
    with tempfile.TemporaryDirectory() as out:
        ready.analyze(clip, Path(out))
one()
print("warm", flush=True)
for line in sys.stdin:
    for _ in range(int(line)):
        one()
    print("done", flush=True)
"""


def contention(beside: Sequence[int], analyses: int, seconds: float) -> dict[str, Any]:
    """Wall and processor seconds of an analysis, for each number of processes that analyse side by side, warm."""
    with TemporaryDirectory(prefix="unmask-contention-") as work:
        clip = looped(Path(work) / "clip.mp4", seconds)
        runs = [_side_by_side(number, analyses, clip) for number in beside]
    return {"clip_seconds": seconds, "analyses_each": analyses, "runs": runs, "wrong": []}


def _side_by_side(number: int, analyses: int, clip: Path) -> dict[str, Any]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-c", CHILD, str(clip)]
    children = [
        subprocess.Popen(  # noqa: S603 - our own program
            command, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for _ in range(number)
    ]
    try:
        _hear(children)
        used, began = sum(processor_seconds(child.pid) for child in children), time.monotonic()
        for child in children:
            assert child.stdin is not None
            child.stdin.write(f"{analyses}\n")
            child.stdin.flush()
        _hear(children)
        wall = time.monotonic() - began
        spent = sum(processor_seconds(child.pid) for child in children) - used
    finally:
        for child in children:
            child.kill()
            child.wait()
    return {
        "side_by_side": number,
        "wall_seconds": round(wall / analyses, 3),
        "processor_seconds": round(spent / analyses / number, 3),
    }


def _hear(children: Sequence[subprocess.Popen[str]]) -> None:
    for child in children:
        assert child.stdout is not None
        if not child.stdout.readline():
            raise SystemExit("an analysis without a service failed")
