"""One job in a sandbox, from outside: what it says is read as data of a stranger, and its end is a coded error."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import math
import mmap
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmask.errors import DecoderStopped, MediaError, UnmaskError
from unmask.sandbox.messages import FREE, KINDS, LARGEST, SLOTS, pack, unpack
from unmask.sandbox.nursery import nursery
from unmask.sandbox.settings import load_sandbox

Item = tuple[dict[str, Any], NDArray[Any] | None]

LONGEST_MESSAGE = 300
"""Characters of an error's text that are taken over from a sandbox."""

SMALL = 4096
"""Bytes of a slot for a job that gives no arrays."""

LARGEST_ARRAY = 512 * 1024 * 1024
"""Most bytes of one array: an hour of sound, or many pictures of the largest size."""

_SEALS = (fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL) if sys.platform == "linux" else 0
_told: set[str] = set()


def enabled() -> bool:
    """Whether media are decoded in sandboxes: on Linux, unless a setting says no. Raises SettingsError."""
    if sys.platform != "linux":
        _tell_once("media are decoded in this process: sandboxes need Linux")
        return False
    return load_sandbox().enabled


class Cell:
    """A sandbox with one job and one media. Calls follow each other; every one is read to its end or ends the cell.

    `slot` is how many bytes of an array travel at once, `processor` how many seconds of processor time the job may take
    beside those of the setting. `state` is what the job told last about itself.

    Raises:
        SandboxUnavailable: no process can be started.
        MediaError: the job can't begin.
    """

    def __init__(self, job: str, path: Path, about: dict[str, Any], *, slot: int, processor: float = 0.0) -> None:
        settings = load_sandbox()
        self.state: dict[str, Any] = {}
        self._silence = settings.silence
        self._memory_limit = settings.memory
        self._seconds = settings.processor + processor
        self._slot = slot
        self._pieces = 0
        self._pid: int | None = None
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with theirs, _shared(slot * SLOTS) as handle:
                self._memory = mmap.mmap(handle, slot * SLOTS, prot=mmap.PROT_READ)
                self._pid = nursery.fork([theirs.fileno(), handle])
        except BaseException:
            self._line.close()
            raise
        self._poll = select.poll()
        self._poll.register(self._line, select.POLLIN)
        real = os.path.realpath(path)
        limits = {"memory": settings.memory, "processor": self._seconds, "readable": [real]}
        self._send(pack({"job": job, "path": real, "about": about, **limits}))
        for _ in self._answers():  # a job that is ready has nothing to tell yet but its state
            raise self._stopped("it answered before it was asked")

    def call(self, name: str, /, **arguments: Any) -> Iterator[Item]:
        """What the job answers: values as JSON knows them, each with an array or without.

        Raises:
            DecoderStopped: the sandbox crashed, hung, or took more memory or time than it may.
            MediaError: as the job raised it.
        """
        whole = False
        try:
            self._send(pack({"call": name, "arguments": arguments}))
            yield from self._answers()
            whole = True
        finally:
            if not whole:
                self.close()

    @property
    def closed(self) -> bool:
        """Whether the sandbox is gone."""
        return self._pid is None

    def close(self) -> None:
        """End the sandbox, whatever it does."""
        pid, self._pid = self._pid, None
        if pid is not None:
            nursery.end(pid)
            self._line.close()
            self._memory.close()

    def __del__(self) -> None:
        with contextlib.suppress(Exception):
            self.close()

    def _answers(self) -> Iterator[Item]:
        while True:
            message = self._hear()
            kind = message.get("kind")
            if kind == "item":
                value, described = message.get("value"), message.get("array")
                if not isinstance(value, dict):
                    raise self._stopped("it answered what can't be read")
                yield value, None if described is None else self._array(described)
            elif kind == "end":
                state = message.get("state")
                self.state = state if isinstance(state, dict) else {}
                _tell_locks(self.state.get("locks"))
                return
            else:
                raise self._refused(message)

    def _array(self, described: dict[str, Any]) -> NDArray[Any]:
        try:
            kind = KINDS[described["type"]]
            shape = tuple(int(side) for side in described["shape"])
        except (KeyError, TypeError, ValueError) as wrong:
            raise self._stopped("it answered what can't be read") from wrong
        size = math.prod(shape) * kind.itemsize
        if len(shape) > 3 or min(shape, default=0) < 0 or size > LARGEST_ARRAY:
            raise self._stopped("it answered with more than it may")
        whole = np.empty(size, np.uint8)
        for at in range(0, max(1, size), self._slot):
            if at and self._hear().get("kind") != "piece":
                raise self._stopped("it answered what can't be read")
            count = min(self._slot, size - at)
            whole[at : at + count] = np.frombuffer(self._memory, np.uint8, count, self._pieces % SLOTS * self._slot)
            self._pieces += 1
            self._send(FREE)
        return whole.view(kind).reshape(shape)

    def _hear(self) -> dict[str, Any]:
        """The next message that is more than a sign of life."""
        while True:
            if self._pid is None:
                raise DecoderStopped("The decoder was ended.")
            if not self._poll.poll(self._silence * 1000):
                raise self._stopped(f"it made no step in {self._silence:g} seconds")
            try:
                data = self._line.recv(LARGEST + 1)
            except OSError:
                data = b""
            if not data:
                raise self._died()
            try:
                message = unpack(data)
            except ValueError as wrong:
                raise self._stopped("it answered what can't be read") from wrong
            if message.get("kind") != "alive":
                return message

    def _send(self, data: bytes) -> None:
        # one that has died says so where it is heard: there its status is asked for
        with contextlib.suppress(OSError):
            self._line.send(data)

    def _refused(self, message: dict[str, Any]) -> UnmaskError:
        """The error that a job told of: one of the known ones, or an end of the decoder."""
        code, text = str(message.get("code")), str(message.get("message"))[:LONGEST_MESSAGE]
        if code == "memory":
            return self._stopped(f"it needed more memory than its limit of {self._memory_limit} bytes")
        known = {kind.code: kind for kind in _all_below(MediaError)}.get(code)
        self.close()
        return known(text) if known else DecoderStopped(f"The decoder broke down on this file: {text}")

    def _died(self) -> DecoderStopped:
        pid, self._pid = self._pid, None
        assert pid is not None
        status = _fate(pid)
        self._line.close()
        self._memory.close()
        if status is None or os.WIFEXITED(status):
            code = None if status is None else os.WEXITSTATUS(status)
            if code == 2:
                return DecoderStopped(f"The decoder needed more memory than its limit of {self._memory_limit} bytes.")
            return DecoderStopped("The decoder ended by itself on this file.")
        number = os.WTERMSIG(status)
        if number == signal.SIGXCPU:
            return DecoderStopped(f"The decoder took more than {self._seconds:g} seconds of processor time.")
        return DecoderStopped(f"The decoder crashed on this file ({signal.Signals(number).name}).")

    def _stopped(self, why: str) -> DecoderStopped:
        self.close()
        return DecoderStopped(f"The decoder was stopped: {why}.")


