"""Which of the analyses that somebody follows have moved: one query for all of them, some times a second."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from unmask.service.context import Context
from unmask.service.errors import DatabaseUnavailable

_SECONDS = 0.25
_log = logging.getLogger(__name__)


class Watch:
    """Wakes those who follow an analysis when it has new events or is gone. Belongs to one event loop.

    The database is asked, and no broker: what it says is what the events say, also after either was restarted.
    """

    def __init__(self, context: Context, seconds: float = _SECONDS) -> None:
        self._context = context
        self._seconds = seconds
        self._waiting: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._places: dict[str, int | None] = {}
        self._somebody = asyncio.Event()

    @asynccontextmanager
    async def of(self, analysis: str) -> AsyncIterator[asyncio.Event]:
        """An event that is set whenever the analysis has moved; clear it, look, and wait."""
        changed = asyncio.Event()
        self._waiting[analysis].add(changed)
        self._somebody.set()
        try:
            yield changed
        finally:
            self._waiting[analysis].discard(changed)
            if not self._waiting[analysis]:
                del self._waiting[analysis]
                self._places.pop(analysis, None)

    async def run(self) -> None:
        """Look until cancelled; without anybody who follows anything, sleep."""
        while True:
            if not self._waiting:
                self._somebody.clear()
                await self._somebody.wait()
            try:
                self._wake(await run_in_threadpool(self._look, list(self._waiting)))
            except (DatabaseUnavailable, SQLAlchemyError) as lost:
                _log.warning("events wait for the database: %s", lost)
            await asyncio.sleep(self._seconds)

    def _look(self, analyses: list[str]) -> dict[str, int]:
        with self._context.database.read() as repo:
            return repo.events.places(analyses)

    def _wake(self, places: dict[str, int]) -> None:
        for analysis, waiting in list(self._waiting.items()):
            place = places.get(analysis)
            if analysis not in self._places or self._places[analysis] != place:
                self._places[analysis] = place
                for changed in waiting:
                    changed.set()
