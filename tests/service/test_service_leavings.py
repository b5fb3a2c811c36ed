"""What is left behind by who died or was stopped, and is known to nobody: it goes, and nothing else does."""

from __future__ import annotations

import hashlib
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from support.rows import finished, incoming, principal, started, submitted
from unmask.db.clock import DatabaseClock
from unmask.db.tables import Upload
from unmask.service import jobs, lifecycle, uploads
from unmask.service.context import new_id
from unmask.service.errors import DatabaseUnavailable
from unmask.service.options import Options
from unmask.service.submissions import FromBytes, FromUpload, Order, Source, submit, submit_within
from unmask.storage import keys


class Lost(Exception):
    """The process died, or the database went away, before the commit."""


def later(context, **span):
    return replace(context, now=lambda: context.now() + timedelta(**span))


def do_jobs(context):
    """All jobs of the outbox that are due, as the keeper does them; their kinds."""
    with context.database.write() as repo:
        due = [
            (job.id, job.kind, job.project_id, job.analysis_id, job.payload)
            for job in repo.outbox.take(context.now(), 99)
        ]
        for identity, *_ in due:
            repo.outbox.dispatched(identity, context.now())
    for _, *job in due:
        jobs.run(context, *job)
    return [kind for _, kind, *_ in due]


def held(context, who):
    return sorted(item.key for item in context.store.list(f"{who.project}/"))


def whole_upload(context, who, data):
    """A resumable upload that is whole and not used yet."""
    now = context.now()
    upload = Upload(
        id=new_id(), project_id=who.project, name="clip.mp4", length=len(data), received=len(data),
        sha256=hashlib.sha256(data).hexdigest(), created_at=now, expires_at=now + timedelta(days=1),
    )  # fmt: skip
    with context.database.write() as repo:
        repo.uploads.add(upload)
    context.store.put(keys.incoming(who.project, upload.id), data)
    return upload.id


def lose(context, who, source: Source):
    """Ask for an analysis in a transaction that never comes to its commit."""
    with pytest.raises(Lost), context.database.write() as repo:
        submit_within(repo, context, who, source=source, options=Options(), order=Order())
        raise Lost


def test_what_workers_handed_each_other_goes_when_nobody_was_at_work_as_it_was_cancelled(context):
    who = principal(context)
    analysis = started(context, who)
    place = keys.work(who.project, analysis, "media.npz")
    context.store.put(place, b"prepared")
    lifecycle.cancel(context, who, analysis)
    assert "analysis.tidy" not in do_jobs(context), "a worker may still be about to notice"
    assert context.store.exists(place)
    assert "analysis.tidy" in do_jobs(later(context, hours=1))
    assert held(context, who) == [keys.media(who.project, hashlib.sha256(b"media").hexdigest())]


def test_of_what_is_done_everything_stays_that_a_row_names(context):
    who = principal(context)
    analysis = finished(context, who)
    before = held(context, who)
    context.store.put(keys.work(who.project, analysis, "video-000000.npz"), b"the worker died before it cleared up")
    do_jobs(later(context, hours=1))
    assert held(context, who) == before
    with context.database.read() as repo:
        assert {a.key for a in repo.attached.artifacts(analysis)} <= set(before)


def test_of_what_still_runs_nothing_is_taken(context):
    who = principal(context)
    analysis = started(context, who)
    context.store.put(keys.work(who.project, analysis, "media.npz"), b"prepared")
    jobs.run(context, "analysis.tidy", who.project, analysis, {})
    assert context.store.exists(keys.work(who.project, analysis, "media.npz"))


def test_bytes_whose_transaction_was_lost_are_swept_with_their_copy(context):
    who = principal(context)
    lose(context, who, FromBytes(incoming(context, who.project, b"lost"), "clip.mp4"))
    assert len(held(context, who)) == 2, "as they were received, and at their place by content"
    uploads.sweep(context)
    assert len(held(context, who)) == 2, "not before nobody can be about to use them"
    uploads.sweep(later(context, days=2))
    assert held(context, who) == []


def test_bytes_whose_transaction_was_lost_stay_where_somebody_needs_the_same(context):
    who = principal(context)
    lose(context, who, FromBytes(incoming(context, who.project, b"same"), "clip.mp4"))
    analysis = submitted(context, who, b"same").analysis
    uploads.sweep(later(context, days=2))
    assert held(context, who) == [keys.media(who.project, analysis.media_sha256)]


def test_an_upload_whose_transaction_was_lost_can_be_used_once_more(context):
    who = principal(context)
    upload = whole_upload(context, who, b"uploaded")
    lose(context, who, FromUpload(upload))
    analysis = submit(context, who, FromUpload(upload), Options()).analysis
    assert held(context, who) == [keys.media(who.project, analysis.media_sha256)]


def test_an_upload_whose_transaction_was_lost_and_that_nobody_used_again_is_swept(context):
    who = principal(context)
    lose(context, who, FromUpload(whole_upload(context, who, b"uploaded")))
    uploads.sweep(later(context, days=2))
    assert held(context, who) == []


def test_a_sweep_and_who_sends_the_same_bytes_at_that_moment_do_not_lose_them(context):
    """Whoever comes second waits for the other's transaction; in every order the bytes of an analysis are there."""
    who, ends = principal(context), []
    for number in range(5):
        data = f"race {number}".encode()
        lose(context, who, FromBytes(incoming(context, who.project, data), "clip.mp4"))

        def send(data=data):
            ends.append(submitted(context, who, data).analysis.media_sha256)

        sender = threading.Thread(target=send)
        sender.start()
        uploads.sweep(later(context, hours=25))  # what was received before now is abandoned then
        sender.join()
    assert len(ends) == 5
    for sha256 in ends:
        assert context.store.exists(keys.media(who.project, sha256))


def test_time_is_the_databases_whatever_this_machines_clock_says(context):
    if context.database.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has the clock of its machine")
    clock = DatabaseClock(context.database, own=lambda: time.time() + 3 * 86_400)
    first = clock.now()
    assert abs((first - datetime.now(UTC)).total_seconds()) < 5
    time.sleep(0.2)
    assert 0.2 <= (clock.now() - first).total_seconds() < 5


def test_a_clock_that_was_read_goes_on_without_the_database(context):
    class Away:
        def read(self):
            raise DatabaseUnavailable("away")

    if context.database.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has the clock of its machine")
    clock = DatabaseClock(context.database, every=0.0)
    first = clock.now()
    clock._database = Away()
    assert clock.now() >= first
    with pytest.raises(DatabaseUnavailable):
        DatabaseClock(Away()).now()
