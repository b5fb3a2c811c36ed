"""What processes of the service hold and use, read from /proc."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from faultruns.stand import Stand

EVERY = 2.0
"""Seconds between two readings of memory."""
TICK = os.sysconf("SC_CLK_TCK")
OURS = ("api", "worker", "beat")


def roots(here: Stand) -> dict[str, int]:
    """The first process of each part: of our three, and of the three servers."""
    return {name: here.process(name) for name in OURS} | here.servers()


def processor_seconds(root: int) -> float:
    """Processor seconds of a process and all below it, those that have ended included."""
    parents = {one: parent for one, parent, _ in _all()}
    return sum(used for one, _, used in _all() if _below(one, root, parents)) / TICK


def resident(root: int) -> int:
    """Proportional memory of a process and all below it, MiB: what they share counts once."""
    parents = {one: parent for one, parent, _ in _all()}
    total = 0
    for one in parents:
        try:
            if _below(one, root, parents):
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


def _all() -> list[tuple[int, int, int]]:
    """(process, its parent, clock ticks used by it and by its children that have ended) of every process."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit():
                fields = _fields(folder)
                found.append((int(folder.name), int(fields[1]), sum(map(int, fields[11:15]))))
        except (OSError, IndexError, ValueError):
            continue
    return found


def _fields(folder: Path) -> list[str]:
    """The fields of /proc/PID/stat behind the name: state, parent, group, session, and so on (proc(5))."""
    return (folder / "stat").read_text().rsplit(")", 1)[1].split()


def _below(one: int, root: int, parents: Mapping[int, int]) -> bool:
    while one > 1:
        if one == root:
            return True
        one = parents.get(one, 0)
    return False
