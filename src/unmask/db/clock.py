"""The time that all machines of a service agree on: the database's."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import func, select

from unmask.db.session import Database
from unmask.service.errors import DatabaseUnavailable

EVERY: Final = 30.0
"""Seconds for which an answer of the database is carried on."""

APART: Final = 5.0
"""Seconds by which this machine's clock may differ before the log says so."""


class DatabaseClock:
    """The database's time, asked for now and then and carried on by a clock that nobody sets.

    What expires, and what is told, must not hang on a machine whose clock was set or is wrong: it would delete too
    early, or sort what happened falsely. Safe to share between threads.
    """

    def __init__(self, database: Database, every: float = EVERY, own: Callable[[], float] = time.time) -> None:
        self._database = database
        self._every = every
        self._own = own
        self._known: tuple[float, datetime] | None = None
        self._asked = float("-inf")

    def now(self) -> datetime:
        """The time, in UTC.

        Raises:
            DatabaseUnavailable: it was never asked before, and does not answer.
        """
        if self._known is None or time.monotonic() - self._asked > self._every:
            self._ask()
        assert self._known is not None
        since, told = self._known
        return told + timedelta(seconds=time.monotonic() - since)

    def _ask(self) -> None:
        self._asked = time.monotonic()
        try:
            with self._database.read() as repo:
                told: datetime = repo.session.execute(select(func.clock_timestamp())).scalar_one()
        except DatabaseUnavailable:
            if self._known is None:
                raise
            return
        self._known = (time.monotonic(), told.astimezone(UTC))
        apart = self._own() - told.timestamp()
        if abs(apart) > APART:
            structlog.get_logger().warning("clock.apart", seconds=round(apart, 1))
