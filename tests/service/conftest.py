"""A database of each kind, with its schema, and the service's surroundings over it."""

from __future__ import annotations

import pytest

from support.servers import postgres_database
from unmask.db.migrate import upgrade
from unmask.db.session import Database
from unmask.service.context import Context
from unmask.settings import ServiceSettings
from unmask.storage.open import open_store


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request, tmp_path):
    """The address of an empty database that nobody else uses."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'unmask.sqlite3'}"
        return
    with postgres_database() as url:
        yield url


@pytest.fixture
def settings(database_url, tmp_path):
    return ServiceSettings(data=tmp_path / "data", database_url=database_url)


@pytest.fixture
def database(settings):
    database = Database(settings.database())
    upgrade(database)
    yield database
    database.close()


@pytest.fixture
def context(settings, database):
    return Context(database, open_store(settings), settings)
