"""The files that belong to a record: what they are called, how large they are, and their hashes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

from unmask.result import RecordedFile

EVIDENCE = "evidence"
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*(/[a-zA-Z0-9][a-zA-Z0-9_.-]*)*")


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, read piece by piece."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def evidence_names(folder: Path) -> list[str]:
    """Names of the files below `evidence/`, as the document writes them."""
    found = (p for p in (folder / EVIDENCE).rglob("*") if p.is_file() and not p.is_symlink())
    return sorted(p.relative_to(folder).as_posix() for p in found)


def recorded(folder: Path, names: Iterable[str]) -> list[RecordedFile]:
    """The named files with size and hash, in the order of their names."""
    return [
        RecordedFile(name=name, bytes=(folder / name).stat().st_size, sha256=sha256_of(folder / name))
        for name in sorted(set(names))
    ]


def below(folder: Path, name: str) -> Path | None:
    """The file of that name below the folder; None where the name, or a link, leads elsewhere."""
    if not _NAME.fullmatch(name):
        return None
    path = (folder / name).resolve()
    return path if path.is_relative_to(folder.resolve()) else None
