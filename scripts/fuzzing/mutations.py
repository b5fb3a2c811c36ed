"""What is done to good files to make hostile ones. Everything is drawn from the random source that is given."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping

from fuzzing.corpus import CORPUS

__all__ = ["CORPUS", "MUTATIONS", "make_case"]

Draw = random.Random
Mutation = Callable[[Draw, bytes], bytes]

HUGE = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 1_000_000_000)


def flipped_bits(draw: Draw, data: bytes) -> bytes:
    """A few bits anywhere."""
    out = bytearray(data)
    for _ in range(draw.choice((1, 2, 8, 64, 500))):
        out[draw.randrange(len(out))] ^= 1 << draw.randrange(8)
    return bytes(out)


def flipped_head(draw: Draw, data: bytes) -> bytes:
    """A few bytes among the first and the last four thousand, where indexes lie."""
    out = bytearray(data)
    for _ in range(draw.choice((1, 3, 20))):
        at = draw.randrange(min(4096, len(out)))
        out[at if draw.random() < 0.5 else len(out) - 1 - at] = draw.randrange(256)
    return bytes(out)


def truncated(draw: Draw, data: bytes) -> bytes:
    """Cut off anywhere."""
    return data[: draw.randrange(1, len(data))]


def hole(draw: Draw, data: bytes) -> bytes:
    """A stretch missing, zeroed or repeated."""
    at, length = draw.randrange(len(data)), draw.choice((1, 7, 188, 4096, 60_000))
    middle = {0: b"", 1: bytes(length), 2: data[at : at + length] * 2}[draw.randrange(3)]
    return data[:at] + middle + data[at + length :]


def spliced(draw: Draw, data: bytes) -> bytes:
    """The beginning of the file, and its end, or noise, in the wrong place."""
    at = draw.randrange(len(data))
    return data[:at] + (draw.randbytes(draw.randrange(1, 5000)) if draw.random() < 0.5 else data[::-1][:at])


def huge_numbers(draw: Draw, data: bytes) -> bytes:
    """32-bit numbers of an index replaced by extreme ones: a billion frames, sizes beyond the file."""
    out = bytearray(data)
    for _ in range(draw.choice((1, 2, 5))):
        spot = _box_at(draw, data) if draw.random() < 0.7 else draw.randrange(max(1, len(data) - 4))
        struct.pack_into(">I", out, min(spot, len(out) - 4), draw.choice(HUGE))
    return bytes(out)


def box_sizes(draw: Draw, data: bytes) -> bytes:
    """A box that claims another length."""
    found = list(_boxes(data))
    if not found:
        return flipped_head(draw, data)
    at = draw.choice(found)
    out = bytearray(data)
    struct.pack_into(">I", out, at, draw.choice((0, 1, 4, 7, 8, 9, len(data), len(data) * 2, 0xFFFF_FFFF)))
    return bytes(out)


def box_names(draw: Draw, data: bytes) -> bytes:
    """A box that takes another's name: tables where none are expected, and cycles of containers."""
    found = list(_boxes(data))
    if len(found) < 2:
        return flipped_head(draw, data)
    one, other = draw.sample(found, 2)
    out = bytearray(data)
    out[one + 4 : one + 8] = data[other + 4 : other + 8]
    return bytes(out)


def box_bomb(draw: Draw, data: bytes) -> bytes:
    """Boxes within boxes, or very many of them, before the rest of the file."""
    kind = draw.choice((b"moov", b"trak", b"meta", b"free", b"udta", b"moof"))
    if draw.random() < 0.5:
        bomb = b""
        for _ in range(draw.choice((10, 200, 3000))):
            bomb = struct.pack(">I4s", len(bomb) + 8, kind) + bomb
    else:
        bomb = struct.pack(">I4s", 8, kind) * draw.choice((100, 5000, 400_000))
    at = next(_boxes(data), 0)
    end = at + int.from_bytes(data[at : at + 4], "big") if data[4:8] == b"ftyp" else 0
    return data[:end] + bomb + data[end:]


def wild_tables(draw: Draw, data: bytes) -> bytes:
    """Entries of the tables of chunks and samples that point at each other, at themselves, or nowhere."""
    out = bytearray(data)
    names = [n for n in (b"stco", b"co64", b"stsc", b"stsz", b"stts", b"ctts", b"stss", b"elst") if n in data]
    if not names:
        return huge_numbers(draw, data)
    at = data.find(draw.choice(names)) + 8
    for _ in range(draw.choice((1, 4, 30))):
        spot = min(at + 4 * draw.randrange(60), len(out) - 4)
        struct.pack_into(">I", out, spot, draw.choice((at, spot, 0, len(data) - 1, *HUGE)))
    return bytes(out)


