"""Folders for what is worked on: gone with the block that made them, or swept away later if its process was killed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = "unmask-work-"
OWNER = ".owner"
"""The file by whose lock a folder's process shows that it lives; the system opens the lock when it dies."""

SETTLED = 60.0
"""Seconds after which a folder without that file was left half made."""


@contextmanager
def work_folder() -> Iterator[Path]:
    """A new folder, readable by this user alone, that is removed when the block ends."""
    sweep()
    with tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        owner = os.open(folder / OWNER, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(owner, fcntl.LOCK_EX)
            yield folder
        finally:
            os.close(owner)


def sweep() -> int:
    """Remove the folders of processes that are dead; how many there were. Never raises for what it can't remove."""
    gone = 0
    for folder in Path(tempfile.gettempdir()).glob(PREFIX + "*"):
        with contextlib.suppress(OSError):
            if folder.stat().st_uid == os.getuid() and not folder.is_symlink() and _is_left(folder):
                shutil.rmtree(folder, ignore_errors=True)
                gone += 1
    return gone


def _is_left(folder: Path) -> bool:
    try:
        owner = os.open(folder / OWNER, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return time.time() - folder.stat().st_mtime > SETTLED
    try:
        fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(owner)
    return True
