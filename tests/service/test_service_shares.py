"""Links that show one result: what they show, to whom, and until when."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import inspect, text

from support.calls import is_problem
from support.rows import finished, started
from unmask.db.shares import Share
from unmask.service import deletion, shares
from unmask.service.keys import create_key
from unmask.service.retention import LINKS_REMEMBERED, sweep

DAY = 86_400


@pytest.fixture
def analysis(shared_context, who):
    return finished(shared_context, who, b"\x1aE\xdf\xa3 what was sent", name="<i>mine</i>.webm")


@pytest.fixture
def link(client, analysis):
    """A link that holds for a day, as the API made it."""
    answer = client.post(f"/v1/analyses/{analysis}/shares", json={"expires_in": DAY})
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.fixture
def anybody(served):
    """Somebody without a key."""
    with httpx.Client(base_url=served.url, headers={"Accept": "text/html"}, timeout=60) as client:
        yield client


def ends(context, link, **values):
    with context.database.write() as repo:
        row = repo.session.get(Share, link["id"])
        for name, value in values.items():
            setattr(row, name, value)


def test_a_link_shows_the_page_the_media_the_report_and_the_evidence_without_a_key(anybody, link, analysis):
    page = anybody.get(link["path"])
    assert page.status_code == 200
    assert "Likely manipulated" in page.text
    media = anybody.get(f"{link['path']}/media", headers={"Range": "bytes=0-3"})
    assert (media.status_code, media.content) == (206, b"\x1aE\xdf\xa3")
    assert media.headers["content-security-policy"].startswith("sandbox")
    assert anybody.get(f"{link['path']}/report.json").json()["analysis"] == analysis
    assert anybody.get(f"{link['path']}/report.pdf").content.startswith(b"%PDF")
    assert anybody.get(f"{link['path']}/report.html").headers["content-security-policy"].startswith("sandbox")
    assert anybody.get(f"{link['path']}/artifacts/evidence/e1.png?link=false").content == bytes(range(256))


def test_it_shows_nothing_that_changes_something_or_leads_elsewhere(anybody, link, analysis):
    page = anybody.get(link["path"]).text
    for inside in (
        "/analyses",
        "/v1/",
        "/models",
        'id="delete"',
        'id="rerun"',
        'id="feedback"',
        'id="share',
        "/signout",
    ):
        assert inside not in page, inside
    assert f'href="{link["path"]}/report.html"' in page
    for path in ("/analyses", f"/analyses/{analysis}", f"/analyses/{analysis}/media"):
        assert anybody.get(path).status_code == 303
    assert anybody.get(f"/v1/analyses/{analysis}").status_code == 401


def test_its_address_is_kept_from_search_engines_and_other_pages(anybody, link):
    for path in (link["path"], f"{link['path']}/media", f"{link['path']}/report.pdf", f"{link['path']}/no-such"):
        answer = anybody.get(path, headers={"Accept": "text/html"})
        if answer.status_code == 200:
            assert answer.headers["referrer-policy"] == "no-referrer"
            assert answer.headers["x-robots-tag"].startswith("noindex")
    assert anybody.get(link["path"]).headers["cache-control"] == "no-store"


def test_it_opens_nothing_of_another_analysis(anybody, client, shared_context, who, link):
    other = finished(shared_context, who, b"another", name="other-name.mp4")
    assert "other-name" not in anybody.get(link["path"]).text
    for name in (f"../{other}/result.json", f"{other}/result.json", "..%2fresult.json", "nothing.png"):
        assert anybody.get(f"{link['path']}/artifacts/{name}").status_code == 404
    assert anybody.post(link["path"]).status_code == 405
    assert client.delete(f"/v1/analyses/{other}/shares/{link['id']}").status_code == 404
    assert anybody.get(link["path"]).status_code == 200


def test_after_its_time_it_shows_a_page_that_says_so_and_nothing_else(anybody, shared_context, client, link, analysis):
    ends(shared_context, link, expires_at=shared_context.now() - timedelta(seconds=1))
    for rest in ("", "/media", "/report.json", "/artifacts/result.json"):
        answer = anybody.get(link["path"] + rest)
        assert answer.status_code == 410, rest
        assert "This link has expired." in answer.text
        assert "Likely manipulated" not in answer.text
        assert "/analyses" not in answer.text
    (listed,) = client.get(f"/v1/analyses/{analysis}/shares").json()
    assert listed["state"] == "expired"


def test_what_is_taken_back_shows_nothing_from_then_on(anybody, client, link, analysis):
    place = f"/v1/analyses/{analysis}/shares/{link['id']}"
    assert client.delete(place).status_code == 204
    assert client.delete(place).status_code == 204
    answer = anybody.get(link["path"])
    assert answer.status_code == 410
    assert "This link was taken back." in answer.text
    assert anybody.get(f"{link['path']}/media").status_code == 410
    (listed,) = client.get(f"/v1/analyses/{analysis}/shares").json()
    assert listed["state"] == "revoked"
    assert listed["revoked"] is not None


def test_the_deletion_of_the_analysis_ends_it_and_removes_its_row(anybody, shared_context, who, link, analysis):
    receipt = deletion.delete(shared_context, who, analysis).receipt
    assert receipt["rows"]["shares"] == 1
    answer = anybody.get(link["path"])
    assert answer.status_code == 404
    assert "This link shows nothing." in answer.text
    with shared_context.database.read() as repo:
        assert repo.session.get(Share, link["id"]) is None


@pytest.mark.parametrize("token", ["x", "A" * 43, "A" * 44, "%00", "A" * 300, "01KB0000000000000000000000"])
def test_a_link_that_nobody_made_shows_a_page_without_anything(anybody, token):
    answer = anybody.get(f"/s/{token}")
    assert answer.status_code == 404
    assert "/analyses" not in answer.text


def test_the_token_is_kept_nowhere_but_in_the_answer(shared_context, link):
    token = link["path"].removeprefix("/s/")
    assert len(token) == 43
    with shared_context.database.engine.connect() as connection:
        for table in inspect(connection).get_table_names():
            for row in connection.execute(text(f'SELECT * FROM "{table}"')):
                assert token not in str(tuple(row)), table


def test_making_and_taking_back_is_written_down(shared_context, who, client, link, analysis):
    client.delete(f"/v1/analyses/{analysis}/shares/{link['id']}")
    with shared_context.database.read() as repo:
        entries = [e for e in repo.records.history(who.project, analysis) if e.action.startswith("share.")]
    assert [(e.action, e.detail["share"]) for e in entries] == [
        ("share.create", link["id"]),
        ("share.revoke", link["id"]),
    ]


def test_only_a_result_can_be_shown_and_only_for_a_minute_to_thirty_days(client, shared_context, who, analysis):
    running = started(shared_context, who, b"still running")
    is_problem(client.post(f"/v1/analyses/{running}/shares", json={}), 409, "wrong_state")
    for wrong in (0, 59, 30 * DAY + 1, "soon", None):
        answer = client.post(f"/v1/analyses/{analysis}/shares", json={"expires_in": wrong})
        is_problem(answer, 422, "invalid_request")
    is_problem(client.post(f"/v1/analyses/{analysis}/shares", json={"for": 60}), 422, "invalid_request")


def test_a_link_holds_a_week_unless_said_and_never_longer_than_the_analysis_is_kept(client, shared_context, who):
    kept = finished(shared_context, who, b"kept for two days", retention_days=2)
    link = client.post(f"/v1/analyses/{kept}/shares", json={}).json()
    with shared_context.database.read() as repo:
        assert link["expires"][:19] == repo.analyses.get(who.project, kept).expires_at.isoformat()[:19]
    other = finished(shared_context, who, b"kept for ever")
    share, _ = shares.make(shared_context, who, other)
    assert share.expires_at - share.created_at == timedelta(days=7)


def test_a_key_that_only_reads_sees_links_and_makes_none(served, shared_context, who, analysis, link):
    _, key = create_key(shared_context, who.project, "reader", {"read"})
    with httpx.Client(base_url=served.url, headers={"X-API-Key": key}, timeout=60) as reader:
        place = f"/v1/analyses/{analysis}/shares"
        assert [one["id"] for one in reader.get(place).json()] == [link["id"]]
        assert "path" not in reader.get(place).json()[0]
        is_problem(reader.post(place, json={}), 403, "forbidden")
        is_problem(reader.delete(f"{place}/{link['id']}"), 403, "forbidden")


def test_links_are_forgotten_a_month_after_their_time(anybody, shared_context, link):
    ends(shared_context, link, expires_at=shared_context.now() - timedelta(days=1))
    sweep(shared_context)
    assert anybody.get(link["path"]).status_code == 410
    later = replace(shared_context, now=lambda: shared_context.now() + LINKS_REMEMBERED)
    sweep(later)
    assert anybody.get(link["path"]).status_code == 404


def test_media_that_went_meanwhile_is_said_to_be_gone_and_the_page_stays(anybody, shared_context, who, link, analysis):
    with shared_context.database.write() as repo:
        repo.analyses.get(who.project, analysis).media_held = False
    assert "no longer kept" in anybody.get(link["path"]).text
    gone = anybody.get(f"{link['path']}/media")
    assert gone.status_code == 409
    assert "/analyses" not in gone.text
