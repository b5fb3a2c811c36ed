"""The same story told to both ways of running the service, with nothing but processes: the same document comes out."""

import json
import os
import signal
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from support.fakeanalyzer import analyzer
from support.fleet import RedisServer, comparable, fleet
from support.servers import BUCKET, S3_KEY, S3_SECRET, free_port, postgres_database, s3_server
from support.whole import story, wait_for
from unmask.settings import load

CLIP = Path(__file__).parents[3] / "samples" / "manipulated.mp4"

pytestmark = pytest.mark.timeout(3600)


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    tools = analyzer(load({"shard_seconds": 8.0, "fps": 1.0}))
    return comparable(json.loads(tools.analyze(CLIP, tmp_path_factory.mktemp("alone")).to_json()))


def test_one_command_with_no_settings_serves_everything(tmp_path, alone):
    port = free_port()
    with fleet(tmp_path, UNMASK_WARM="false") as service:
        process = service.start("serve", "--port", str(port))
        address = f"http://127.0.0.1:{port}"
        wait_for(address, process)
        assert story(address, CLIP) == alone
        with closing(sqlite3.connect(tmp_path / "data" / "unmask.sqlite3")) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_server_that_shall_stop_takes_its_children_along(tmp_path):
    port = free_port()
    with fleet(tmp_path, UNMASK_WARM="false") as service:
        process = service.start("serve", "--port", str(port), "--workers", "2")
        wait_for(f"http://127.0.0.1:{port}", process)
        children = service.until(lambda: len(found := children_of(process.pid)) == 3 and found)
        process.terminate()
        assert process.wait(300) == 0
        assert not any(Path(f"/proc/{child}").exists() for child in children)
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0


def children_of(process):
    tasks = Path(f"/proc/{process}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def test_postgresql_redis_and_s3_give_the_same(tmp_path, alone):
    broker, port = RedisServer(), free_port()
    (tmp_path / "s3").mkdir()
    with (
        postgres_database() as url,
        s3_server(tmp_path / "s3") as endpoint,
        fleet(
            tmp_path,
            UNMASK_DATABASE_URL=url,
            UNMASK_BROKER_URL=broker.url,
            UNMASK_STORAGE_URL=f"s3://{BUCKET}",
            UNMASK_STORAGE_ENDPOINT=endpoint,
            UNMASK_STORAGE_KEY=S3_KEY,
            UNMASK_STORAGE_SECRET=S3_SECRET,
            UNMASK_KEYLESS="true",
        ) as service,
    ):
        api = service.start("serve", "--port", str(port))
        service.start("worker", "--queues", "video,audio", "--processes", "1", "--name", "looking")
        service.start("worker", "--queues", "explain", "--name", "telling")
        service.start("beat")
        address = f"http://127.0.0.1:{port}"
        wait_for(address, api)
        assert story(address, CLIP) == alone
    broker.stop()


def test_a_worker_process_that_is_killed_is_replaced_and_its_work_done(tmp_path, alone):
    port = free_port()
    with fleet(tmp_path, UNMASK_WARM="false") as service:
        service.begin({"share": "video", "shard": 1, "do": "sleep", "seconds": 3600, "times": 1})
        api = service.start("serve", "--port", str(port), "--workers", "1")
        wait_for(f"http://127.0.0.1:{port}", api)
        analysis = service.submit(CLIP)
        (victim,) = service.until(lambda: [int(line[4]) for line in service.lines() if line[1] == "fault"])
        os.kill(victim, signal.SIGKILL)
        assert service.wait(analysis).state == "done"
        assert service.result(analysis) == alone
