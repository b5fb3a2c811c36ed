"""The chunks of a RIFF file (wav, avi), looked at before a demuxer allocates what they promise."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

from unmask.errors import Truncated

_STREAMED = 0xFFFFFFF0
"""From here on a length means "not known when it was written"."""

_MOST_CHUNKS = 10_000
_MOST_BEYOND = 1 << 20
_DATA = {b"data", b"movi", b"rec ", b"idx1", b"JUNK", b"FLLR", b"PAD "}


def is_riff(head: bytes) -> bool:
    """Whether the file's first bytes are those of a RIFF file."""
    return head[:4] in {b"RIFF", b"RIFX", b"RF64"}


def check_chunks(path: Path, head: bytes) -> bool:
    """True when the file is shorter than its header says; a streamed one says nothing.

    Raises Truncated when a chunk of facts (not of sound or pictures) reaches far beyond the file's end: a demuxer
    would make room for all of it.
    """
    size = path.stat().st_size
    if head[:4] == b"RIFX":
        return False
    with path.open("rb") as file:
        _walk(file, 12, size, size, 0)
    declared = int.from_bytes(head[4:8], "little")
    return declared < _STREAMED and declared + 8 > size + 1


def _walk(file: BinaryIO, at: int, end: int, size: int, depth: int) -> None:
    for _ in range(_MOST_CHUNKS):
        if at + 8 > end:
            return
        file.seek(at)
        kind, length = struct.unpack("<4sI", file.read(8).ljust(8, b"\0"))
        if kind == b"LIST":
            inner = file.read(4)
            if inner in _DATA:
                kind = inner
            elif depth < 4:
                _walk(file, at + 12, min(at + 8 + length, size), size, depth + 1)
        if kind not in _DATA and at + 8 + length > size + _MOST_BEYOND:
            raise Truncated("A part of the file's header reaches beyond its end.")
        at += 8 + length + (length & 1)
