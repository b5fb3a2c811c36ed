"""Celery workers on a Redis of the test's own, over a real PostgreSQL and a folder as store."""

import json
import os
import signal
from pathlib import Path

import pytest

from support.fakeanalyzer import analyzer
from support.fleet import RedisServer, comparable, fleet
from support.servers import postgres_database
from unmask.settings import load

SAMPLES = Path(__file__).parents[3] / "samples"
CLIP = SAMPLES / "manipulated.mp4"

pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def broker():
    server = RedisServer()
    yield server
    server.stop()


@pytest.fixture
def service(tmp_path, broker):
    with (
        postgres_database() as url,
        fleet(tmp_path, UNMASK_DATABASE_URL=url, UNMASK_BROKER_URL=broker.url) as made,
    ):
        yield made


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """What one process says of the clip, with the same shards."""
    tools = analyzer(load({"shard_seconds": 4.0}))
    return comparable(json.loads(tools.analyze(CLIP, tmp_path_factory.mktemp("alone")).to_json()))


def celery(service, processes=2, **environment):
    """A worker of all queues, and a keeper."""
    service.start("beat")
    return service.start("worker", "--processes", str(processes), **environment)


def scored(service):
    return [(share, shard) for _, what, share, shard, _ in service.lines() if what == "scored"]


def children_that(service, what):
    return [int(line[4]) for line in service.lines() if line[1] == what]


def faults(*given):
    return json.dumps(list(given))


def test_two_workers_give_what_one_process_gives(service, alone):
    celery(service)
    analysis = service.submit(CLIP)
    assert service.wait(analysis).state == "done"
    assert service.result(analysis) == alone
    assert len(scored(service)) == len(set(scored(service))) == 8
    assert len({line[4] for line in service.lines()}) == 2, "both processes took shards"
    kinds = [kind for kind, _ in service.events(analysis)]
    assert kinds[0] == "state" and kinds[-1] == "state" and "media" in kinds
    told = [data for kind, data in service.events(analysis) if kind == "progress" and "shard" in data]
    assert len(told) == 8 and told[-1]["fraction"] == 1.0


def test_a_worker_that_is_killed_in_a_shard_loses_and_doubles_nothing(service, alone):
    celery(
        service,
        UNMASK_TEST_FAULTS=faults({"share": "video", "shard": 1, "do": "sleep", "seconds": 60, "times": 1}),
    )
    analysis = service.submit(CLIP)
    (victim,) = service.until(lambda: children_that(service, "fault"))
    os.kill(victim, signal.SIGKILL)
    assert service.wait(analysis).state == "done"
    assert service.result(analysis) == alone
    with service.context.database.read() as repo:
        assert repo.work.deaths(analysis) == {("video", 1): 1}
    ends = [data for kind, data in service.events(analysis) if kind == "progress" and "shard" in data]
    assert len({(e["shard"]["share"], e["shard"]["number"]) for e in ends}) == len(ends) == 8


def test_a_redis_that_is_restarted_in_the_middle_loses_nothing(service, broker, alone):
    celery(
        service,
        UNMASK_TEST_FAULTS=faults({"share": "audio", "shard": "any", "do": "sleep", "seconds": 0.5}),
    )
    first = service.submit(CLIP)
    service.until(lambda: len(scored(service)) >= 2)
    second = service.submit(CLIP)
    broker.stop()
    broker.start()
    for analysis in (first, second):
        assert service.wait(analysis).state == "done"
        assert service.result(analysis) == alone


def test_a_file_over_which_two_workers_die_is_tried_no_more(service):
    celery(service, UNMASK_TEST_FAULTS=faults({"share": "audio", "shard": 2, "do": "die"}))
    analysis = service.submit(CLIP)
    row = service.wait(analysis)
    assert (row.state, row.error_code) == ("failed", "quarantined")
    assert len(children_that(service, "fault")) == 2


def test_cancellation_stops_the_work_within_two_seconds(service):
    celery(
        service,
        UNMASK_TEST_FAULTS=faults({"share": "video", "shard": "any", "do": "spin", "seconds": 60}),
    )
    analysis = service.submit(CLIP)
    service.until(lambda: children_that(service, "fault"))
    service.cancel(analysis)

    def stopped():
        with service.context.database.read() as repo:
            return not repo.work.running(analysis)

    service.until(stopped, 2.0, "the unit goes on")
    assert service.row(analysis).state == "cancelled"
    other = service.submit(SAMPLES / "untouched.mp4", detectors=["loudness"])
    assert service.wait(other).state == "done"


def test_interactive_analyses_go_before_a_batch(service):
    celery(service, processes=1, UNMASK_TEST_FAULTS=faults({"share": "audio", "shard": 0, "do": "sleep", "seconds": 1}))
    batch = [service.submit(CLIP, priority="batch", detectors=["loudness"]) for _ in range(4)]
    service.until(lambda: scored(service))
    urgent = service.submit(CLIP, detectors=["loudness"])
    service.wait(urgent)
    ended = service.row(urgent).finished_at
    rest = [service.wait(one).finished_at for one in batch]
    assert sum(at > ended for at in rest) >= 3
