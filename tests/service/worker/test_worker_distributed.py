"""Celery workers on a Redis of the test's own, over a real PostgreSQL and a folder as store."""

import json
import os
import signal
import time
from pathlib import Path

import pytest

from support.fakeanalyzer import analyzer
from support.fleet import RedisServer, comparable, fleet
from support.servers import postgres_database
from unmask.settings import load
from unmask.storage import keys

SAMPLES = Path(__file__).parents[3] / "samples"
CLIP = SAMPLES / "manipulated.mp4"

PATIENCE = 2.0 if os.getloadavg()[0] <= 2 * (os.cpu_count() or 1) else 20.0
"""Seconds until work that nobody wants has stopped. A machine that others keep busy gets longer."""

pytestmark = pytest.mark.timeout(3600)


@pytest.fixture(scope="module")
def broker():
    server = RedisServer()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def running(tmp_path_factory, broker):
    """A keeper, and a worker of two processes for all queues."""
    with (
        postgres_database() as url,
        fleet(tmp_path_factory.mktemp("fleet"), UNMASK_DATABASE_URL=url, UNMASK_BROKER_URL=broker.url) as made,
    ):
        made.start("beat")
        made.worker = made.start("worker", "--processes", "2")
        yield made


@pytest.fixture
def service(running):
    running.begin()
    return running


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """What one process says of the clip, with the same shards."""
    tools = analyzer(load({"shard_seconds": 8.0, "fps": 1.0}))
    return comparable(json.loads(tools.analyze(CLIP, tmp_path_factory.mktemp("alone")).to_json()))


def scored(service):
    return [(share, shard) for _, what, share, shard, _ in service.lines() if what == "scored"]


def children_that(service, what):
    return [int(line[4]) for line in service.lines() if line[1] == what]


def ends(service, analysis):
    """The shares that ended, as clients were told."""
    told = [data["shard"] for kind, data in service.events(analysis) if kind == "progress" and "shard" in data]
    return [(shard["share"], shard["number"]) for shard in told]


def test_two_workers_give_what_one_process_gives(service, alone):
    analysis = service.submit(CLIP)
    assert service.wait(analysis).state == "done"
    assert service.result(analysis) == alone
    assert len(scored(service)) == len(set(scored(service))) == 4
    assert len({line[4] for line in service.lines()}) == 2, "both processes took shards"
    kinds = [kind for kind, _ in service.events(analysis)]
    assert kinds[0] == "state" and kinds[-1] == "state" and "media" in kinds
    assert sorted(ends(service, analysis)) == [(share, n) for share in ("audio", "video") for n in range(2)]
    prefix = keys.analysis_prefix(service.principal.project, analysis)
    left = [item.key for item in service.context.store.list(prefix) if "/work/" in item.key]
    assert left == [], "what workers handed each other is gone"


def test_a_worker_that_is_killed_in_a_shard_loses_and_doubles_nothing(service, alone):
    service.begin({"share": "video", "shard": 1, "do": "sleep", "seconds": 3600, "times": 1})
    analysis = service.submit(CLIP)
    (victim,) = service.until(lambda: children_that(service, "fault"))
    os.kill(victim, signal.SIGKILL)
    assert service.wait(analysis).state == "done"
    assert service.result(analysis) == alone
    with service.context.database.read() as repo:
        assert repo.work.deaths(analysis) == {("video", 1): 1}
    assert len(ends(service, analysis)) == len(set(ends(service, analysis))) == 4


def test_a_redis_that_is_restarted_in_the_middle_loses_nothing(service, broker, alone):
    service.begin({"share": "audio", "shard": "any", "do": "sleep", "seconds": 0.5})
    first = service.submit(CLIP)
    service.until(lambda: len(scored(service)) >= 2)
    second = service.submit(CLIP)
    broker.stop()
    broker.start()
    for analysis in (first, second):
        assert service.wait(analysis).state == "done"
        assert service.result(analysis) == alone
        assert len(ends(service, analysis)) == len(set(ends(service, analysis))) == 4


def test_a_file_over_which_two_workers_die_is_tried_no_more(service):
    service.begin({"share": "audio", "shard": 1, "do": "die"})
    analysis = service.submit(CLIP)
    row = service.wait(analysis)
    assert (row.state, row.error_code) == ("failed", "quarantined")
    assert len(children_that(service, "fault")) == 2


def test_cancellation_stops_the_work_within_two_seconds(service):
    service.begin({"share": "video", "shard": "any", "do": "spin", "seconds": 3600})
    analysis = service.submit(CLIP)
    service.until(lambda: children_that(service, "fault"))
    service.cancel(analysis)
    cancelled = time.monotonic()
    service.until(lambda: not running_units(service, analysis), 60, "the unit goes on")
    took = time.monotonic() - cancelled
    assert took < PATIENCE, f"stopped after {took:.2f} s"
    assert service.row(analysis).state == "cancelled"


def running_units(service, analysis):
    with service.context.database.read() as repo:
        return repo.work.running(analysis)


def test_interactive_analyses_go_before_a_batch(service):
    service.begin({"share": "audio", "shard": 0, "do": "sleep", "seconds": 2})
    batch = [service.submit(CLIP, priority="batch", detectors=["loudness"]) for _ in range(4)]
    service.until(lambda: scored(service))
    urgent = service.submit(CLIP, detectors=["loudness"])
    service.wait(urgent)
    ended = service.row(urgent).finished_at
    rest = [service.wait(one, 600).finished_at for one in batch]
    assert sum(at > ended for at in rest) >= 2


def test_a_worker_that_shall_stop_gives_its_unit_back_without_a_death(service, alone):
    service.begin({"share": "video", "shard": 0, "do": "sleep", "seconds": 3600, "times": 1})
    analysis = service.submit(CLIP)
    service.until(lambda: children_that(service, "fault"))
    service.worker.terminate()
    service.until(lambda: service.worker.poll() is not None, 300, "the worker goes on")
    service.worker = service.start("worker", "--processes", "2")
    assert service.wait(analysis).state == "done"
    assert service.result(analysis) == alone
    with service.context.database.read() as repo:
        assert repo.work.deaths(analysis) == {}
