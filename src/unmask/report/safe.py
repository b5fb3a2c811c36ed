"""Text and files from outside, made safe to show: nothing in a report can hide, reorder or run."""

from __future__ import annotations

import base64
import unicodedata
from pathlib import Path

from markupsafe import Markup, escape

HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that have no picture of their own: control, format (bidi among them), surrogates, unassigned."""
LONGEST = 400
"""Most characters of one piece of foreign text that are shown."""
MOST_MARKS = 2
"""Accents on one letter; more of them only serve to deface a page."""
LARGEST_IMAGE = 8 * 1024 * 1024
"""Most bytes of a picture that is put into the page."""
LARGEST_CLIP = 3 * 1024 * 1024
"""Most bytes of a clip that is put into the page; a larger one stays beside it."""

_SIGNATURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"<?xml": "image/svg+xml",
    b"RIFF": "audio/wav",
}
_MP4 = b"ftyp"
"""At the fifth byte of an MP4 file."""


def visible(text: object, longest: int = LONGEST) -> Markup:
    """Foreign text as HTML: escaped, every hidden character shown by its code, its direction kept to itself."""
    parts = [
        Markup('<span class="odd" title="{}">{}</span>').format(_name(char), f"U+{ord(char):04X}")
        if hidden
        else escape(char)
        for char, hidden in _marked(str(text), longest)
    ]
    return Markup("<bdi>{}</bdi>").format(Markup("").join(parts))


def visible_text(text: object) -> str:
    """The same as plain text, for titles and descriptions of pictures."""
    return "".join(coded(char) if hidden else char for char, hidden in _marked(str(text)))


def coded(char: str) -> str:
    """A character by its code."""
    return f"⟨U+{ord(char):04X}⟩"


def _marked(text: str, longest: int = LONGEST) -> list[tuple[str, bool]]:
    """Characters with whether they are hidden ones; cut at `longest`."""
    found, marks = [], 0
    for char in text[:longest]:
        kind = category(char)
        marks = marks + 1 if kind in ("Mn", "Me") else 0
        found.append((char, kind in HIDDEN or marks > MOST_MARKS))
    if len(text) > longest:
        found.extend((char, False) for char in f" … ({len(text) - longest} more)")
    return found


def category(char: str) -> str:
    """The character's general category in Unicode."""
    return unicodedata.category(char)


def _name(char: str) -> str:
    return unicodedata.name(char, "hidden character")


def embed(folder: Path, artifact: str | None, largest: int = LARGEST_IMAGE) -> str | None:
    """A file below `folder` as a data URI; None when missing, of a kind not shown, too large or elsewhere."""
    if not artifact or "\x00" in artifact:
        return None
    root = folder.resolve()
    path = (root / artifact).resolve()
    if not path.is_relative_to(root) or not path.is_file() or path.stat().st_size > largest:
        return None
    data = path.read_bytes()
    kind = next((kind for start, kind in _SIGNATURES.items() if data.startswith(start)), None)
    kind = "video/mp4" if data[4:8] == _MP4 else kind
    return kind and f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"