def only_answer(
    job: str, path: Path, call: str, arguments: dict[str, Any], *, about: dict[str, Any] | None = None,
    slot: int = SMALL, processor: float = 0.0,
) -> Item:  # fmt: skip
    """The one answer of a job that is asked once. Raises as `Cell` and its calls."""
    cell = Cell(job, path, about or {}, slot=slot, processor=processor)
    try:
        found = list(cell.call(call, **arguments))
    finally:
        cell.close()
    if len(found) != 1:
        raise DecoderStopped("The decoder gave no answer.")
    return found[0]


@contextlib.contextmanager
def _shared(size: int) -> Iterator[int]:
    """Memory for two processes, of a size that neither can change any more."""
    handle = os.memfd_create("unmask", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        os.ftruncate(handle, size)
        fcntl.fcntl(handle, fcntl.F_ADD_SEALS, _SEALS)
        yield handle
    finally:
        os.close(handle)


def _fate(pid: int) -> int | None:
    """The wait status of a sandbox whose socket is closed; a moment may pass until its death is known."""
    for _ in range(100):
        status = nursery.end(pid)
        if status is not None:
            return status
        time.sleep(0.01)
    return None


def _all_below(kind: type[MediaError]) -> Iterator[type[MediaError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _all_below(child)


def _tell_locks(locks: dict[str, Any] | None) -> None:
    """Say once what this system does not offer."""
    if not isinstance(locks, dict):
        return
    if not locks.get("calls"):
        _tell_once("system calls of the decoder are not filtered: no seccomp here")
    if not locks.get("files"):
        _tell_once("the decoder may read other files of this user: no Landlock here")
    if locks.get("network") == "open":
        _tell_once("the decoder is not kept off the network here")


def _tell_once(what: str) -> None:
    if what not in _told:
        _told.add(what)
        logging.getLogger(__name__).warning("%s", what)
