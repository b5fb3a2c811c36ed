"""Names of workers, from which another process on the same machine can tell whether they still live."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from ulid import ULID


def process_name() -> str:
    """How all names of this process begin: host, number, and when it began. It does one unit at a time."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{_began(os.getpid())}:"


def owner_name() -> str:
    """A new name for one holding of one unit: that of the process, and a part of its own."""
    return f"{process_name()}{ULID()}"


def is_dead(owner: str) -> bool:
    """Whether the worker is certainly dead: it ran on this machine, and its process is gone. False when in doubt."""
    return _lives(owner) is False


def is_alive(owner: str) -> bool:
    """Whether the worker is certainly alive: it runs on this machine. A busy machine may keep it from saying so."""
    return _lives(owner) is True


def _lives(owner: str) -> bool | None:
    """None for a worker of another machine, or of nobody's naming."""
    parts = owner.rsplit(":", 3)
    if len(parts) != 4 or parts[0] != socket.gethostname()[:40] or not parts[1].isdigit():
        return None
    return bool(parts[2]) and _began(int(parts[1])) == parts[2]


def _began(process: int) -> str:
    """When a process began, in clock ticks since boot; empty where there is none, or only its remains."""
    try:
        text = Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    state, *rest = text.rpartition(")")[2].split()
    return "" if state in "ZX" else rest[18]
