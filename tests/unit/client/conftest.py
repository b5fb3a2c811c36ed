"""A real server with a key, over SQLite and a folder, and a worker that is done at once."""

import pytest

from support.quickworker import quick_worker
from support.servers import uvicorn_server
from unmask.access.scopes import SCOPES
from unmask.api.app import create_app
from unmask.db.migrate import upgrade
from unmask.service.context import open_context
from unmask.service.keys import create_key
from unmask.service.projects import ensure_project
from unmask.settings import load_service


@pytest.fixture(scope="package")
def service(tmp_path_factory):
    """The server's address, a key, and the surroundings behind it."""
    settings = load_service({"data": tmp_path_factory.mktemp("data"), "url_allow_networks": ("127.0.0.2/32",)})
    context = open_context(settings)
    upgrade(context.database)
    project = ensure_project(context, "desk").id
    _, key = create_key(context, project, "tests", SCOPES, per_minute=100_000, burst=10_000)
    with quick_worker(context), uvicorn_server(create_app(settings)) as served:
        served.key, served.context, served.project = key, context, project
        yield served
    context.database.close()


@pytest.fixture
def clip(tmp_path):
    """A file that begins like an MP4, of 300 kB."""
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41" + bytes(range(256)) * 1200)
    return path
