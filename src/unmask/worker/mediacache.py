"""Media on a worker's own disk, by content: many units of one media on one host fetch its bytes once.

A decoder opens a file several times and reads it from many places, for every block of sound anew; so a file on disk
serves it better than ranges from the store (measured in docs/decisions/0010-workers.md). A unit gets a hard link of its
own, so what it reads can't be taken away under it, and the folder may be cleared at any time.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from unmask.errors import MediaError
from unmask.storage.base import Store
from unmask.worker.owner import is_dead, process_name

_CHUNK = 1 << 20
IN_USE = "in-use-"
"""How the folders of units begin; the name of their process follows."""


class MediaChanged(MediaError):
    """The bytes in the store are not those that were received."""

    code = "media_changed"
    http_status = 500


class MediaCache:
    """A folder with at most `most_bytes` of media, beside those in use. Safe for many processes at once."""

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self._folder = folder
        self._most = most_bytes
        folder.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def take(self, store: Store, key: str, sha256: str) -> Iterator[Path]:
        """A file with the media's bytes while the block runs; it must not be written to.

        Raises:
            StoreUnavailable, ObjectMissing: as the store.
            MediaChanged: the bytes are not those of that hash.
            OSError: the disk is full.
        """
        with self.scratch() as own:
            mine = own / "media"
            with self._lock(sha256):
                kept = self._folder / sha256
                if not kept.is_file():
                    self._fetch(store, key, sha256, kept)
                os.utime(kept)
                os.link(kept, mine)
            self._shrink(keep=sha256)
            yield mine

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder while the block runs. It bears the process's name: should that die, others know, and clear it."""
        with TemporaryDirectory(prefix=f"{IN_USE}{process_name()}", dir=self._folder) as own:
            yield Path(own)

    def _fetch(self, store: Store, key: str, sha256: str, kept: Path) -> None:
        part = self._folder / f"{sha256}.{os.getpid()}.part"
        try:
            store.download(key, part)
            if _hash(part) != sha256:
                raise MediaChanged("the media in the store is not what was received")
            part.replace(kept)
        finally:
            part.unlink(missing_ok=True)

    @contextmanager
    def _lock(self, sha256: str) -> Iterator[None]:
        """One process at a time fetches a media; the others wait for it."""
        with (self._folder / f"{sha256}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _shrink(self, keep: str) -> None:
        """Remove what was used longest ago, until the rest is small enough."""
        found = []
        for path in self._folder.iterdir():
            if len(path.name) == len(keep) and path.is_file():
                try:
                    found.append((path.stat().st_mtime, path.stat().st_size, path))
                except FileNotFoundError:  # another worker was quicker
                    continue
        total = sum(size for _, size, _ in found)
        for _, size, path in sorted(found):
            if total <= self._most:
                return
            if path.name != keep or self._most == 0:
                path.unlink(missing_ok=True)
                total -= size

    def forget(self, sha256: str) -> None:
        """Remove a media: its analysis has ended."""
        (self._folder / sha256).unlink(missing_ok=True)

    def clean(self, unused: float, longest: float) -> None:
        """Remove what no unit has used for `unused` seconds, and what units left that began `longest` seconds ago."""
        now = time.time()
        self.expire(unused, now)
        self.clear_leavings(longest, now)

    def expire(self, unused: float, now: float) -> int:
        """Remove media that no unit has used for `unused` seconds: no copy outlives its use. Returns how many."""
        gone = 0
        for path in self._folder.iterdir():
            try:
                if path.is_file() and now - path.stat().st_mtime > unused:
                    path.unlink()
                    gone += not path.name.endswith(".lock")
            except FileNotFoundError:
                continue
        return gone

    def clear_leavings(self, older_than: float, now: float) -> int:
        """Remove folders of units whose process died; returns how many.

        At once where the death is known, else once they are `older_than` seconds old.
        """
        gone = 0
        for path in self._folder.glob(f"{IN_USE}*"):
            try:
                if is_dead(path.name.removeprefix(IN_USE)) or now - path.stat().st_mtime > older_than:
                    shutil.rmtree(path, ignore_errors=True)
                    gone += 1
            except FileNotFoundError:
                continue
        return gone


def _hash(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            digest.update(piece)
    return digest.hexdigest()
