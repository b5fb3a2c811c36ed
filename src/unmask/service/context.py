"""What every function of the service is given: database, store, settings, and who asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ulid import ULID

from unmask.access.scopes import Scope
from unmask.db.clock import DatabaseClock
from unmask.db.session import Database
from unmask.settings import ServiceSettings
from unmask.storage.base import Store
from unmask.storage.open import open_store


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


def new_id(at: datetime | None = None) -> str:
    """A ULID: sorts by its time (to the millisecond), and can't be guessed."""
    return str(ULID() if at is None else ULID.from_datetime(at))


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks: a project, through one of its keys (`key` is its public id) or, in the embedded mode, without one."""

    project: str
    scopes: frozenset[Scope]
    key: str | None = None
    per_minute: int | None = None
    burst: int | None = None
    per_day: int | None = None

    @property
    def actor(self) -> str:
        """How the audit names them."""
        return self.key or "local"


@dataclass(frozen=True)
class Context:
    """The service's surroundings, made once per process."""

    database: Database
    store: Store
    settings: ServiceSettings
    now: Callable[[], datetime] = field(default=utc_now)


def open_context(settings: ServiceSettings) -> Context:
    """Connect to database and store. The schema must be there: see `unmask.db.migrate`.

    Raises:
        SettingsError: an address can't be understood.
    """
    database = Database(settings.database())
    now = DatabaseClock(database).now if database.engine.dialect.name == "postgresql" else utc_now
    return Context(database, open_store(settings), settings, now)
