"""Landlock (kernel 5.13 and later): from here on only the named files can be opened, and those only for reading."""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Iterable

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
"""System calls; the same numbers on every machine."""

READ_FILE, READ_DIR = 1 << 2, 1 << 3
VERSION = 1
PATH_BENEATH = 1

FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""How many rights over files a version of the interface knows; later ones know no more."""
NET_RIGHTS = 2
"""Bind and connect of TCP, since version 4."""
SCOPES = 2
"""Abstract sockets and signals, since version 6."""


class _Ruleset(ctypes.Structure):
    _fields_ = [("files", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64)]


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32)]


def restrict(readable: Iterable[str]) -> int:
    """Allow nothing of the file system but reading these files and what lies below these folders; no TCP either.

    The process must have given up new privileges. Returns the version of the interface, 0 where the kernel has none.

    Raises:
        OSError: the kernel has Landlock, and refused.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(CREATE_RULESET, None, 0, VERSION)
    if version < 1:
        return 0
    handled = (1 << FILE_RIGHTS[min(version, max(FILE_RIGHTS))]) - 1
    rules = _Ruleset(handled, (1 << NET_RIGHTS) - 1, (1 << SCOPES) - 1)
    size = 8 if version < 4 else 16 if version < 6 else 24
    ruleset = _checked(libc.syscall(CREATE_RULESET, ctypes.byref(rules), size, 0))
    try:
        for path in readable:
            _allow(libc, ruleset, path)
        _checked(libc.syscall(RESTRICT_SELF, ruleset, 0))
    finally:
        os.close(ruleset)
    return int(version)


def _allow(libc: ctypes.CDLL, ruleset: int, path: str) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        folder = stat.S_ISDIR(os.fstat(place).st_mode)
        rule = _Beneath(READ_FILE | READ_DIR if folder else READ_FILE, place)
        _checked(libc.syscall(ADD_RULE, ruleset, PATH_BENEATH, ctypes.byref(rule), 0))
    finally:
        os.close(place)


def _checked(answer: int) -> int:
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"landlock: {os.strerror(number)}")
    return answer
