"""The inner end of a sandbox's socket and shared memory."""

from __future__ import annotations

import contextlib
import mmap
import signal
import socket
import sys
from types import FrameType
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from unmask.sandbox.messages import ALIVE_EVERY, FREE, KINDS, LARGEST, SLOTS, pack, unpack


class Channel:
    """Sends answers, and lives as long as the other side listens: an end of its stream ends this process."""

    def __init__(self, line: socket.socket, memory: int) -> None:
        self._line = line
        self._memory = mmap.mmap(memory, 0)
        self._slot = len(self._memory) // SLOTS
        self._free = SLOTS
        self._pieces = 0
        self._busy = False
        signal.signal(signal.SIGALRM, self._tell_alive)
        signal.siginterrupt(signal.SIGALRM, False)

    def next_call(self) -> dict[str, Any]:
        """Wait for what is asked next; from then on signs of life are given."""
        signal.setitimer(signal.ITIMER_REAL, 0)
        while (data := self._hear()) == FREE:
            self._free += 1
        signal.setitimer(signal.ITIMER_REAL, ALIVE_EVERY, ALIVE_EVERY)
        return unpack(data)

    def send(self, message: dict[str, Any]) -> None:
        """Send a message without an array."""
        self._busy = True
        try:
            self._line.send(pack(message))
        except OSError:
            _end()
        finally:
            self._busy = False

    def item(self, value: dict[str, Any], array: NDArray[Any] | None = None) -> None:
        """Send one answer, and the array that belongs to it; waits while the other side has not emptied a slot."""
        if array is None:
            self.send({"kind": "item", "value": value})
            return
        name = next(name for name, kind in KINDS.items() if kind == array.dtype)
        raw = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
        pieces = [raw[at : at + self._slot] for at in range(0, max(1, len(raw)), self._slot)]
        for number, piece in enumerate(pieces):
            self._fill(piece)
            described = {"type": name, "shape": list(array.shape)}
            self.send({"kind": "item", "value": value, "array": described} if number == 0 else {"kind": "piece"})

    def _fill(self, piece: NDArray[np.uint8]) -> None:
        while self._free == 0:
            if self._hear() == FREE:
                self._free += 1
        self._free -= 1
        at = self._pieces % SLOTS * self._slot
        self._pieces += 1
        np.frombuffer(self._memory, np.uint8, len(piece), at)[:] = piece

    def _hear(self) -> bytes:
        try:
            data = self._line.recv(LARGEST)
        except OSError:
            data = b""
        if not data:
            _end()
        return data

    def _tell_alive(self, _: int, __: FrameType | None) -> None:
        """Runs between two steps of Python: a decoder that never comes back gives no sign."""
        if not self._busy:
            with contextlib.suppress(OSError):
                self._line.send(pack({"kind": "alive"}), socket.MSG_DONTWAIT)


def _end() -> NoReturn:
    """Nobody listens any more."""
    sys.exit(0)
