"""Tokens of links that show one result: made here, given once, kept as a hash.

A token is 256 random bits, so one SHA-256 is enough to keep, and looking it up by that hash tells nothing by its time.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass, field

_BYTES = 32
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class NewToken:
    """A fresh token. `text` is for whoever made it and is kept nowhere; `digest` (64 hex digits) is kept."""

    digest: str
    text: str = field(repr=False)


def make_token() -> NewToken:
    """A token that nobody has seen yet."""
    text = secrets.token_urlsafe(_BYTES)
    return NewToken(_digest(text), text)


def digest_of(text: str) -> str | None:
    """The hash under which a presented token is kept; None for what does not have the form of one."""
    return _digest(text) if _TOKEN.fullmatch(text) else None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
