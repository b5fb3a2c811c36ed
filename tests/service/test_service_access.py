"""Who gets at what: over every route there is, nobody without a key, and no project at another's things."""

from __future__ import annotations

import json
import secrets

import httpx
import pytest

from support.rows import finished, principal, started
from support.servers import uvicorn_server
from unmask.api.app import create_app
from unmask.service import shares, uploads
from unmask.service.batches import submit_batch
from unmask.service.context import new_id
from unmask.service.keys import create_key
from unmask.service.options import Options
from unmask.service.submissions import FromUrl

OPEN = {"/healthz", "/readyz", "/metrics", "/v1/openapi.json"}
TUS = {"Tus-Resumable": "1.0.0"}


def operations(app):
    """(method, path template) of everything that the OpenAPI document names."""
    return [
        (method, path)
        for path, item in app.openapi()["paths"].items()
        for method in item
        if path not in OPEN and method != "options"
    ]


def keyed(served, context, who, scopes):
    _, key = create_key(context, who.project, "tests", scopes)
    return httpx.Client(base_url=served.url, headers={"Authorization": f"Bearer {key}"}, timeout=60)


def ask(client, method, path):
    """A request that would be well-formed for any of the routes."""
    headers = dict(TUS)
    if method == "patch" and "/projects/" in path:
        return client.patch(path, json={"retention_days": 1})
    if method == "patch":
        headers |= {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
        return client.request(method, path, content=b"x", headers=headers)
    if method == "post":
        bodies = {
            "reruns": {},
            "feedback": {"judgement": "authentic"},
            "batches": {"items": [{"url": "https://a.example/x"}]},
            "webhooks": {"url": "https://a.example/hook"},
            "shares": {"expires_in": 3600},
            "keys": {"name": "a key"},
            "projects": {"name": "a project"},
        }
        last = path.rstrip("/").rsplit("/", 1)[1]
        if last == "uploads":
            return client.post(path, headers=headers | {"Upload-Length": "10"})
        return client.post(
            path,
            content=json.dumps(bodies.get(last, {"url": "https://a.example/x"})),
            headers=headers | {"Content-Type": "application/json"},
        )
    return client.request(method, path, headers=headers)


@pytest.fixture
def theirs(shared_context):
    """Ids of things of another project, by the name of the path's parameter."""
    other = principal(shared_context, secrets.token_hex(8))
    batch = submit_batch(shared_context, other, [(FromUrl("https://a.example/x"), Options())]).batch
    analysis = finished(shared_context, other, b"theirs")
    key, _ = create_key(shared_context, other.project, "theirs", {"read"})
    return {
        "analysis": analysis,
        "share": shares.make(shared_context, other, analysis)[0].id,
        "running": started(shared_context, other, b"theirs too"),
        "upload": uploads.create(shared_context, other, 10, "x.mp4").id,
        "batch": batch.id,
        "project": other.project,
        "key": key.id,
        "key_id": key.key_id,
        "owner": other,
    }


def test_every_route_refuses_what_is_another_projects(served, shared_context, who, theirs):
    """Also with all scopes, nothing of another project is shown, changed, or even said to be there."""
    before = list(shared_context.store.list(f"{theirs['project']}/"))
    tried = 0
    with keyed(served, shared_context, who, {"read", "write", "admin"}) as client:
        for method, template in operations(served.app):
            if "{" not in template:
                continue
            fill = {"form": "json", "name": "result.json"} | {k: v for k, v in theirs.items() if isinstance(v, str)}
            for analysis in (theirs["analysis"], theirs["running"]):
                parameters = {name.split("}")[0] for name in template.split("{")[1:]}
                path = template.format(**({name: new_id() for name in parameters} | fill | {"analysis": analysis}))
                answer = ask(client, method, path)
                tried += 1
                assert answer.status_code == 404, (method, path, answer.status_code, answer.text)
                unknown = template.format(**({name: new_id() for name in parameters} | {"form": "json", "name": "x"}))
                assert ask(client, method, unknown).status_code == 404
    assert tried >= 36
    assert list(shared_context.store.list(f"{theirs['project']}/")) == before
    with shared_context.database.read() as repo:
        assert repo.access.key_by_id(theirs["key"]).revoked_at is None
        assert repo.access.project(theirs["project"]).retention_days is None
        assert repo.analyses.get(theirs["owner"].project, theirs["running"]).state == "running"
        assert repo.uploads.get(theirs["owner"].project, theirs["upload"]).received == 0


def test_no_list_shows_what_is_another_projects(served, shared_context, who, theirs):
    with keyed(served, shared_context, who, {"read", "write", "admin"}) as client:
        for method, template in operations(served.app):
            if method != "get" or "{" in template:
                continue
            answer = client.get(template)
            assert answer.status_code == 200, (template, answer.text)
            for identity in theirs.values():
                if isinstance(identity, str):
                    assert identity not in answer.text
        assert client.get("/v1/analyses", params={"batch": theirs["batch"]}).json()["items"] == []


def test_another_projects_upload_analysis_and_idempotency_key_are_of_no_use(served, shared_context, who, theirs):
    with keyed(served, shared_context, who, {"read", "write"}) as client:
        assert client.post("/v1/analyses", json={"upload": theirs["upload"]}).status_code == 404
        assert client.post(f"/v1/analyses/{theirs['analysis']}/reruns", json={}).status_code == 404
    with keyed(served, shared_context, theirs["owner"], {"read", "write"}) as other:
        body, once = {"url": "https://a.example/x"}, {"Idempotency-Key": "the-same"}
        first = other.post("/v1/analyses", json=body, headers=once)
        with keyed(served, shared_context, who, {"write"}) as client:
            second = client.post("/v1/analyses", json=body, headers=once)
    assert first.json()["id"] != second.json()["id"]
    assert "idempotency-replayed" not in second.headers


def test_every_route_but_those_for_operations_needs_a_key(served):
    with httpx.Client(base_url=served.url, timeout=60) as nobody:
        for method, template in operations(served.app):
            path = template.format_map(Anything())
            for headers in (
                {},
                {"Authorization": "Bearer nonsense"},
                {"X-API-Key": "unmask_" + "a" * 12 + "_" + "b" * 43},
            ):
                nobody.headers = httpx.Headers(headers)
                answer = ask(nobody, method, path)
                assert answer.status_code == 401, (method, path, answer.status_code, answer.text)


class Anything(dict):
    def __missing__(self, name):
        return {"form": "json", "name": "x"}.get(name, "01KB0000000000000000000000")


def test_scopes_are_kept_apart(served, shared_context, who):
    analysis = started(shared_context, who)
    with keyed(served, shared_context, who, {"read"}) as reader:
        assert reader.get(f"/v1/analyses/{analysis}").status_code == 200
        for answer in (
            reader.post(f"/v1/analyses/{analysis}/cancel"),
            reader.delete(f"/v1/analyses/{analysis}"),
            reader.post("/v1/analyses", json={"url": "https://a.example"}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    with keyed(served, shared_context, who, {"write"}) as writer:
        assert writer.get(f"/v1/analyses/{analysis}").status_code == 403
        assert writer.post(f"/v1/analyses/{analysis}/cancel").status_code == 200


def test_a_key_that_was_revoked_or_is_over_opens_nothing(served, shared_context, who):
    key, text = create_key(shared_context, who.project, "tests", {"read"})
    over, other = create_key(shared_context, who.project, "tests", {"read"}, expires_at=shared_context.now())
    assert over.key_id != key.key_id
    with httpx.Client(base_url=served.url) as client:
        assert client.get("/v1/analyses", headers={"X-API-Key": text}).status_code == 200
        assert client.get("/v1/analyses", headers={"X-API-Key": other}).status_code == 401
        with shared_context.database.write() as repo:
            assert repo.access.revoke(who.project, key.key_id, shared_context.now())
        assert client.get("/v1/analyses", headers={"X-API-Key": text}).status_code == 401


def test_a_key_that_asks_too_often_is_told_when_to_come_again(served, shared_context, who):
    _, text = create_key(shared_context, who.project, "tests", {"read"}, per_minute=1, burst=2)
    with httpx.Client(base_url=served.url, headers={"X-API-Key": text}) as client:
        answers = [client.get("/v1/analyses") for _ in range(4)]
    assert [answer.status_code for answer in answers][:2] == [200, 200]
    refused = answers[-1]
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert 1 <= int(refused.headers["retry-after"]) <= 60


def test_without_keys_only_this_machines_own_page_is_answered(shared_context):
    settings = shared_context.settings.model_copy(update={"keyless": True})
    with uvicorn_server(create_app(settings)) as served, httpx.Client(base_url=served.url) as client:
        assert client.get("/v1/analyses").status_code == 200
        port = served.url.rsplit(":", 1)[1]
        own = {"Host": f"localhost:{port}", "Origin": f"http://localhost:{port}"}
        assert client.get("/v1/analyses", headers=own).status_code == 200
        for headers in (
            {"Host": "rebound.example"},
            {"Host": f"rebound.example:{port}", "Origin": f"http://rebound.example:{port}"},
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Host": "[::1"},
        ):
            answer = client.post("/v1/analyses", json={"url": "https://a.example"}, headers=headers)
            assert answer.status_code in {400, 403}, answer.text
        assert client.get("/v1/analyses").json()["items"] == []
