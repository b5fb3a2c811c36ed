"""Sessions: one transaction each, committed at its end, rolled back by an exception."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session, sessionmaker

from unmask.db.repository import Repository
from unmask.service.errors import DatabaseUnavailable

_BUSY_SECONDS = 30
"""How long a writer of SQLite waits for another one."""


class Database:
    """The engine of one process. Make it after a fork; safe to share between threads.

    >>> with database.write() as repo:
    ...     repo.analyses.get(project, analysis)
    """

    def __init__(self, url: str, pool_size: int = 10) -> None:
        self.url = url
        self.engine = _sqlite(url) if url.startswith("sqlite") else _postgres(url, pool_size)
        self._reading = sessionmaker(self.engine, expire_on_commit=False)
        self._writing = sessionmaker(self.engine.execution_options(unmask_writes=True), expire_on_commit=False)

    @contextmanager
    def write(self) -> Iterator[Repository]:
        """A transaction that may change things; what it left for afterwards (`Repository.afterwards`) is done then.

        Raises:
            DatabaseUnavailable: the database does not answer, or stopped answering before the commit was told.
        """
        with _transaction(self._writing) as session:
            repo = Repository(session)
            yield repo
        repo.committed()

    @contextmanager
    def read(self) -> Iterator[Repository]:
        """A transaction that only reads; on SQLite it waits for no writer. Raises as `write`."""
        with _transaction(self._reading) as session:
            yield Repository(session)

    def check(self) -> None:
        """Raise DatabaseUnavailable unless the database answers."""
        with _transaction(self._reading) as session:
            session.execute(text("SELECT 1"))

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()


@contextmanager
def _transaction(maker: sessionmaker[Session]) -> Iterator[Session]:
    try:
        with maker.begin() as session:
            yield session
    except PoolTimeout as busy:
        raise DatabaseUnavailable("The database has no free connection.") from busy
    except OperationalError as lost:
        raise DatabaseUnavailable("The database does not answer.") from lost
    except DBAPIError as error:
        if error.connection_invalidated:
            raise DatabaseUnavailable("The connection to the database broke.") from error
        raise


def _postgres(url: str, pool_size: int) -> Engine:
    # pre_ping: a connection that a restart of the server broke is replaced before it is used
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=10,
        pool_pre_ping=True,
        connect_args={"connect_timeout": 5, "application_name": "unmask"},
    )


def _sqlite(url: str) -> Engine:
    path = make_url(url).database
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself, `_begin` does
    connection.execute("PRAGMA journal_mode=WAL")  # readers and the writer don't wait for each other
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA foreign_keys=ON")


def _begin(connection: Connection) -> None:
    # A transaction that reads first and writes later could fail for a second writer; one that says so at once waits.
    writes = connection.get_execution_options().get("unmask_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
