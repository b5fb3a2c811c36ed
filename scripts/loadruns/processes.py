"""What processes of the service hold, read from /proc."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.processor import family
from faultruns.stand import Stand

EVERY = 2.0
"""Seconds between two readings of memory."""
OURS = ("api", "worker", "beat")


def roots(here: Stand) -> dict[str, int]:
    """The first process of each part: of our three, and of the three servers."""
    return {name: here.process(name) for name in OURS} | here.servers()


def resident(root: int) -> int:
    """Proportional memory of a process and all below it, MiB: what they share counts once."""
    total = 0
    for one in family(root):
        try:
            total += int(Path(f"/proc/{one}/smaps_rollup").read_text().split("Pss:", 1)[1].split()[0])
        except (OSError, IndexError):  # it has ended
            continue
    return total // 1024


@contextmanager
def memory_read(here: Stand, every: float = EVERY) -> Iterator[list[dict[str, int]]]:
    """Mebibytes of API, workers and beat with all their children, read as long as the block runs."""
    found: list[dict[str, int]] = []
    over = threading.Event()

    def read() -> None:
        while not over.wait(every):
            found.append({name: resident(here.process(name)) for name in OURS})

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield found
    finally:
        over.set()
        reader.join()
