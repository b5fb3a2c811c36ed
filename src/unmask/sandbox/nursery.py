"""The process that forks sandboxes: started when the first one is needed, one for each process that asks."""

from __future__ import annotations

import atexit
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from unmask.errors import SandboxUnavailable

START_SECONDS = 300.0
"""Longest wait for a nursery that is just starting, on however busy a machine."""

_PACKAGE = Path(__file__).resolve().parents[1]
_PROGRAM = _PACKAGE / "sandboxed" / "program.py"
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2", "LC_ALL": "C.UTF-8"}
"""All that a nursery sees of an environment: one thread, or it could not fork, and little address space lost."""


class Nursery:
    """Forks sandboxes. Safe for several threads; after a fork of this process the child starts one of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._number = 0

    def warm(self) -> None:
        """Begin to load the decoders, and don't wait for it."""
        with self._lock:
            self._running()

    def fork(self, handles: Sequence[int]) -> int:
        """A new sandbox that holds these two file descriptors: its socket, and its memory. Returns its number.

        Raises:
            SandboxUnavailable: the system gives no more processes.
        """
        answer = self._ask({"do": "fork"}, handles)
        if "pid" not in answer:
            raise SandboxUnavailable(f"No process to decode in: {answer.get('error')}")
        return int(answer["pid"])

    def end(self, pid: int) -> int | None:
        """End a sandbox, whatever it does; its wait status where it had ended by itself before."""
        try:
            status = self._ask({"do": "end", "pid": pid}, ()).get("status")
        except SandboxUnavailable:
            return None  # a sandbox ends with its nursery
        return int(status) if status is not None else None

    def close(self) -> None:
        """End the nursery and all its sandboxes."""
        with self._lock:
            self._drop()

    def forget(self) -> None:
        """In a forked child: what there is belongs to the parent."""
        self._lock = threading.Lock()
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            self._process.returncode = 0  # not ours to wait for
        self._process = self._control = None

    def _ask(self, message: dict[str, Any], handles: Sequence[int]) -> dict[str, Any]:
        with self._lock:
            try:
                return self._exchange(self._running(), message, handles)
            except OSError:  # it died: a fresh one is as good
                self._drop()
            try:
                return self._exchange(self._running(), message, handles)
            except OSError as gone:
                self._drop()
                raise SandboxUnavailable("The process that decodes can't be started.") from gone

    def _exchange(self, control: socket.socket, message: dict[str, Any], handles: Sequence[int]) -> dict[str, Any]:
        self._number += 1
        number = self._number
        data = json.dumps({"id": number, **message}).encode("ascii")
        socket.send_fds(control, [data], list(handles))
        while True:
            answer = control.recv(4096)
            if not answer:
                raise ConnectionResetError("the nursery has ended")
            found: dict[str, Any] = json.loads(answer)
            if found["id"] == number:  # an older one was asked for by somebody who was interrupted
                return found

    def _running(self) -> socket.socket:
        if self._control is not None and self._process is not None and self._process.poll() is None:
            return self._control
        self._drop()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            command = [sys.executable, "-I", "-X", "utf8", str(_PROGRAM), str(theirs.fileno()), str(_PACKAGE.parent)]
            self._process = subprocess.Popen(  # noqa: S603 - the command is our own, and no shell reads it
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=_ENVIRONMENT,
                cwd="/",
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
        ours.settimeout(START_SECONDS)
        self._control = ours
        return ours

    def _drop(self) -> None:
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            try:
                self._process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process = self._control = None


nursery = Nursery()
atexit.register(nursery.close)
os.register_at_fork(after_in_child=nursery.forget)
