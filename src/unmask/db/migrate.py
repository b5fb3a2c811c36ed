"""The schema: brought up to date, or back, by the same migrations on PostgreSQL and SQLite.

Alembic is imported when there is something to do: a server whose schema is current starts without it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from unmask.db.session import Database

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parent / "migrations"
_LOCK = 7_236_214_907_251
"""Any number, the same for all: of several servers that start at once one migrates, the others wait."""


def head() -> str:
    """The newest revision: migrations are numbered, and the number begins the file's name."""
    return max(path.name.partition("_")[0] for path in (FOLDER / "versions").glob("[0-9]*_*.py"))


def is_current(database: Database) -> bool:
    """Whether the schema is the one that this code was written for."""
    with database.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return False
        return bool(connection.scalar(text("SELECT version_num FROM alembic_version")) == head())


def upgrade(database: Database, revision: str = "head") -> None:
    """Bring the schema to a revision, in one transaction. Safe to call by several processes at once."""
    if revision == "head" and is_current(database):
        return
    from alembic import command

    with database.engine.execution_options(unmask_writes=True).begin() as connection:
        _lock(connection)
        command.upgrade(_config(connection), revision)


def downgrade(database: Database, revision: str) -> None:
    """Take the schema back to a revision ("base": nothing is left), in one transaction."""
    from alembic import command

    with database.engine.execution_options(unmask_writes=True).begin() as connection:
        _lock(connection)
        command.downgrade(_config(connection), revision)


def _config(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config


def _lock(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
