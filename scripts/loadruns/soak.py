"""Very many short clips, all different: does memory grow, is anything lost or doubled, and what is left at the end."""

from __future__ import annotations

import signal
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import redis
from faultruns.stand import Stand
from sqlalchemy import func, select

from loadruns.client import Crowd
from loadruns.clips import small
from loadruns.processes import OURS, memory_read
from loadruns.stands import doubled, usual
from unmask.db.tables import Base

SETTLING = 90.0
"""Seconds after the last end in which caches and small jobs are cleared."""


def soak(clips: int, clients: int, seconds: float, analyzer: str | None) -> dict[str, Any]:
    """`clips` clips of `seconds` each. SIGINT or SIGTERM: no more are sent, and what was done is told."""
    with TemporaryDirectory(prefix="unmask-soak-") as work, usual(2, analyzer=analyzer) as here:
        data = small(Path(work) / "clip.mp4", seconds).read_bytes()
        crowd = Crowd(here, data, clips)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: crowd.stop.set())
        with memory_read(here) as memory:
            took = crowd.run(clients)
        time.sleep(SETTLING)
        done = len(crowd.told)
        wrong = crowd.not_done() + doubled(here, 10 * clips)
        left = _left(here)
    return {
        **crowd.figures(clients, seconds, took),
        "memory": {name: _growth([m[name] for m in memory], done) for name in OURS},
        "left": left,
        "memory_mib": memory,
        "wrong": wrong,
    }


def _growth(readings: Sequence[int], clips: int) -> dict[str, float]:
    """MiB at the end of each quarter, and what the straight line through the second half gains in 100 clips.

    Readings are as far apart as clips end: evenly, for the queue is never empty.
    """
    second = np.asarray(readings[len(readings) // 2 :], dtype=np.float64)
    at = np.linspace(clips / 2, clips, len(second))
    slope = float(np.polyfit(at, second, 1)[0]) * 100 if len(second) > 1 else 0.0
    quarters = [int(np.median(part)) for part in np.array_split(np.asarray(readings), 4)]
    return {"mib_by_quarter": quarters, "mib_in_100_clips": round(slope, 2), "most_mib": int(max(readings))}


def _left(here: Stand) -> dict[str, Any]:
    """What lies in temporary folders, in the workers' cache, in the database, in the store and in the broker."""
    with here.context.database.read() as repo:
        tables = Base.metadata.sorted_tables
        rows = {table.name: repo.session.scalar(select(func.count()).select_from(table)) for table in tables}
    broker = redis.Redis(port=here.redis.port)
    objects = [item.key for item in here.context.store.list("")]
    return {
        "temporary_files": sorted(path.name for path in (here.folder / "tmp").iterdir()),
        "files_of_cache": sorted(path.name for path in (here.folder / "data" / "cache").iterdir())[:20],
        "count_of_cache": sum(1 for _ in (here.folder / "data" / "cache").iterdir()),
        "rows": rows,
        "objects": len(objects),
        "objects_of_work": sum("/work/" in key for key in objects),
        "objects_incoming": sum("/incoming/" in key for key in objects),
        "broker_keys": sorted(key.decode() for key in broker.keys("*")),
    }
