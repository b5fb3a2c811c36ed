"""Byte surgery on containers: change one box, element or field and keep all the others valid."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

PARENTS = {b"moov", b"trak", b"mdia", b"minf", b"dinf", b"stbl", b"edts", b"moof", b"traf", b"udta"}

Edit = Callable[[bytes], bytes]


def box(kind: bytes, payload: bytes) -> bytes:
    """An ISO box."""
    return struct.pack(">I4s", 8 + len(payload), kind) + payload


def boxes(data: bytes) -> list[tuple[bytes, bytes]]:
    """The boxes of `data` as (kind, payload), 64-bit lengths included."""
    found, at = [], 0
    while at + 8 <= len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        head = 8
        if length == 1:
            length, head = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        length = length or len(data) - at
        found.append((kind, data[at + head : at + length]))
        at += length
    return found


def edit_boxes(data: bytes, kind: bytes, edit: Edit, *, first_only: bool = False) -> bytes:
    """The file with the payload of every box of that kind changed, sizes of its parents corrected.

    Sample offsets are not corrected: use it on files whose index comes last, or keep the lengths.
    """
    done = False

    def walk(part: bytes) -> bytes:
        nonlocal done
        out = b""
        for name, payload in boxes(part):
            changed = payload
            if name == kind and not (done and first_only):
                changed, done = edit(payload), True
            elif name in PARENTS:
                changed = walk(payload)
            out += box(name, changed)
        return out

    result = walk(data)
    if not done:
        raise ValueError(f"no box {kind!r}")
    return result


def drop_box(data: bytes, kind: bytes) -> bytes:
    """The file without its top-level boxes of that kind."""
    return b"".join(box(name, payload) for name, payload in boxes(data) if name != kind)


def put(at: int, new: bytes) -> Edit:
    """An edit that overwrites bytes at an offset of the payload."""
    return lambda payload: payload[:at] + new + payload[at + len(new) :]


def number(value: int) -> bytes:
    """A 32-bit big-endian number."""
    return struct.pack(">I", value)


def replace_once(data: bytes, old: bytes, new: bytes) -> bytes:
    """Replace the first occurrence; it must be there."""
    if old not in data:
        raise ValueError(f"{old!r} is not in the file")
    return data.replace(old, new, 1)


def png_with_size(data: bytes, width: int, height: int) -> bytes:
    """The PNG with another size in its header, checksum corrected."""
    header = data[12:16] + struct.pack(">II", width, height) + data[24:29]
    return data[:12] + header + number(zlib.crc32(header)) + data[33:]


def jpeg_with_size(data: bytes, width: int, height: int) -> bytes:
    """The JPEG with another size in its frame header."""
    at = next(i for i in range(len(data)) if data[i] == 0xFF and data[i + 1] in {0xC0, 0xC1, 0xC2})
    return data[: at + 5] + struct.pack(">HH", height, width) + data[at + 9 :]


def _vint(data: bytes, at: int, keep_marker: bool) -> tuple[int, int]:
    length = 9 - data[at].bit_length()
    value = int.from_bytes(data[at : at + length], "big")
    return (value if keep_marker else value & ~(1 << 7 * length)), length


def insert_in_tracks(data: bytes, element: bytes) -> bytes:
    """The Matroska file with `element` added to its every TrackEntry; positions behind are not corrected."""

    def grow(part: bytes, path: tuple[int, ...]) -> bytes:
        out, at = b"", 0
        while at < len(part):
            kind, kind_length = _vint(part, at, keep_marker=True)
            size, size_length = _vint(part, at + kind_length, keep_marker=False)
            body_at = at + kind_length + size_length
            body = part[body_at : body_at + size]
            if kind == path[0]:
                body = grow(body, path[1:]) if len(path) > 1 else body + element
            out += part[at : at + kind_length] + (len(body) | 1 << 56).to_bytes(8, "big") + body
            at = body_at + size
        return out

    return grow(data, (0x18538067, 0x1654AE6B, 0xAE))


def ebml(kind: int, payload: bytes) -> bytes:
    """A short EBML element."""
    return kind.to_bytes((kind.bit_length() + 7) // 8, "big") + bytes([0x80 | len(payload)]) + payload
