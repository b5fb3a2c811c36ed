"""What is kept for how long: the analysis's own wish, the project's, the server's; and the record alone where asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from support.rows import finished, principal, started
from unmask.db.tables import Project
from unmask.service import lifecycle, retention
from unmask.service.deletion import complete_deletion, delete, sweep
from unmask.service.errors import NotFound, StoreUnavailable
from unmask.storage import keys


def expires_in(context, who, analysis):
    with context.database.read() as repo:
        row = repo.analyses.get(who.project, analysis)
    return None if row.expires_at is None else row.expires_at - row.finished_at


def in_days(context, days):
    return replace(context, now=lambda: context.now() + timedelta(days=days))


def test_the_nearest_wish_counts(context):
    who = principal(context)
    assert expires_in(context, who, finished(context, who, b"1")) is None
    server = replace(context, settings=context.settings.model_copy(update={"retention_days": 90.0}))
    assert expires_in(server, who, finished(server, who, b"2")) == timedelta(days=90)
    with context.database.write() as repo:
        repo.session.get(Project, who.project).retention_days = 30
    assert expires_in(server, who, finished(server, who, b"3")) == timedelta(days=30)
    assert expires_in(server, who, finished(server, who, b"4", retention_days=2.0)) == timedelta(days=2)
    assert expires_in(server, who, finished(server, who, b"5", retention_days=0.0)) == timedelta(days=30)


def test_what_is_over_goes_and_the_rest_stays(context):
    who = principal(context)
    short, long = finished(context, who, b"1", retention_days=1.0), finished(context, who, b"2", retention_days=9.0)
    assert retention.sweep(context) == 0
    assert retention.sweep(in_days(context, 2)) == 1
    with context.database.read() as repo:
        assert repo.analyses.get(who.project, short) is None
        assert repo.analyses.get(who.project, long) is not None
        assert repo.records.deletion(who.project, short).completed_at is not None
        last = repo.records.history(who.project, short)[-1]
    assert (last.action, last.actor) == ("analysis.delete", "retention")
    assert list(context.store.list(keys.analysis_prefix(who.project, short))) == []


def test_the_record_stays_where_it_was_asked_for(context):
    who = principal(context)
    analysis = finished(context, who, b"1", retention_days=1.0, keep_record=True)
    assert retention.sweep(in_days(context, 2)) == 1
    assert retention.sweep(in_days(context, 3)) == 0
    with context.database.read() as repo:
        row = repo.analyses.get(who.project, analysis)
        assert (row.state, row.verdict, row.media_held) == ("done", "likely_manipulated", False)
        assert [artifact.name for artifact in repo.attached.artifacts(analysis)] == ["result.json"]
    assert [item.key for item in context.store.list(f"{who.project}/")] == [
        keys.artifact(who.project, analysis, "result.json")
    ]


class Away:
    """A store that does not answer, in the place of one that did."""

    def __init__(self, store):
        self._store = store

    def __getattr__(self, name):
        def refuse(*_args, **_kwargs):
            raise StoreUnavailable("The store does not answer.")

        return refuse if name in {"list", "delete"} else getattr(self._store, name)


def test_a_deletion_goes_on_when_the_store_is_back(context):
    who = principal(context)
    analysis = finished(context, who)
    lost = replace(context, store=Away(context.store))
    assert delete(lost, who, analysis).completed_at is None
    with context.database.write() as repo:
        assert repo.analyses.get(who.project, analysis) is None
        kinds = [job.kind for job in repo.outbox.take(context.now(), 9)]
    assert "deletion.complete" in kinds
    assert complete_deletion(context, who.project, analysis).completed_at is not None
    assert list(context.store.list(f"{who.project}/")) == []


def test_what_a_worker_wrote_after_the_deletion_is_swept(context):
    who = principal(context)
    analysis = started(context, who)
    delete(context, who, analysis)
    context.store.put(keys.artifact(who.project, analysis, "evidence/late.png"), b"late")
    later = in_days(context, 1)
    with context.database.write() as repo:
        assert "analysis.sweep" not in [job.kind for job in repo.outbox.take(context.now(), 9)]
        assert "analysis.sweep" in [job.kind for job in repo.outbox.take(later.now(), 9)]
    assert sweep(context, who.project, analysis) == 1
    assert list(context.store.list(f"{who.project}/")) == []


def test_nothing_is_deleted_that_is_another_projects(context):
    analysis = finished(context, principal(context, "one"))
    with pytest.raises(NotFound):
        delete(context, principal(context, "other"), analysis)
    with pytest.raises(NotFound):
        lifecycle.cancel(context, principal(context, "other"), analysis)
