"""Our own files for the browser: read once, served under an address that changes with what is in them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent / "static"
KINDS = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Assets:
    """All files by their path below `static`, and the hash over all of them."""

    build: str
    files: dict[str, tuple[bytes, str]]


@cache
def assets() -> Assets:
    """What there is. Nothing else can be asked for, so no path of a request ever reaches the file system."""
    files = {
        path.relative_to(HERE).as_posix(): (path.read_bytes(), KINDS[path.suffix])
        for path in sorted(HERE.rglob("*"))
        if path.suffix in KINDS
    }
    digest = hashlib.sha256()
    for name, (data, _) in files.items():
        digest.update(name.encode() + b"\0" + hashlib.sha256(data).digest())
    return Assets(digest.hexdigest()[:12], files)
