"""The boxes of an ISO file (mp4, mov, m4a, 3gp, avif), looked at before a demuxer allocates what they promise.

Structure as in ISO/IEC 14496-12. Nothing here reads sample data, and no table is read beyond its counts.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from unmask.errors import Encrypted, NotMedia, TooLong, TooManyPixels, Truncated, UnsupportedContainer

MAX_SAMPLES = 8_000_000
"""Most samples of all tracks together: 6 hours at 120 frames and 94 sound packets a second have 4.6 million."""

_MAX_BOXES = 300_000
_MAX_EDITED = 50_000_000
_DEEPEST = 8
_FIRST = {b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp", b"moof", b"sidx", b"emsg"}
_INSIDE = {b"moov", b"trak", b"mdia", b"minf", b"dinf", b"stbl", b"edts", b"moof", b"traf", b"rmra"}
_PROTECTED = {b"encv", b"enca", b"drmi", b"drms", b"p608"}


@dataclass(frozen=True, slots=True)
class Box:
    """One box: its four letters, where its payload lies, and where it says that it ends."""

    kind: bytes
    body: int
    end: int


@dataclass(slots=True)
class _Track:
    handler: bytes = b""
    samples: int = 0
    edits: int = 0
    external: bool = False


def is_iso(head: bytes) -> bool:
    """Whether the file's first bytes are those of an ISO or QuickTime file."""
    return head[4:8] in _FIRST


def check_boxes(path: Path, max_pixels: int) -> bool:
    """Refuse an ISO file that can't be or must not be opened; True when its last box reaches beyond the file's end.

    Raises:
        Truncated: no index (`moov`), or one that ends beyond the file or lists data that the file can't hold.
        Encrypted: a sample entry of a protected stream.
        TooManyPixels: a sample entry declares a larger picture.
        TooLong: more samples than any media within the limits can have.
        UnsupportedContainer: sound or picture lie in other files, or the index is compressed.
        NotMedia: more boxes than any real file has.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        walk = _Walk(file, size, max_pixels)
        walk.children(0, size)
    if not walk.has_index:
        raise Truncated("The file ends before its index (moov), or has lost it.")
    for track in walk.tracks:
        if track.external and track.handler in {b"vide", b"soun"}:
            raise UnsupportedContainer("The file refers to other files for its picture or sound.")
    return walk.cut


class _Walk:
    def __init__(self, file: BinaryIO, size: int, max_pixels: int) -> None:
        self.file, self.size, self.max_pixels = file, size, max_pixels
        self.has_index = self.cut = False
        self.tracks: list[_Track] = []
        self.boxes = self.samples = 0
        self.checks: dict[bytes, Callable[[Box], None]] = {
            b"hdlr": self._hdlr,
            b"elst": self._elst,
            b"dref": self._dref,
            b"stsd": self._stsd,
            b"stsz": self._stsz,
            b"trun": self._trun,
        }

    def children(self, start: int, end: int, depth: int = 0) -> None:
        """Visit the boxes in `[start, end)`, those inside them included."""
        for box in self._boxes(start, end):
            if depth == 0 and box.end > self.size:
                if box.kind == b"moov":
                    raise Truncated("The file ends inside its index (moov).")
                self.cut = True
            if box.kind in {b"moov", b"moof"} or (box.kind == b"meta" and depth == 0):  # meta: a picture's index
                self.has_index = True
            if box.kind == b"trak":
                self.tracks.append(_Track())
            if box.kind in {b"cmov", b"rmra"}:
                raise UnsupportedContainer("The file holds a compressed index or refers to other files.")
            if box.kind in _INSIDE and depth < _DEEPEST:
                self.children(box.body, min(box.end, self.size), depth + 1)
            elif box.kind in self.checks:
                self.checks[box.kind](box)

    def _boxes(self, start: int, end: int) -> Iterator[Box]:
        at = start
        while at + 8 <= end:
            self.boxes += 1
            if self.boxes > _MAX_BOXES:
                raise NotMedia("The file has more boxes than a real one.")
            length, kind = struct.unpack(">I4s", self._read(at, 8))
            body = at + 8
            if length == 1:
                length = int.from_bytes(self._read(body, 8), "big")
                body += 8
            if length == 0:
                length = end - at
            if length < body - at:
                return  # what follows is no box: a demuxer stops here too
            yield Box(kind, body, at + length)
            at += length

    def _read(self, at: int, count: int) -> bytes:
        self.file.seek(at, os.SEEK_SET)
        return self.file.read(count).ljust(count, b"\0")

    def _numbers(self, box: Box, count: int) -> tuple[int, ...]:
        """The first 32-bit numbers of a box, zero where it is shorter."""
        return struct.unpack(f">{count}I", self._read(box.body, 4 * count))

    def _count(self, samples: int) -> None:
        self.samples += samples
        if self.samples > MAX_SAMPLES:
            raise TooLong(f"The index lists more than {MAX_SAMPLES} samples.")

    def _hdlr(self, box: Box) -> None:
        # QuickTime has a second handler inside minf, of the data and not of the media: the first one counts.
        if self.tracks and not self.tracks[-1].handler:
            self.tracks[-1].handler = self._read(box.body + 8, 4)

    def _elst(self, box: Box) -> None:
        if self.tracks:
            self.tracks[-1].edits = self._numbers(box, 2)[1]

    def _dref(self, box: Box) -> None:
        entries = list(self._boxes(box.body + 8, min(box.end, self.size)))
        # Flag 1 says "in this file"; an entry without a location means the same in old camera files.
        outside = [e for e in entries if not self._read(e.body, 4)[3] & 1 and e.end - e.body > 5]
        if self.tracks and entries and len(outside) == len(entries):
            self.tracks[-1].external = True

    def _stsd(self, box: Box) -> None:
        for entry in self._boxes(box.body + 8, min(box.end, self.size)):
            if entry.kind in _PROTECTED:
                raise Encrypted("The file is protected by digital rights management.")
            if self.tracks and self.tracks[-1].handler == b"vide" and entry.end - entry.body >= 28:
                width, height = struct.unpack(">HH", self._read(entry.body + 24, 4))
                if width * height > self.max_pixels:
                    raise TooManyPixels(f"The picture is {width} x {height}, more than {self.max_pixels} pixels.")

    def _stsz(self, box: Box) -> None:
        _, each, count = self._numbers(box, 3)
        track = self.tracks[-1] if self.tracks else _Track()
        if each == 0 and 4 * count > box.end - box.body:
            raise Truncated("The index lists more samples than it holds.")
        # Raw sound has one "sample" for each instant, which a demuxer joins into larger packets.
        if track.handler != b"soun" or each == 0:
            if each * count > self.size + MAX_SAMPLES:
                raise Truncated("The index lists more data than the file holds.")
            self._count(count)
        if track.edits * count > _MAX_EDITED:
            raise TooLong("The file's edit list repeats its samples too often.")

    def _trun(self, box: Box) -> None:
        self._count(self._numbers(box, 2)[1])
