"""Units of work in both databases: who gets one, who keeps it, and what a death costs."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from unmask.db.repository.work import Claim, Standing, Unit
from unmask.db.tables import Analysis, ShardRow
from unmask.service import keys as api_keys
from unmask.service.context import new_id


@pytest.fixture
def make(context):
    """Makes an analysis that is queued, with its first unit."""
    project = api_keys.local_principal(context).project

    def made(priority="interactive", state="running"):
        identity = new_id()
        with context.database.write() as repo:
            row = Analysis(
                id=identity,
                project_id=project,
                state="queued",
                changed_by="test",
                priority=priority,
                options={},
                media_name="a.mp4",
                created_at=datetime.now(UTC),
            )
            repo.analyses.add(row)
            unit = repo.work.start(identity, priority)
            if state == "running":
                repo.analyses.change(identity, ("queued",), "running", "test")
        return unit

    return made


@pytest.fixture
def work(context):
    """Calls one method of the repository in a transaction of its own."""

    def call(name, *arguments):
        with context.database.write() as repo:
            return getattr(repo.work, name)(*arguments)

    return call


def expire(context, unit):
    past = datetime.now(UTC) - timedelta(hours=1)
    with context.database.write() as repo:
        repo.session.execute(update(ShardRow).where(ShardRow.analysis_id == unit.analysis).values(lease_until=past))


def test_of_two_who_want_a_unit_one_gets_it(make, work):
    unit = make()
    first, second = work("claim", unit, "a", 10.0), work("claim", unit, "b", 10.0)
    assert isinstance(first, Claim) and first.attempts == 1
    assert isinstance(second, Standing) and (second.state, second.worker) == ("running", "a")


def test_a_unit_that_does_not_exist_is_not_claimed(work):
    assert work("claim", Unit("0" * 26, "video", 0), "a", 10.0) is None


def test_only_its_holder_ends_a_unit_and_only_once(make, work):
    unit = make()
    mine = work("claim", unit, "a", 10.0)
    stranger = Claim(unit, "b", "0/1", "0/1", 1, "interactive")
    assert not work("finish", stranger, "key") and not work("fail", stranger, "code")
    assert not work("give_back", stranger, 0.0)
    assert work("finish", mine, "key") and not work("finish", mine, "key")
    assert work("still_wanted", mine), "the guard of a unit that has just ended sees no fault in it"


def test_a_unit_is_wanted_as_long_as_its_analysis_goes_on(make, work, context):
    claim = work("claim", make(), "a", 10.0)
    assert work("renew", claim, 10.0)
    with context.database.write() as repo:
        repo.analyses.change(claim.unit.analysis, ("running",), "cancelled", "test", finished_at=datetime.now(UTC))
    assert not work("renew", claim, 10.0) and not work("still_wanted", claim)


def test_a_unit_given_back_waits_for_its_time_and_counts_no_try_without_a_fault(make, work):
    claim = work("claim", make(), "a", 10.0)
    assert work("give_back", claim, 0.0)
    again = work("claim", claim.unit, "b", 10.0)
    assert again.attempts == 1
    assert work("give_back", again, 30.0, "store_unavailable")
    assert isinstance(work("claim", claim.unit, "c", 10.0), Standing)
    assert work("waiting", ["explain"]) == []


def test_a_silent_worker_is_buried_once_and_its_unit_waits_again(make, work, context):
    claim = work("claim", make(), "a", 10.0)
    assert work("abandoned") == []
    expire(context, claim.unit)
    assert [(unit, owner) for unit, owner, _ in work("abandoned")] == [(claim.unit, "a")]
    assert work("bury", claim.unit, "a") == 1
    assert work("bury", claim.unit, "a") is None
    assert not work("finish", claim, "key"), "who comes back from the dead ends nothing"
    assert work("waiting", ["explain"]) == [claim.unit]


def test_the_second_death_is_the_last(make, work, context):
    unit = make()
    for owner, deaths, state in (("a", 1, "waiting"), ("b", 2, "failed")):
        assert isinstance(work("claim", unit, owner, 10.0), Claim)
        expire(context, unit)
        assert work("bury", unit, owner) == deaths
        assert work("state", unit) == state
    assert work("waiting", ["explain"]) == []


def test_urgent_units_come_first_then_the_oldest_analysis(make, work):
    old, urgent, new = make("batch"), make("interactive"), make("batch")
    assert work("waiting", ["explain"], 10) == [urgent, old, new]
    assert work("waiting", ["video", "audio"], 10) == []


def test_the_last_share_is_known_as_such(make, work):
    unit = make()
    shares = [Unit(unit.analysis, part, n) for n in range(2) for part in ("video", "audio")]
    work("add", [(share, f"{4 * share.number}/1", "9/2") for share in shares], "interactive")
    work("add", [(share, "7/1", "9/1") for share in shares], "batch")
    open_ones = []
    for share in shares:
        claim = work("claim", share, "a", 10.0)
        assert (claim.start, claim.end, claim.priority) == (f"{4 * share.number}/1", "9/2", "interactive")
        assert work("finish", claim, f"key-{share.part}-{share.number}")
        open_ones.append(work("open_shares", unit.analysis))
    assert open_ones == [3, 2, 1, 0]
    assert work("overall", unit.analysis) == 1.0
    assert work("outcomes", unit.analysis) == ["key-audio-0", "key-video-0", "key-audio-1", "key-video-1"]


def test_progress_goes_forward_only(make, work):
    unit = make()
    share = Unit(unit.analysis, "video", 0)
    work("add", [(share, "0/1", "4/1"), (Unit(unit.analysis, "audio", 0), "0/1", "4/1")], "interactive")
    claim = work("claim", share, "a", 10.0)
    assert [work("advance", claim, part) for part in (0.5, 0.2, 0.8)] == [0.25, 0.25, 0.4]


def test_the_broker_is_told_once_and_again_when_it_forgot(make, work):
    unit = make()
    assert [found for found, _ in work("unpublished", 60.0)] == [unit]
    work("published", unit)
    assert work("unpublished", 60.0) == []
    assert work("forget_publications") == 1
    assert [found for found, _ in work("unpublished", 60.0)] == [unit]


def test_queues_tell_how_long_they_are(make, work):
    unit = make()
    work("add", [(Unit(unit.analysis, "video", n), "0/1", "1/1") for n in range(3)], "batch")
    depths = {depth.queue: depth for depth in work("depths")}
    assert {queue: depth.waiting for queue, depth in depths.items()} == {"video": 3, "audio": 0, "explain": 1}
    assert depths["audio"].oldest == 0.0 and 0.0 <= depths["video"].oldest < 60


def test_a_worker_that_comes_back_takes_its_death_back(make, work, context):
    unit = make()
    work("claim", unit, "a", 10.0)
    expire(context, unit)
    assert work("bury", unit, "a") == 1
    work("exonerate", unit)
    assert work("deaths", unit.analysis) == {}


def test_a_process_that_holds_nothing_any_more_says_so_for_all_its_names(make, work):
    first, second, other = make(), make(), make()
    for unit, owner in ((first, "host_1:7:5:a"), (second, "host_1:7:5:b"), (other, "host_1:71:5:a")):
        work("claim", unit, owner, 10.0)
    assert work("release", "host_1:7:5:") == 2
    assert work("waiting", ["explain"], 10) == [first, second]
    assert work("release", "hostx1:7:5:") == 0
