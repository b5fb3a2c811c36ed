"""Telling workers of units: through Celery's broker, or not at all where workers look into the database themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import structlog

from unmask.db.repository.work import QUEUES, Unit
from unmask.db.tables import Priority
from unmask.worker.settings import WorkerSettings

PRIORITIES: dict[Priority, int] = {"interactive": 0, "batch": 9}
"""Celery's priorities on Redis: the lowest number is taken first."""


class Broker(Protocol):
    """Takes messages about units. Never raises: the database holds the truth."""

    def tell(self, units: Sequence[tuple[Unit, Priority]]) -> list[Unit]:
        """Send a message per unit; the units of which the broker has been told."""
        ...

    def incarnation(self) -> str | None:
        """Something that changes when the broker started anew and may have lost its messages; None: not to be had."""
        ...


class NoBroker:
    """Workers look into the database themselves."""

    def tell(self, units: Sequence[tuple[Unit, Priority]]) -> list[Unit]:
        """Nobody needs to be told."""
        del units
        return []

    def incarnation(self) -> str | None:
        """There is nothing that could be lost."""
        return None


class CeleryBroker:
    """Celery on Redis: units become tasks."""

    def __init__(self, settings: WorkerSettings) -> None:
        from unmask.worker.app import make_app

        self._app = make_app(settings)
        self._redis = _redis(settings)
        self._log = structlog.get_logger()

    def tell(self, units: Sequence[tuple[Unit, Priority]]) -> list[Unit]:
        """One connection for all; stops at the first that the broker does not take."""
        from kombu.exceptions import KombuError

        told: list[Unit] = []
        try:
            with self._app.producer_or_acquire() as producer:
                for unit, priority in units:
                    self._app.send_task(
                        f"unmask.{unit.part}",
                        args=(unit.analysis, unit.number),
                        queue=QUEUES[unit.part],
                        priority=PRIORITIES[priority],
                        producer=producer,
                        ignore_result=True,
                        retry=False,
                    )
                    told.append(unit)
        except (KombuError, OSError) as away:
            self._log.warning("broker.away", error=type(away).__name__, untold=len(units) - len(told))
        return told

    def incarnation(self) -> str | None:
        """Redis draws a new `run_id` at every start."""
        from redis.exceptions import RedisError

        try:
            return str(self._redis.info("server")["run_id"])
        except (RedisError, OSError, KeyError):
            return None


def open_broker(settings: WorkerSettings) -> Broker:
    """The broker that the settings name."""
    return NoBroker() if settings.broker_url is None else CeleryBroker(settings)


def _redis(settings: WorkerSettings) -> Any:
    import redis

    assert settings.broker_url is not None
    return redis.Redis.from_url(settings.broker_url.get_secret_value(), socket_connect_timeout=2, socket_timeout=5)
