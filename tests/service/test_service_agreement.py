"""What people think of the verdicts: counted, over time and by model, for administrators of the project alone."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from support.calls import is_problem
from support.rows import finished, principal
from unmask.db.tables import Feedback
from unmask.intervals import wilson
from unmask.service.agreement import disagreements, summary
from unmask.service.context import new_id
from unmask.service.keys import create_key

MONDAY = datetime(2026, 10, 5, 0, 0, tzinfo=UTC)


def judged(context, analysis, judgement, at=MONDAY, comment=""):
    with context.database.write() as repo:
        repo.attached.add_feedback(
            Feedback(
                id=new_id(at), analysis_id=analysis, judgement=judgement, comment=comment, author="", created_at=at
            )
        )


@pytest.fixture
def admin(served, shared_context, who):
    _, key = create_key(shared_context, who.project, "tests", {"admin"})
    with httpx.Client(base_url=served.url, headers={"X-API-Key": key}, timeout=60) as client:
        yield client


@pytest.fixture
def three(shared_context, who):
    """An analysis of each kind of verdict: manipulated, authentic, inconclusive."""
    labels = ("likely_manipulated", "likely_authentic", "inconclusive")
    return [finished(shared_context, who, label.encode(), label=label, name=f"{label}.mp4") for label in labels]


def test_judgements_agree_contradict_or_leave_it_open(shared_context, admin, three):
    fake, real, open_ = three
    for analysis, judgement in (
        (fake, "manipulated"),
        (fake, "manipulated"),
        (real, "authentic"),
        (fake, "authentic"),
        (real, "unsure"),
        (open_, "manipulated"),
    ):
        judged(shared_context, analysis, judgement)
    found = admin.get("/v1/feedback").json()
    assert found["counts"] == [
        {"verdict": "inconclusive", "judgement": "manipulated", "count": 1},
        {"verdict": "likely_authentic", "judgement": "authentic", "count": 1},
        {"verdict": "likely_authentic", "judgement": "unsure", "count": 1},
        {"verdict": "likely_manipulated", "judgement": "authentic", "count": 1},
        {"verdict": "likely_manipulated", "judgement": "manipulated", "count": 2},
    ]
    overall = found["overall"]
    assert (overall["agreed"], overall["disagreed"], overall["left_open"]) == (3, 1, 2)
    assert overall["share"] == 0.75
    assert overall["interval"] == pytest.approx(wilson(0.75, 4))


def test_nothing_that_can_be_compared_has_no_share(shared_context, admin, three):
    assert admin.get("/v1/feedback").json() == {
        "counts": [],
        "overall": {"agreed": 0, "disagreed": 0, "left_open": 0, "share": None, "interval": None},
        "weeks": [],
        "models": [],
    }
    judged(shared_context, three[2], "authentic")
    assert admin.get("/v1/feedback").json()["overall"]["share"] is None


def test_weeks_begin_on_monday_in_utc_and_none_is_left_out(shared_context, admin, three):
    fake, *_ = three
    judged(shared_context, fake, "manipulated", MONDAY - timedelta(minutes=1))
    judged(shared_context, fake, "manipulated", MONDAY)
    judged(shared_context, fake, "authentic", MONDAY + timedelta(days=6, hours=23, minutes=59))
    judged(shared_context, fake, "manipulated", MONDAY + timedelta(days=14))
    weeks = admin.get("/v1/feedback").json()["weeks"]
    assert [(w["start"], w["agreed"], w["disagreed"]) for w in weeks] == [
        ("2026-09-28", 1, 0),
        ("2026-10-05", 1, 1),
        ("2026-10-12", 0, 0),
        ("2026-10-19", 1, 0),
    ]
    late = admin.get("/v1/feedback", params={"since": "2026-10-06"}).json()
    assert [w["start"] for w in late["weeks"]] == ["2026-10-05", "2026-10-12", "2026-10-19"]
    assert late["overall"]["agreed"] == 1


def test_models_are_told_apart_by_version(shared_context, admin, who, three):
    from unmask.db.tables import UsedModel

    fake, real, _ = three
    with shared_context.database.write() as repo:
        repo.attached.replace_models(real, [UsedModel(analysis_id=real, name="face", version="0.3.0", sha256="1" * 64)])
    judged(shared_context, fake, "authentic")
    judged(shared_context, real, "authentic")
    models = admin.get("/v1/feedback").json()["models"]
    assert [(m["name"], m["version"], m["agreed"], m["disagreed"]) for m in models] == [
        ("face", "0.2.0", 0, 1),
        ("face", "0.3.0", 1, 0),
    ]


def test_the_latest_contradictions_come_with_what_was_said(shared_context, who, three):
    fake, real, open_ = three
    judged(shared_context, fake, "authentic", MONDAY, "I filmed this")
    judged(shared_context, real, "manipulated", MONDAY + timedelta(days=1), "the mouth")
    judged(shared_context, open_, "manipulated")
    judged(shared_context, real, "authentic")
    found = disagreements(shared_context, who)
    assert [(feedback.comment, row.id) for feedback, row in found] == [("the mouth", real), ("I filmed this", fake)]


def test_only_an_administrator_sees_it(served, shared_context, who, client):
    is_problem(client.get("/v1/feedback"), 403, "forbidden")
    _, key = create_key(shared_context, who.project, "desk", {"read", "write"})
    cookies = {"unmask_key": key}
    page = httpx.get(f"{served.url}/feedback", cookies=cookies, headers={"Accept": "text/html"}, timeout=60)
    assert page.status_code == 403
    assert "Your key does not allow this." in page.text
    assert "/feedback" not in httpx.get(f"{served.url}/analyses", cookies=cookies, timeout=60).text
    assert httpx.get(f"{served.url}/feedback", headers={"Accept": "text/html"}, timeout=60).status_code == 303


def test_another_projects_judgements_are_not_counted(shared_context, admin, three):
    other = principal(shared_context, secrets.token_hex(8))
    judged(shared_context, finished(shared_context, other, b"theirs"), "authentic", comment="theirs alone")
    assert admin.get("/v1/feedback").json()["counts"] == []
    assert summary(shared_context, other).overall.disagreed == 1
    assert "theirs alone" not in admin.get("/feedback", headers={"Accept": "text/html"}).text


def test_a_day_that_is_none_is_refused(admin):
    for since in ("yesterday", "0", "1764100800", "2026-02-30"):
        is_problem(admin.get("/v1/feedback", params={"since": since}), 422, "invalid_request")
