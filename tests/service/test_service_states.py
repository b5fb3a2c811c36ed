"""The states of an analysis: what the database itself refuses, and what is written down of every change."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from support.rows import finished, principal, result, started, submitted
from unmask.db.tables import FINAL, STATES, TRANSITIONS, Analysis
from unmask.errors import Cancelled, NotMedia
from unmask.service import lifecycle
from unmask.service.context import new_id
from unmask.service.errors import NotFound, WrongState

NOW = datetime(2026, 11, 26, tzinfo=UTC)


def values_for(state):
    """What the checks of the table want beside the state."""
    return {
        "finished_at": NOW if state in FINAL else None,
        "verdict": "inconclusive" if state == "done" else None,
        "error_code": "not_media" if state == "failed" else None,
    }


def brought_to(context, who, state):
    analysis = submitted(context, who, new_id().encode()).analysis.id
    with context.database.write() as repo:
        if state in {"running", "done"}:
            repo.analyses.change(analysis, ("queued",), "running", "test")
        if state in FINAL:
            repo.analyses.change(analysis, ("queued", "running"), state, "test", **values_for(state))
    return analysis


def test_only_the_ways_that_there_are_can_be_gone(context):
    who = principal(context)
    for before in STATES:
        for after in STATES:
            analysis = brought_to(context, who, before)

            def go(analysis=analysis, before=before, after=after):
                with context.database.write() as repo:
                    return repo.analyses.change(analysis, (before,), after, "test", **values_for(after))

            if before == after or (before, after) in TRANSITIONS:
                assert go().state == after
            else:
                with pytest.raises(IntegrityError):
                    go()
            with context.database.read() as repo:
                expected = after if (before, after) in TRANSITIONS else before
                assert repo.analyses.get(who.project, analysis).state == expected


def test_an_analysis_begins_queued(context):
    who = principal(context)
    for state in STATES[1:]:
        row = Analysis(
            id=new_id(),
            project_id=who.project,
            state=state,
            changed_by="test",
            priority="batch",
            options={},
            media_name="x",
            created_at=NOW,
            **values_for(state),
        )
        with pytest.raises(IntegrityError), context.database.write() as repo:
            repo.analyses.add(row)


@pytest.mark.parametrize(
    "change",
    [
        "verdict = 'likely_authentic'",
        "probability = 0.1",
        "finished_at = NULL",
        "state = 'paused'",
        "fraction = 2",
        "verdict = NULL",
        "error_code = 'x'",
        "id = '0'",
        "project_id = '0'",
    ],
)
def test_what_has_ended_can_not_be_rewritten(context, change):
    who = principal(context)
    analysis = finished(context, who)
    with pytest.raises(IntegrityError), context.database.write() as repo:
        repo.session.execute(text(f"UPDATE analyses SET {change} WHERE id = :id"), {"id": analysis})
    with context.database.read() as repo:
        row = repo.analyses.get(who.project, analysis)
    assert (row.state, row.verdict, row.probability) == ("done", "likely_manipulated", 0.9)


def test_every_change_of_state_is_in_the_audit_with_its_time_and_who_made_it(context):
    who = principal(context)
    before = datetime.now(UTC)
    analysis = finished(context, who)
    with context.database.read() as repo:
        entries = repo.records.history(who.project, analysis)
    assert [(e.before, e.after, e.actor) for e in entries] == [
        (None, "queued", "local"),
        ("queued", "running", "worker"),
        ("running", "done", "worker"),
    ]
    assert all(0 <= (e.at - before).total_seconds() + 0.01 < 60 for e in entries)


def test_a_change_that_is_rolled_back_is_in_no_audit(context):
    who = principal(context)
    analysis = submitted(context, who).analysis.id
    with pytest.raises(RuntimeError), context.database.write() as repo:
        lifecycle.start(repo, context, analysis)
        raise RuntimeError("the worker broke")
    with context.database.read() as repo:
        assert [e.after for e in repo.records.history(who.project, analysis)] == ["queued"]
        assert repo.analyses.get(who.project, analysis).state == "queued"


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'x'", "DELETE FROM audit"])
def test_the_audit_is_only_added_to(context, statement):
    submitted(context, principal(context))
    with pytest.raises(IntegrityError), context.database.write() as repo:
        repo.session.execute(text(statement))


def test_of_many_who_start_it_one_does(context):
    analysis = submitted(context, principal(context)).analysis.id
    won = []

    def take():
        with context.database.write() as repo:
            if lifecycle.start(repo, context, analysis) is not None:
                won.append(1)

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert won == [1]


def test_cancelling_and_finishing_at_the_same_time_gives_one_end_and_one_event_of_it(context):
    who = principal(context)
    for _ in range(5):
        analysis = started(context, who, new_id().encode())

        def end(analysis=analysis):
            with suppress(Cancelled), context.database.write() as repo:
                lifecycle.finish(repo, context, analysis, result(analysis), [])

        def stop(analysis=analysis):
            with suppress(WrongState):
                lifecycle.cancel(context, who, analysis)

        threads = [threading.Thread(target=each) for each in (end, stop)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with context.database.read() as repo:
            state, events = repo.events.after(who.project, analysis, 0, 100)
            ends = [e.data["state"] for e in events if e.kind == "state" and e.data["state"] in FINAL]
        assert ends == [state]
        assert [e.seq for e in events] == list(range(1, len(events) + 1))


def test_a_run_from_start_to_end_is_told_in_events(context):
    who = principal(context)
    analysis = submitted(context, who).analysis.id
    outcome = result(analysis)
    with context.database.write() as repo:
        lifecycle.start(repo, context, analysis)
        lifecycle.record_media(repo, context, analysis, 12.5)
        assert lifecycle.record_progress(repo, context, analysis, stage="media", fraction=0.5, shard=3) == 4
        lifecycle.record_finding(repo, context, analysis, outcome.findings[0])
    with context.database.read() as repo:
        row = repo.analyses.get(who.project, analysis)
        assert (row.stage, row.fraction, row.duration) == ("media", 0.5, 12.5)
        assert [f.detector for f in repo.attached.findings(analysis)] == ["face"]
    with context.database.write() as repo:
        lifecycle.finish(repo, context, analysis, outcome, [])
    with context.database.read() as repo:
        _, events = repo.events.after(who.project, analysis, 0, 100)
        assert [e.kind for e in events] == ["state", "state", "media", "progress", "finding", "state"]
        assert events[3].data == {"stage": "media", "fraction": 0.5, "shard": 3}
        assert events[-1].data == {"state": "done", "verdict": "likely_manipulated", "probability": 0.9}
        assert len(repo.attached.findings(analysis)) == 2


def test_finishing_twice_changes_nothing(context):
    who = principal(context)
    analysis = finished(context, who)
    with context.database.write() as repo:
        lifecycle.finish(repo, context, analysis, result(analysis, label="inconclusive"), [])
    with context.database.read() as repo:
        assert repo.analyses.get(who.project, analysis).verdict == "likely_manipulated"
        assert len(repo.attached.artifacts(analysis)) == 4


def test_whoever_works_on_what_was_cancelled_is_told_to_stop(context):
    who = principal(context)
    analysis = started(context, who)
    assert lifecycle.cancel(context, who, analysis).state == "cancelled"
    assert lifecycle.cancel(context, who, analysis).state == "cancelled"
    for tell in (
        lambda repo: lifecycle.record_progress(repo, context, analysis, stage="media", fraction=1),
        lambda repo: lifecycle.record_media(repo, context, analysis, 1.0),
        lambda repo: lifecycle.record_finding(repo, context, analysis, result(analysis).findings[0]),
        lambda repo: lifecycle.finish(repo, context, analysis, result(analysis), []),
    ):
        with pytest.raises(Cancelled), context.database.write() as repo:
            tell(repo)
    with context.database.write() as repo:
        assert lifecycle.start(repo, context, analysis) is None
        assert lifecycle.fail(repo, context, analysis, NotMedia("no")) is False


def test_a_failure_tells_its_code_and_what_to_do(context):
    who = principal(context)
    analysis = started(context, who)
    with context.database.write() as repo:
        assert lifecycle.fail(repo, context, analysis, NotMedia("This is a PDF document.")) is True
    with context.database.read() as repo:
        row = repo.analyses.get(who.project, analysis)
    assert (row.state, row.error_code, row.error_status) == ("failed", "not_media", 415)
    assert row.error_message == "This is a PDF document."
    with pytest.raises(WrongState):
        lifecycle.cancel(context, who, analysis)


def test_nobody_cancels_what_is_not_theirs(context):
    analysis = started(context, principal(context, "one"))
    with pytest.raises(NotFound):
        lifecycle.cancel(context, principal(context, "other"), analysis)
