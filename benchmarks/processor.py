"""What a process and all below it have used, read from /proc (Linux)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


def processor_seconds(root: int) -> float:
    """Processor seconds of a process and all below it, those that have ended included."""
    found = _all()
    parents = {one: parent for one, parent, _ in found}
    return sum(used for one, _, used in found if _below(one, root, parents)) / TICK


def family(root: int) -> list[int]:
    """A process and all below it that live."""
    parents = {one: parent for one, parent, _ in _all()}
    return [one for one in parents if _below(one, root, parents)]


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
