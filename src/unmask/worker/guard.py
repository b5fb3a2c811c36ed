"""Watches one unit while it runs: keeps its lease, and stops it when nobody wants it any more or it takes too much.

The work runs in the process's main thread; the watch is a thread beside it. To stop, it sends the process a signal
whose handler raises in the main thread, between two steps of Python: decoding and the networks give way at every
picture and every batch. What does not give way within `GRACE` ends with the process; another one takes its place.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Literal, Self

import structlog

from unmask.worker.memory import resident

Reason = Literal["unwanted", "too_slow", "too_large"]

SIGNAL = signal.SIGUSR2
"""Celery's children use SIGUSR1 for their own limit."""

GRACE = 0.8
"""Seconds that the work has to give way. With a heartbeat of 0.5 s it has ended 2 s after a cancellation."""

EXIT = 70
"""Exit code of a process that had to end with its work."""


class Stopped(BaseException):
    """Raised in the work when it shall stop. No `Exception`, so that a detector's failure can't be made of it."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


class Guard:
    """Runs beside the work in a `with` block of the main thread. The block ends with `Stopped` when it was stopped.

    `wanted` keeps the lease and says whether the work goes on; it is called every `every` seconds, and may raise when
    it can't know. `seconds` and `memory` (bytes of the process) are the limits. `give_up` is called before the process
    ends because the work did not give way.
    """

    def __init__(
        self,
        wanted: Callable[[], bool],
        *,
        every: float,
        seconds: float,
        memory: int,
        give_up: Callable[[Reason], None],
    ) -> None:
        self._wanted = wanted
        self._every = every
        self._seconds = seconds
        self._memory = memory
        self._give_up = give_up
        self._over = threading.Event()
        self._reason: Reason | None = None
        self._thread = threading.Thread(target=self._watch, name="unmask-guard", daemon=True)
        self._before: signal.Handlers | Callable[[int, FrameType | None], object] | int | None = None

    def __enter__(self) -> Self:
        self._began = time.monotonic()
        self._worker = threading.get_ident()
        self._before = signal.signal(SIGNAL, self._raise)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()  # from here on the handler raises no more
        self._thread.join(timeout=5)
        signal.signal(SIGNAL, self._before or signal.SIG_DFL)

    def _raise(self, _: int, __: FrameType | None) -> None:
        if self._reason is not None and not self._over.is_set():
            raise Stopped(self._reason)

    def _watch(self) -> None:
        while not self._over.wait(self._every):
            self._reason = self._fault()
            if self._reason is None:
                continue
            if self._over.is_set():
                return
            signal.pthread_kill(self._worker, SIGNAL)
            if not self._over.wait(GRACE):
                self._end(self._reason)

    def _fault(self) -> Reason | None:
        if time.monotonic() - self._began > self._seconds:
            return "too_slow"
        if resident() > self._memory:
            return "too_large"
        try:
            return None if self._wanted() else "unwanted"
        except (
            Exception
        ) as unknown:  # the database may be away for a while: the work goes on, its end is checked anyway
            structlog.get_logger().warning("heartbeat.failed", error=type(unknown).__name__)
            return None

    def _end(self, reason: Reason) -> None:
        structlog.get_logger().error("unit.killed", reason=reason)
        try:
            self._give_up(reason)
        finally:
            os._exit(EXIT)
