"""The parts of a file that may hold metadata, read in bounded pieces: everything but pictures and sound."""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from unmask.ingest.boxes import is_iso

PIECE = 8 * 1024 * 1024
"""Most bytes that are read from either end of one box, or of a file that has none."""
MOST = 64 * 1024 * 1024
"""Most bytes that are read of one file."""
MANIFEST = b"jumdc2pa\x00\x11\x00\x10\x80\x00\x00\xaa\x00\x38\x9b\x71"
"""How the description box of a manifest store begins (C2PA 2.1, 11.1.4.2), in whatever container it lies."""

_MOST_BOXES = 10_000
_SAMPLES = {b"mdat", b"free", b"skip", b"wide"}
_STREAM = 1024 * 1024


def metadata_regions(path: Path) -> Iterator[bytes]:
    """Pieces of the file in which metadata lie: the boxes of an ISO file but its samples; else beginning and end."""
    size = path.stat().st_size
    with path.open("rb") as file:
        left = MOST
        spans = _boxes(file, size) if is_iso(file.read(12)) else [(b"", 0, size)]
        for kind, start, end in spans:
            if kind in _SAMPLES:
                continue
            for piece in _ends(file, start, min(end, size)):
                left -= len(piece)
                if left < 0:
                    return
                yield piece


def stream_start(path: Path) -> bytes:
    """The first megabyte of the samples, where encoders leave their names; of the file, where it has no boxes."""
    with path.open("rb") as file:
        start = 0
        if is_iso(file.read(12)):
            bodies = (at for kind, at, _ in _boxes(file, path.stat().st_size) if kind == b"mdat")
            start = next(bodies, 0)
        file.seek(start)
        return file.read(_STREAM)


def has_manifest(path: Path) -> bool:
    """Whether a C2PA manifest store lies in the file. A file without one never gets to the native library."""
    with path.open("rb") as file:
        iso = is_iso(file.read(12))
        if not iso and path.stat().st_size:
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                return data.find(MANIFEST) >= 0
    return iso and any(MANIFEST in piece for piece in metadata_regions(path))


def _ends(file: BinaryIO, start: int, end: int) -> Iterator[bytes]:
    file.seek(start)
    yield file.read(min(PIECE, end - start))
    if end - start > PIECE:
        rest = max(start + PIECE, end - PIECE)
        file.seek(rest)
        yield file.read(end - rest)


def _boxes(file: BinaryIO, size: int) -> Iterator[tuple[bytes, int, int]]:
    """Kind, begin of the payload and end of each box at the top of an ISO file."""
    at = 0
    for _ in range(_MOST_BOXES):
        if at >= size:  # a length of 64 bits may lead to where no file can be read
            return
        file.seek(at)
        head = file.read(16)
        if len(head) < 8:
            return
        length, kind = struct.unpack(">I4s", head[:8])
        body = at + 8
        if length == 1 and len(head) == 16:
            length, body = int.from_bytes(head[8:], "big"), at + 16
        length = length or size - at
        if length < body - at:
            return
        yield kind, body, at + length
        at += length