def huge_picture(draw: Draw, data: bytes) -> bytes:
    """Dimensions in the sample entry, or in a PNG's or GIF's header, that no memory holds."""
    side = draw.choice((0, 1, 9000, 30_000, 65_535))
    out = bytearray(data)
    if data.startswith(b"\x89PNG"):
        struct.pack_into(">II", out, 16, side * draw.choice((1, 1000)), side)
        struct.pack_into(">I", out, 29, zlib.crc32(bytes(out[12:29])))
    elif data.startswith(b"GIF8"):
        struct.pack_into("<HH", out, 6, side, side)
    else:
        for name in (b"avc1", b"hvc1", b"mp4v"):
            at = data.find(name)
            if at > 0:
                struct.pack_into(">HH", out, min(at + 28, len(out) - 4), side, draw.choice((side, 2)))
    return bytes(out)


def disguised(draw: Draw, data: bytes) -> bytes:
    """Something else under a media's first bytes, or a media behind something else."""
    other = draw.choice((
        b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"<?xml version='1.0'?><MPD><BaseURL>http://127.0.0.1:1/</BaseURL></MPD>",
        b"WEBVTT\n\n00:00.000 --> 00:10.000\nhello\n",
        b"1\n00:00:00,000 --> 00:00:10,000\nhello\n",
        b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
        b"PK\x03\x04" + bytes(200),
        b"GIF89a\xff\xff\xff\xff\x80\0\0" + bytes(300),
        b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\x7f\xff\xff\xff\x7f\xff\xff\xff\x08\x06\0\0\0",
        b"OggS" + bytes(24),
        b"\x1a\x45\xdf\xa3" + bytes(40),
    ))  # fmt: skip
    head = data[: draw.choice((4, 8, 12, 24, 32))]
    return draw.choice((other + data, head + other, other + bytes(70_000), data[:2000] + other + data[2000:], other))


def extras(draw: Draw, data: bytes) -> bytes:
    """Tags, XMP and manifests that are large, deep or broken, as boxes or segments beside the media."""
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + b"<rdf:li>" * draw.choice((1, 500, 60_000)) + b"</x:xmpmeta>"
    body = draw.choice((
        xmp,
        b"<x:xmpmeta><!DOCTYPE a [<!ENTITY b 'bbbb'>]></x:xmpmeta>",
        draw.randbytes(draw.choice((10, 5000))),
        struct.pack(">I4s", 0xFFFF_FFFF, b"jumb") + b"jumdc2pa\0\x11\0\x10\x80\0\0\xaa\0\x38\x9b\x71" + bytes(200),
        struct.pack(">I4s", 40, b"ilst") + b"\xa9too" + draw.randbytes(24),
    ))  # fmt: skip
    if data.startswith(b"\xff\xd8"):
        return data[:2] + b"\xff\xe1" + struct.pack(">H", min(65_535, len(body) + 2)) + body[:65_533] + data[2:]
    box = struct.pack(">I4s", len(body) + 8, draw.choice((b"uuid", b"udta", b"meta", b"free"))) + body
    return data + box if draw.random() < 0.5 else data[:32] + box + data[32:]


def noise(draw: Draw, data: bytes) -> bytes:
    """The first bytes of a media, then noise."""
    return data[: draw.choice((4, 12, 64, 600))] + draw.randbytes(draw.choice((10, 3000, 100_000)))


MUTATIONS: Mapping[str, Mutation] = {
    made.__name__: made
    for made in (
        flipped_bits, flipped_head, truncated, hole, spliced, huge_numbers, box_sizes, box_names, box_bomb, wild_tables,
        huge_picture, disguised, extras, noise,
    )
}  # fmt: skip


def make_case(draw: Draw, number: int, corpus: Mapping[str, bytes]) -> tuple[str, bytes]:
    """The name "mutation/file" and the bytes of a case; every mutation in turn, now and then two of them."""
    names = list(MUTATIONS)
    mutation = names[number % len(names)]
    origin = draw.choice(sorted(corpus))
    data = MUTATIONS[mutation](draw, corpus[origin])
    if draw.random() < 0.2 and data:
        second = draw.choice(names[:8])
        data = MUTATIONS[second](draw, data)
    return f"{mutation}/{origin}", data[:4_000_000] or b"\0"


def _boxes(data: bytes) -> Iterator[int]:
    """Where something that looks like a box of an ISO file begins."""
    for name in (b"ftyp", b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"stts", b"stsc", b"stsz", b"stco",
                 b"elst", b"edts", b"mvhd", b"tkhd", b"mdhd", b"hdlr", b"dref", b"ctts", b"mdat", b"udta"):  # fmt: skip
        at = data.find(name)
        while at >= 4:
            yield at - 4
            at = data.find(name, at + 4)


def _box_at(draw: Draw, data: bytes) -> int:
    found = list(_boxes(data))
    return draw.choice(found) + 8 + 4 * draw.randrange(12) if found else draw.randrange(max(1, len(data) - 4))
