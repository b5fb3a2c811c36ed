"""EXIF and text chunks of a still picture, as fields to look for names in."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from unmask.ingest.stills import opener

LONGEST = 64 * 1024
"""Most characters that are looked at of one value; generation parameters run to some thousand."""
MOST_CHUNKS = 64

_EXIF_IFD = 0x8769
_USER_COMMENT = 0x9286
_NAMES = {0x010F: "make", 0x0110: "model", 0x0131: "software", 0x010E: "imagedescription", 0x013B: "artist"}
_CHARSETS = {b"ASCII\0\0\0": "latin-1", b"UNICODE\0": "utf-16-be", b"\0" * 8: "latin-1"}


def still_tags(path: Path, kind: str) -> Iterator[tuple[str, str]]:
    """Names ("exif.make", "text.parameters") and values of a picture; nothing where they are damaged."""
    try:
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of damaged tags
            picture = opener(kind)(file)
            found = [*_exif(picture), *_texts(picture)]
    except Exception:  # whatever is wrong with them: optional tags that can't be read count as none
        return
    yield from found


def _exif(picture: Any) -> Iterator[tuple[str, str]]:
    exif = picture.getexif()
    for tag, name in _NAMES.items():
        if text := _as_text(exif.get(tag)):
            yield f"exif.{name}", text
    comment = exif.get_ifd(_EXIF_IFD).get(_USER_COMMENT)
    if isinstance(comment, bytes) and len(comment) > 8:
        charset = _CHARSETS.get(comment[:8])
        # Writers do not agree on the order of the bytes: that with fewer zeros in front is the right one.
        if charset == "utf-16-be" and comment[9:10] == b"\0":
            charset = "utf-16-le"
        body = comment[8:] if charset else comment
        yield "exif.usercomment", body[: 2 * LONGEST].decode(charset or "utf-8", "replace")[:LONGEST]


def _texts(picture: Any) -> Iterator[tuple[str, str]]:
    for key, value in list(picture.info.items())[:MOST_CHUNKS]:
        if isinstance(key, str) and isinstance(value, str):
            yield f"text.{key.lower()}", value[:LONGEST]
    comment = picture.info.get("comment")
    if isinstance(comment, bytes):
        yield "text.comment", _as_text(comment)


def _as_text(value: Any) -> str:
    if isinstance(value, bytes):
        value = value[:LONGEST].decode("utf-8", "replace")
    return value[:LONGEST].strip("\0 ") if isinstance(value, str) else ""
