"""The networks of the package behind the service: the document is that of `unmask analyze`."""

import json
from pathlib import Path

import pytest

from support.fleet import RedisServer, comparable, fleet
from support.servers import free_port, postgres_database
from support.whole import story, wait_for
from unmask.bootstrap import analyzer
from unmask.settings import load

CLIP = Path(__file__).parents[3] / "samples" / "manipulated.mp4"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]
OWN = {"UNMASK_ANALYZER": "unmask.bootstrap:analyzer", "UNMASK_SHARD_SECONDS": "30", "UNMASK_FPS": "4"}


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    return comparable(json.loads(analyzer(load()).analyze(CLIP, tmp_path_factory.mktemp("alone")).to_json()))


def test_one_command_with_no_settings_gives_the_document_of_unmask_analyze(tmp_path, alone):
    port = free_port()
    with fleet(tmp_path, **OWN) as service:
        process = service.start("serve", "--port", str(port), "--workers", "1")
        address = f"http://127.0.0.1:{port}"
        wait_for(address, process)
        assert story(address, CLIP, 3000) == alone


def test_celery_workers_over_postgresql_give_the_document_of_unmask_analyze(tmp_path, alone):
    broker = RedisServer()
    with (
        postgres_database() as url,
        fleet(tmp_path, UNMASK_DATABASE_URL=url, UNMASK_BROKER_URL=broker.url, **OWN) as service,
    ):
        service.start("worker")
        service.start("beat")
        analysis = service.submit(CLIP)
        assert service.wait(analysis, 3000).state == "done"
        assert service.result(analysis) == alone
    broker.stop()
