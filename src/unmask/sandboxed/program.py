"""The nursery: a process that has loaded the decoders, has seen no media, and forks a sandbox for every job.

Run as a program: `python -I program.py SOCKET FOLDER`, SOCKET being the number of its end of the control socket and
FOLDER where the package lies. It ends when the other end is closed, and what it forked ends with it.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any, NoReturn

REMEMBERED = 256
"""Sandboxes that have ended whose status is kept."""

_DIE_WITH_PARENT = 1


def main(number: int) -> None:
    """Serve one process until it closes its end: fork, kill, and say what became of a fork."""
    control = socket.socket(fileno=number)
    ended: dict[int, int] = {}

    def reap(*_: object) -> None:
        with contextlib.suppress(ChildProcessError):
            while (gone := os.waitpid(-1, os.WNOHANG))[0]:
                ended[gone[0]] = gone[1]

    for unwanted in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(unwanted, signal.SIG_IGN)  # the end of the process that asks is our end, nothing else is
    signal.signal(signal.SIGCHLD, reap)
    from unmask.sandboxed import jobs

    jobs.load()
    gc.collect()
    gc.freeze()
    forked: set[int] = set()
    while True:
        data, given, _, _ = socket.recv_fds(control, 4096, 2)
        if not data:
            return
        asked = json.loads(data)
        answer: dict[str, Any] = {"id": asked["id"]}
        if asked["do"] == "fork":
            try:
                pid = answer["pid"] = _fork(control, given)
                forked.add(pid)
                ended.pop(pid, None)  # of an earlier process with this number
            except OSError as refused:
                answer["error"] = str(refused)
            for handle in given:
                os.close(handle)
        else:
            answer["status"] = _end(asked["pid"], forked, ended, reap)
        control.send(json.dumps(answer).encode("ascii"))


def _end(pid: int, forked: set[int], ended: dict[int, int], reap: Callable[[], None]) -> int | None:
    """Kill a sandbox that lives; the wait status of one that does not. What nobody asks for is forgotten in time."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    reap()
    if pid in forked and pid not in ended:  # not waited for, so the number is still its own
        os.kill(pid, signal.SIGKILL)
    status = ended.get(pid)
    for old in list(ended)[:-REMEMBERED]:
        del ended[old]
        forked.discard(old)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
    return status


def _fork(control: socket.socket, given: list[int]) -> int:
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            _leave(1)
        control.close()
        from unmask.sandboxed.jobs import serve

        serve(socket.socket(fileno=given[0]), given[1])
        code = 0
    except SystemExit:
        code = 0
    except MemoryError:
        code = 2
    finally:
        _leave(code)


def _leave(code: int) -> NoReturn:
    """Without the clearing up of an interpreter that another process still uses."""
    os._exit(code)


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[2])
    main(int(sys.argv[1]))
