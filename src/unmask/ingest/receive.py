"""Receive: the bytes come in as a stream, are limited, hashed and kept in a file that is ours alone."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from unmask.errors import EmptyFile, FileMissing, NotAFile, TooLarge

RECEIVED_NAME = "media"
"""Name of the received file: no extension, so that nothing can be guessed from it, and no character of the user's."""

_CHUNK = 1 << 20
_NO_RANGE_COPY = {errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM, errno.ETXTBSY, errno.EBADF}

# Moves at most `limit` bytes into the open destination and returns them, as they lie there; b"" at the end.
_Step = Callable[[BinaryIO, int], bytes]


@dataclass(frozen=True, slots=True)
class Received:
    """A file that was taken in whole: where it lies, its length in bytes and its SHA-256 (lower-case hex)."""

    path: Path
    size: int
    sha256: str


def receive(source: BinaryIO, into: Path, max_bytes: int) -> Received:
    """Read `source` to its end into the folder `into` (made when absent), in bounded memory.

    The file appears under its name only when it is whole; a failure leaves nothing behind.

    Raises:
        EmptyFile: the source has no bytes.
        TooLarge: it has more than `max_bytes`; reading stops there.
    """

    def step(target: BinaryIO, limit: int) -> bytes:
        data = source.read(limit)
        target.write(data)
        return data

    return _keep(step, into, max_bytes)


def receive_file(path: Path, into: Path, max_bytes: int) -> Received:
    """Copy the file at `path` into the folder `into`, without ever waiting on it and without trusting its name.

    A copy, not a link: the bytes must not change under the analysis. Where the file system can share the bytes
    between two files (`copy_file_range`), it does; the hash is always that of the copy.

    Raises:
        FileMissing: nothing is there, a link leads nowhere, or it may not be read.
        NotAFile: a folder, fifo, socket or device.
        EmptyFile, TooLarge: as `receive`.
    """
    handle = _open_regular(path)
    with os.fdopen(handle, "rb", buffering=0) as source:
        if os.fstat(handle).st_size > max_bytes:
            raise TooLarge(f"The file has more than {max_bytes} bytes.")
        return _keep(_file_step(source), into, max_bytes)


def _open_regular(path: Path) -> int:
    try:
        # The kind is asked first: opening a fifo waits and opening a device can have effects.
        if not stat.S_ISREG(path.stat().st_mode):
            raise NotAFile("The path names a folder, a pipe, a socket or a device, not a file.")
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise FileMissing("There is no file at that path.") from error
    except PermissionError as error:
        raise FileMissing("The file may not be read.") from error
    except (OSError, ValueError) as error:  # a loop of links, a name too long, a zero byte in the name
        raise FileMissing("The path can't be opened.") from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):  # exchanged between the two calls
        os.close(handle)
        raise NotAFile("The path names a folder, a pipe, a socket or a device, not a file.")
    return handle


def _file_step(source: BinaryIO) -> _Step:
    by_range = hasattr(os, "copy_file_range")

    def step(target: BinaryIO, limit: int) -> bytes:
        nonlocal by_range
        if by_range:
            try:
                moved = os.copy_file_range(source.fileno(), target.fileno(), limit)
            except OSError as error:
                if error.errno not in _NO_RANGE_COPY:
                    raise
                moved = 0
            if moved:
                return os.pread(target.fileno(), moved, os.lseek(target.fileno(), 0, os.SEEK_CUR) - moved)
            by_range = False  # not possible here, or the end, or a file whose size is not known before it is read
        data = source.read(limit)
        target.write(data)
        return data

    return step


def _keep(step: _Step, into: Path, max_bytes: int) -> Received:
    into.mkdir(parents=True, exist_ok=True)
    part = into / f"{RECEIVED_NAME}.part"
    digest, size = hashlib.sha256(), 0
    try:
        with part.open("w+b", buffering=0) as target:
            # One byte beyond the limit is asked for, so that a file of exactly the limit is taken.
            while data := step(target, min(_CHUNK, max_bytes + 1 - size)):
                size += len(data)
                if size > max_bytes:
                    raise TooLarge(f"The file has more than {max_bytes} bytes.")
                digest.update(data)
        if not size:
            raise EmptyFile("The file has no bytes.")
        return Received(part.replace(into / RECEIVED_NAME), size, digest.hexdigest())
    finally:
        part.unlink(missing_ok=True)
