"""What a worker process holds of the machine's memory, and how it gives back what it no longer uses."""

from __future__ import annotations

import ctypes
import os
from functools import cache
from pathlib import Path
from typing import Any


def resident() -> int:
    """Bytes of memory that this process holds; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def release() -> None:
    """Give free memory back to the system, where the C library can (glibc's `malloc_trim`); elsewhere nothing happens.

    Arrays of one unit leave gaps between what stays, and the next unit's seldom fit: with every unit the process holds
    a little more, though nothing is kept.
    """
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def _trim() -> Any:
    try:
        return ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return None
