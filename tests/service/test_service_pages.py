"""The pages where keys are asked for: signing in, what a foreign page can't do, and whose analyses are shown."""

from __future__ import annotations

import httpx
import pytest

from support.rows import finished, principal
from support.servers import uvicorn_server
from unmask.api.app import create_app
from unmask.service.batches import submit_batch
from unmask.service.keys import create_key
from unmask.service.options import Options
from unmask.service.submissions import FromUrl

PAGES = ("/", "/analyses", "/models", "/models/face")
HTML = {"Accept": "text/html"}


@pytest.fixture
def served(settings):
    with uvicorn_server(create_app(settings)) as server:
        yield server


@pytest.fixture
def key(context):
    return create_key(context, principal(context).project, "desk", ["read", "write"])[1]


@pytest.fixture
def browser(served):
    """Makes clients that keep cookies and follow no redirection."""
    clients = []

    def make():
        clients.append(httpx.Client(base_url=served.url, headers=HTML, timeout=60))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


def signed_in(browser, served, key):
    client = browser()
    answer = client.post("/signin", data={"key": key, "next": "/analyses"}, headers={"Origin": served.url})
    assert (answer.status_code, answer.headers["location"]) == (303, "/analyses")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    return client


def test_who_has_no_key_is_asked_for_one_on_every_page(browser, served):
    for path in PAGES:
        answer = browser().get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/signin?next={path}")


def test_a_key_opens_pages_api_and_media_until_signing_out(browser, served, context, key):
    done = finished(context, principal(context), b"\x1aE\xdf\xa3 as a webm begins", name="<b>mine.webm")
    client = signed_in(browser, served, key)
    for path in (*PAGES, f"/analyses/{done}"):
        assert client.get(path).status_code == 200, path
    assert "&lt;b&gt;mine.webm" in client.get("/analyses").text
    assert client.get(f"/v1/analyses/{done}").status_code == 200
    media = client.get(f"/analyses/{done}/media", headers={"Range": "bytes=0-3"})
    assert (media.status_code, media.content, media.headers["content-type"]) == (206, b"\x1aE\xdf\xa3", "video/webm")
    client.post("/signout")
    assert client.get("/analyses").status_code == 303


def test_a_wrong_key_is_told_so_and_no_page_of_others_can_sign_somebody_in(browser, served, key):
    client = browser()
    wrong = client.post("/signin", data={"key": "unmask_no_key"}, headers={"Origin": served.url})
    assert wrong.status_code == 401
    assert "not known here" in wrong.text
    foreign = client.post("/signin", data={"key": key}, headers={"Origin": "https://evil.example"})
    assert foreign.status_code == 401
    assert not client.cookies


def test_a_foreign_page_can_change_nothing_with_the_cookie(browser, served, context, key):
    done = finished(context, principal(context))
    client = signed_in(browser, served, key)
    for headers in ({"Origin": "https://evil.example"}, {}):
        assert client.delete(f"/v1/analyses/{done}", headers=headers).status_code == 401
    assert client.delete(f"/v1/analyses/{done}", headers={"Origin": served.url}).status_code in (200, 202)


def test_only_an_admin_sees_the_settings_and_no_foreign_page_can_use_them(browser, served, context, key):
    paths = [f"/settings/{name}" for name in ("keys", "projects", "retention", "webhooks", "language-model")]
    plain = signed_in(browser, served, key)
    assert "/settings" not in plain.get("/").text
    for path in ("/settings", *paths):
        assert plain.get(path).status_code == 403, path
    admins = create_key(context, principal(context).project, "<i>boss</i>", ["admin"])[1]
    admin = signed_in(browser, served, admins)
    assert admin.get("/settings").headers["location"] == "/settings/keys"
    for path in paths:
        assert admin.get(path).status_code == 200, path
    shown = admin.get("/settings/keys").text
    assert "&lt;i&gt;boss&lt;/i&gt;" in shown
    assert "you are using this one" in shown
    assert 'value="operator"' not in shown, "nobody is offered more than they have"
    for headers in ({"Origin": "https://evil.example"}, {}):
        assert admin.post("/v1/keys", json={"name": "x"}, headers=headers).status_code == 401
    assert admin.post("/v1/keys", json={"name": "x"}, headers={"Origin": served.url}).status_code == 201


