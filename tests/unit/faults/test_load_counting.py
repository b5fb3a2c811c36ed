"""How load runs count: requests by kind, costs beyond those of an idle service, and what memory gains."""

import sys
from collections import Counter
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[3]))
sys.path.insert(0, str(Path(__file__).parents[3] / "scripts"))

from benchmarks.processor import processor_seconds
from faultruns.servers import _place
from loadruns.costs import Costs, summary
from loadruns.counts import _beyond
from loadruns.processes import resident
from loadruns.soak import _growth

SELECT, COMMIT = ("worker", "SELECT 1"), ("worker", "COMMIT")


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/unmask/P/analyses/A/artifacts/evidence/E1.png", "artifacts"),
        ("/unmask/P/analyses/A/work/video-000000.npz", "work"),
        ("/unmask/P/media/ab/abcd", "media"),
        ("/unmask/P/incoming/X?uploadId=1&partNumber=1", "incoming"),
        ("/unmask?list-type=2&prefix=P%2Fanalyses%2FA%2Fwork%2F", "list of work"),
        ("/unmask?delete", "deletion of many"),
        ("/unmask/health", "health"),
    ],
)
def test_a_store_request_is_counted_by_what_it_is_about(path, place):
    assert _place(path) == place


def costs(selects: int, seconds: float) -> Costs:
    return Costs(
        Counter({SELECT: selects, COMMIT: selects // 2}),
        {SELECT: selects / 10},
        1024 * selects,
        Counter({"PUT work": selects}),
        Counter({"lpush": selects}),
        {"worker": seconds},
    )


def test_what_an_idle_service_costs_is_taken_off():
    own = _beyond(costs(30, 10.0), costs(10, 1.0), 2.0)
    assert own.calls == {SELECT: 10, COMMIT: 5} and own.processor == {"worker": 8.0}
    told = summary(own, 5)
    assert told["statements"] == {"worker": 2.0} and told["begin_commit_rollback"] == {"worker": 1.0}
    assert told["store_requests_all"] == told["redis_commands_all"] == 2.0
    assert told["processor_seconds"] == {"worker": 1.6}


def test_two_readings_give_what_came_in_between():
    assert costs(30, 10.0).since(costs(20, 9.0)) == costs(10, 1.0)


def test_memory_that_grows_by_a_mib_a_clip_gains_a_hundred_in_a_hundred_clips():
    assert _growth([100 + n for n in range(501)], 500)["mib_in_100_clips"] == pytest.approx(100, rel=0.01)
    assert _growth([100] * 50, 500)["mib_in_100_clips"] == 0.0


def test_this_process_holds_memory_and_has_used_a_processor():
    import os

    assert resident(os.getpid()) > 5 and processor_seconds(os.getpid()) > 0
