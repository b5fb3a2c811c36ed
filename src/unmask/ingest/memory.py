"""Whether a library that could not allocate was short of memory, or was asked for too much by a header that lies."""

from __future__ import annotations

import mmap

ROOM = 256 * 1024 * 1024
"""Bytes that are still to be had where memory is not short: several pictures of the largest size."""


def raise_if_short(error: Exception) -> None:
    """Raise MemoryError when `error` is one and memory is short; a lie of the file is damage like any other."""
    if isinstance(error, MemoryError) and _is_short():
        raise MemoryError("the limit of memory is reached") from error


def _is_short() -> bool:
    try:
        mmap.mmap(-1, ROOM, access=mmap.ACCESS_READ).close()  # address space alone: a buffer would be filled with zeros
    except (OSError, MemoryError):
        return True
    return False
