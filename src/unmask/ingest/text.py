"""Names and tags from outside, made harmless: they stay data, and can neither steer a terminal nor break a document."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping

MAX_NAME = 255
MAX_VALUE = 300
MAX_TAGS = 64
MAX_KEY = 64

# Cc: control, Cf: format (bidirectional overrides, zero width), Cs: lone surrogates, Zl and Zp: line separators.
_UNSAFE = {"Cc", "Cf", "Cs", "Zl", "Zp", "Co", "Cn"}


def clean(text: str, limit: int) -> str:
    """`text` without control, override and unassigned characters, white space joined, at most `limit` characters."""
    head = text[: 4 * limit]
    safe = "".join(" " if char in "\t\n\r" else char for char in head if char in "\t\n\r" or _is_safe(char))
    return " ".join(safe.split())[:limit]


def clean_name(name: str) -> str:
    """A file's name fit to be shown; "unnamed" when nothing of it is left."""
    return clean(name.replace("\\", "/").rsplit("/", 1)[-1], MAX_NAME) or "unnamed"


def clean_tags(parts: Iterable[tuple[str, Mapping[str, str]]]) -> dict[str, str]:
    """Tags of the container (prefix "") and of its streams ("video", "audio") as one mapping.

    Keys are lower case, "video.encoder" for a stream's; the first of two like keys stays; at most `MAX_TAGS`.
    """
    tags: dict[str, str] = {}
    for prefix, found in parts:
        for raw_key, raw_value in found.items():
            key, value = clean(raw_key, MAX_KEY).lower(), clean(raw_value, MAX_VALUE)
            if not key or not value or len(tags) >= MAX_TAGS:
                continue
            tags.setdefault(f"{prefix}.{key}" if prefix else key, value)
    return tags


def _is_safe(char: str) -> bool:
    return unicodedata.category(char) not in _UNSAFE
