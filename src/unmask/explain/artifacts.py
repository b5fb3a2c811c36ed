"""Where evidence is put: one small protocol, and the folder behind it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Protocol

from unmask.errors import SettingsError

_SAFE = re.compile(r"[a-z0-9][a-z0-9_.-]*(/[a-z0-9][a-z0-9_.-]*)*")


class Artifacts(Protocol):
    """Takes files by name and says under which path the result document refers to them."""

    def write(self, name: str, data: bytes) -> str:
        """Store `data` as `name`, for example "evidence/e1.png"; returns the path to put into the document."""
        ...


class Folder:
    """Artifacts as files below one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, name: str, data: bytes) -> str:
        """Write the file, making folders as needed. Raises ValueError for a name that could lead elsewhere."""
        if not _SAFE.fullmatch(name):
            raise ValueError(f"not an artifact's name: {name!r}")
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return name


def fresh_folder(root: Path) -> Folder:
    """A folder ready for an analysis: what an earlier one left under `evidence/` is taken away, nothing else.

    Raises:
        SettingsError: the folder can't be made or written to.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        old = root / "evidence"
        for file in old.iterdir() if old.is_dir() and not old.is_symlink() else ():
            if file.is_file() and not file.is_symlink():
                file.unlink()
    except OSError as refused:
        raise SettingsError(f"can't write to the output folder: {refused.strerror}") from refused
    return Folder(root)
