"""Clips an hour by worker processes on this machine, all clips waiting from the start."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from benchmarks.processor import processor_seconds
from faultruns.stand import Stand, own_copy

from loadruns.client import client_of, ended, send
from loadruns.clips import looped
from loadruns.counts import units
from loadruns.processes import roots
from loadruns.stands import usual
from unmask.storage import keys

WARMING = 2
"""Clips for each process before those that count, so that every process has its networks."""
ASKING = 1.0
"""Seconds between two looks whether all have ended."""


def throughput(processes: Sequence[int], uploads: int, seconds: float, analyzer: str | None) -> dict[str, Any]:
    """`uploads` clips of `seconds` each, for each number of worker processes."""
    with TemporaryDirectory(prefix="unmask-throughput-") as work:
        data = looped(Path(work) / "clip.mp4", seconds).read_bytes()
        runs = [_run(number, uploads, data, analyzer) for number in processes]
    wrong = [f"{run['processes']} processes: {run['ended']}" for run in runs if run["ended"] != {"done": uploads}]
    return {"uploads": uploads, "clip_seconds": seconds, "runs": runs, "wrong": wrong}


def _run(processes: int, uploads: int, data: bytes, analyzer: str | None) -> dict[str, Any]:
    with usual(processes, analyzer=analyzer) as here:
        _all(here, data, range(WARMING * processes))
        used = {name: processor_seconds(root) for name, root in roots(here).items()}
        began = time.monotonic()
        ends = _all(here, data, range(1000, 1000 + uploads))
        took = time.monotonic() - began
        spent = {name: processor_seconds(root) - used[name] for name, root in roots(here).items()}
        return {
            "processes": processes,
            "ended": {state: list(ends.values()).count(state) for state in set(ends.values())},
            "seconds": round(took, 1),
            "an_hour": round(3600 * uploads / took, 1),
            "units": units(here, list(ends)),
            "timings": _timings(here, list(ends)),
            "processor_seconds": {name: round(used / uploads, 3) for name, used in spent.items()},
        }


def _all(here: Stand, data: bytes, numbers: Sequence[int]) -> dict[str, str]:
    """Send a clip for each number, and wait: how each analysis ended."""
    with client_of(here) as client, ThreadPoolExecutor(4) as pool:
        sent = list(pool.map(lambda n: send(client, own_copy(data, n), f"clip-{n}"), numbers))
        return {one: ended(client, one, ASKING) for one in sent}


def _timings(here: Stand, analyses: Sequence[str]) -> dict[str, float]:
    """Mean wall seconds of each stage, as the results tell them."""
    told: dict[str, list[float]] = defaultdict(list)
    for one in analyses:
        document = json.loads(here.context.store.get(keys.artifact(here.project, one, "result.json")))
        for stage, seconds in document["timings"].items():
            told[stage].append(seconds)
    return {stage: round(float(np.mean(seconds)), 3) for stage, seconds in told.items()}
