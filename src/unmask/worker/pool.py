"""Worker processes without a broker: each takes its units from the database, one after the other.

`unmask serve` starts them, and starts them anew when they die. They end with the process that started them.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType

import structlog

from unmask import metrics
from unmask.db.repository.work import Queue
from unmask.errors import UnmaskError
from unmask.worker.host import Host, warm
from unmask.worker.run import Outcome, run_unit

LOOK_EVERY = 0.1
"""Seconds between two looks for a unit, when there is none."""

AT_ONCE = 8
"""Units looked at in one look: other processes may take the first of them."""

WARM_AFTER = 1.0
"""Seconds without work after which a process loads its networks, so that the first analysis finds them there."""

CALM = 5.0
"""A process that lives shorter than this is started again only after a pause."""

_PR_SET_PDEATHSIG = 1


class Leaving(threading.Event):
    """Set by the first SIGTERM or SIGINT; after `drain` seconds, or at the second one, `SystemExit` is raised."""

    def __init__(self, drain: float) -> None:
        super().__init__()
        self._drain = drain
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._begin)
        signal.signal(signal.SIGALRM, self._end)

    def _begin(self, number: int, frame: FrameType | None) -> None:
        if self.is_set():
            self._end(number, frame)
        self.set()
        signal.setitimer(signal.ITIMER_REAL, max(0.01, self._drain))

    def _end(self, _: int, __: FrameType | None) -> None:
        raise SystemExit(0)


def work(host: Host, queues: Sequence[Queue], leaving: threading.Event) -> None:
    """Do units of these queues until told to leave; a unit under way is ended, or given back when it takes too long."""
    log = structlog.get_logger()
    idle_since, is_warm = time.monotonic(), False
    while not leaving.is_set():
        try:
            outcome = _next(host, queues)
        except UnmaskError as away:
            log.warning("worker.waits", error=away.code)
            leaving.wait(1.0)
            continue
        if outcome is not None:
            idle_since, is_warm = time.monotonic(), True
            continue
        if host.settings.warm and not is_warm and time.monotonic() - idle_since > WARM_AFTER:
            warm(host)
            is_warm = True
        leaving.wait(LOOK_EVERY)


def _next(host: Host, queues: Sequence[Queue]) -> Outcome | None:
    """Do the first unit that nobody else takes before us; None when there is none."""
    with host.context.database.read() as repo:
        found = repo.work.waiting(queues, AT_ONCE)
    for unit in found:
        outcome = run_unit(host, unit)
        if outcome != "held":
            return outcome
    return None


def end_with_parent() -> None:
    """Ask the kernel for a SIGTERM when the parent process ends, where it can."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class _Child:
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    began: float = 0.0
    not_before: float = field(default=0.0)


class Pool:
    """Child processes that are kept alive. `commands` are what follows `unmask`, one per child."""

    def __init__(self, commands: Sequence[Sequence[str]], environment: Mapping[str, str]) -> None:
        self._children = [_Child(command) for command in commands]
        self._environment = {**environment, "UNMASK_CHILD": "1"}
        self._stop, self._over = threading.Event(), threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._keep, name="unmask-pool", daemon=True)
        self._log = structlog.get_logger()

    def start(self) -> None:
        """Start all, and watch over them from a thread."""
        self._thread.start()

    def processes(self) -> list[int]:
        """The ids of the children that run."""
        return [c.process.pid for c in self._children if c.process is not None and c.process.poll() is None]

    def stop(self, patience: float) -> None:
        """Ask all to end, and end those that have not after `patience` seconds."""
        self._stop.set()
        with self._lock:
            running = [c.process for c in self._children if c.process is not None and c.process.poll() is None]
            for process in running:
                process.terminate()
        until = time.monotonic() + patience
        for process in running:
            try:
                process.wait(timeout=max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._over.set()

    def _keep(self) -> None:
        while not self._stop.is_set():
            with self._lock:
                for child in self._children:
                    if not self._stop.is_set():
                        self._revive(child)
            self._stop.wait(0.2)
        self._over.wait()  # to the kernel this thread is the parent, and with it they would end at once

    def _revive(self, child: _Child) -> None:
        now = time.monotonic()
        if child.process is not None and child.process.poll() is not None:
            self._log.warning("child.ended", command=child.command[0], code=child.process.returncode)
            metrics.ended(child.process.pid)
            child.not_before = now + (0 if now - child.began > CALM else CALM)
            child.process = None
        if child.process is None and now >= child.not_before:
            child.began = now
            # our own interpreter and our own module: no text of anybody's is in the command
            child.process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", "unmask.cli.app", *child.command],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )


def is_child() -> bool:
    """Whether this process was started by a `Pool`."""
    return os.environ.get("UNMASK_CHILD") == "1"