def test_an_operator_sees_other_projects_but_not_what_they_examine(browser, served, context):
    other = principal(context, "<b>other</b>")
    finished(context, other, name="secret-name.mp4", retention_days=3.0)
    operator = signed_in(browser, served, create_key(context, principal(context).project, "op", ["operator"])[1])
    assert "&lt;b&gt;other&lt;/b&gt;" in operator.get("/settings/projects").text
    rule = operator.get(f"/settings/retention?project={other.project}")
    assert rule.status_code == 200
    assert "secret-name" not in rule.text
    admin = signed_in(browser, served, create_key(context, principal(context).project, "ad", ["admin"])[1])
    assert admin.get(f"/settings/retention?project={other.project}").status_code == 404
    assert admin.get(f"/settings/keys?project={other.project}").status_code == 404


def test_nobody_sees_the_analyses_of_another_project(browser, served, context, key):
    other = finished(context, principal(context, "two"), name="secret-name.mp4")
    client = signed_in(browser, served, key)
    assert client.get(f"/analyses/{other}").status_code == 404
    assert client.get(f"/analyses/{other}/media").status_code == 404
    assert "secret-name" not in client.get("/analyses").text


def test_nobody_compares_or_opens_a_batch_of_another_project(browser, served, context, key):
    mine, other = finished(context, principal(context)), finished(context, principal(context, "two"), name="quokka.mp4")
    batch = submit_batch(
        context, principal(context, "two"), [(FromUrl("https://a.example/quokka"), Options())], "quokka"
    )
    client = signed_in(browser, served, key)
    for path in (
        f"/compare?a={mine}&b={other}",
        f"/compare?a={other}&b={mine}",
        f"/batches/{batch.batch.id}",
        f"/batches/{batch.batch.id}.csv",
        "/batches/nonsense",
        "/compare?a=1",
    ):
        answer = client.get(path)
        assert answer.status_code == 404, path
        assert "quokka" not in answer.text, path
    assert "quokka" not in client.get("/batches").text
    assert client.get(f"/compare?a={mine}&b={mine}").status_code == 200
    assert client.get(f"/v1/analyses/{mine}/difference?from={other}").status_code == 404


def test_filters_that_are_none_narrow_nothing(browser, served, context, key):
    finished(context, principal(context), name="a_b.mp4")
    client = signed_in(browser, served, key)
    for query in ("state=x&verdict=y", "since=no&until=9999-12-31", "q=A_B", "cursor="):
        assert "a_b.mp4" in client.get(f"/analyses?{query}").text, query
    for query in ("q=axb", "since=2999-01-01", "state=failed"):
        assert "a_b.mp4" not in client.get(f"/analyses?{query}").text, query
    assert client.get("/analyses?cursor=nonsense").status_code == 404


def test_an_address_without_anything_is_a_page_for_a_browser_and_a_problem_for_a_program(browser, served):
    assert browser().get("/nothing").headers["content-type"].startswith("text/html")
    problem = httpx.get(f"{served.url}/nothing")
    assert (problem.status_code, problem.json()["code"]) == (404, "no_such_route")
    assert browser().get("/v1/nothing").json()["code"] == "no_such_route"


def test_the_list_is_a_table_for_spreadsheets_that_runs_no_formula(browser, served, context, key):
    who = principal(context)
    done = finished(context, who, name="=cmd|'x'!A1.mp4")
    finished(context, who, name="other.mp4")
    answer = signed_in(browser, served, key).get("/analyses.csv?q=cmd")
    assert answer.headers["content-type"].startswith("text/csv")
    head, line = answer.text.splitlines()
    assert head.startswith("id,created,name,label,state,verdict,probability")
    assert line.startswith(f"{done},")
    assert ",'=cmd|'x'!A1.mp4,,done,likely_manipulated,0.9," in line
