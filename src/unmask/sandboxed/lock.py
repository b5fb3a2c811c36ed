"""Locks the present process in: limits of memory and time, no writing, no network, no programs, one file to read."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from unmask.sandboxed import landlock, seccomp

OPEN_FILES = 64
LAST_SECONDS = 5
_NEW_USER, _NEW_NET = 0x10000000, 0x40000000
_SET_DUMPABLE = 4


@dataclass(frozen=True, slots=True)
class Locks:
    """What holds: `files` is Landlock's version, `calls` the filter of system calls; `network` is what keeps it shut.

    `limits` are those of memory, time and files, which every system has.
    """

    limits: bool
    calls: bool
    files: int
    network: str

    def to_dict(self) -> dict[str, object]:
        """As JSON knows it."""
        return asdict(self)


def lock(memory: int, processor: float, readable: Iterable[str]) -> Locks:
    """Give up everything that decoding does not need; it can't be had back.

    `memory` is the address space in bytes, `processor` seconds of processor time, `readable` the media's own files.
    What the system does not offer is left out, and the answer says so.

    Raises:
        OSError: a limit can't be set.
    """
    _limit(memory, processor)
    calls, files = False, 0
    with contextlib.suppress(OSError):
        seccomp.give_up_privileges()
        with contextlib.suppress(OSError):
            files = landlock.restrict([*readable, *_own_code()])
        calls = seccomp.restrict()
    network = "seccomp" if calls else "namespace" if _leave_network() else "landlock" if files >= 4 else "open"
    return Locks(limits=True, calls=calls, files=files, network=network)


def _limit(memory: int, processor: float) -> None:
    seconds = max(1, round(processor))
    limits = {
        resource.RLIMIT_AS: (memory, memory),
        resource.RLIMIT_CPU: (seconds, seconds + LAST_SECONDS),  # the first one says why it ends, the second is sure
        resource.RLIMIT_FSIZE: (0, 0),
        resource.RLIMIT_CORE: (0, 0),
        resource.RLIMIT_NOFILE: (OPEN_FILES, OPEN_FILES),
    }
    for what, wanted in limits.items():
        most = resource.getrlimit(what)[1]
        soft, hard = (limit if most == resource.RLIM_INFINITY else min(limit, most) for limit in wanted)
        resource.setrlimit(what, (soft, hard))
    ctypes.CDLL(None).prctl(_SET_DUMPABLE, 0, 0, 0, 0)


def _own_code() -> list[str]:
    """Folders of Python and its packages: a module or a codec may be loaded late; and how many processors there are."""
    here = Path(__file__).resolve().parents[1]
    places = {str(here), sys.prefix, sys.base_prefix, "/sys/devices/system/cpu"}
    return sorted(os.path.realpath(place) for place in places)


def _leave_network() -> bool:
    return bool(ctypes.CDLL(None).unshare(_NEW_USER | _NEW_NET) == 0)
