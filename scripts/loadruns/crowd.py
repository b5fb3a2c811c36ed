"""Many uploads at once: what became of them, how long status calls took meanwhile, and memory over time."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from loadruns.client import Crowd
from loadruns.clips import looped
from loadruns.processes import OURS, memory_read
from loadruns.stands import doubled, usual


def many_uploads(uploads: int, clients: int, seconds: float) -> dict[str, Any]:
    """`uploads` clips of `seconds` each, by so many clients at once."""
    with TemporaryDirectory(prefix="unmask-crowd-") as work:
        data = looped(Path(work) / "clip.mp4", seconds).read_bytes()
        with usual(2) as here:
            crowd = Crowd(here, data, uploads)
            with memory_read(here) as memory:
                took = crowd.run(clients)
            wrong = crowd.not_done() + doubled(here, 10 * uploads)
    third = max(1, len(memory) // 3)
    flat = {
        name: [int(np.median([m[name] for m in part])) for part in (memory[third : 2 * third], memory[-third:])]
        for name in OURS
    }
    return {
        **crowd.figures(clients, seconds, took),
        "memory_mib_middle_and_last_third": flat,
        "memory_mib": memory,
        "wrong": wrong,
    }
