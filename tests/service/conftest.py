"""A database of each kind, with its schema, and the service's surroundings over it.

`context` is one test's own. `shared_context` and `served` last for a module, whose tests keep apart by projects.
"""

from __future__ import annotations

import secrets
from contextlib import contextmanager

import httpx
import pytest

from support.rows import principal
from support.servers import postgres_database, uvicorn_server
from unmask.db.migrate import upgrade
from unmask.db.session import Database
from unmask.service.context import Context
from unmask.service.keys import create_key
from unmask.settings import ServiceSettings
from unmask.storage.open import open_store

KINDS = ["sqlite", "postgresql"]


@contextmanager
def _empty(kind, folder):
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'unmask.sqlite3'}"
        return
    with postgres_database() as url:
        yield url


@contextmanager
def _surroundings(url, folder):
    settings = ServiceSettings(data=folder / "data", database_url=url, rate_burst=100_000)
    database = Database(settings.database())
    upgrade(database)
    yield Context(database, open_store(settings), settings)
    database.close()


@pytest.fixture(params=KINDS)
def database_url(request, tmp_path):
    """The address of an empty database that nobody else uses."""
    with _empty(request.param, tmp_path) as url:
        yield url


@pytest.fixture
def settings(database_url, tmp_path):
    return ServiceSettings(data=tmp_path / "data", database_url=database_url)


@pytest.fixture
def context(database_url, tmp_path):
    with _surroundings(database_url, tmp_path) as context:
        yield context


@pytest.fixture
def database(context):
    return context.database


@pytest.fixture(scope="module", params=KINDS)
def shared_context(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("shared")
    with _empty(request.param, folder) as url, _surroundings(url, folder) as context:
        yield context


@pytest.fixture(scope="module")
def served(shared_context):
    """The API over the shared surroundings, on loopback."""
    from unmask.api.app import create_app

    with uvicorn_server(create_app(shared_context.settings)) as served:
        yield served


@pytest.fixture
def who(shared_context):
    """A project of the test's own in the shared surroundings."""
    return principal(shared_context, secrets.token_hex(8))


@pytest.fixture
def client(served, shared_context, who):
    """A client with a key of that project, to read and to write."""
    _, key = create_key(shared_context, who.project, "tests", {"read", "write"})
    with httpx.Client(base_url=served.url, headers={"Authorization": f"Bearer {key}"}, timeout=60) as client:
        yield client
