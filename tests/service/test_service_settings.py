"""What admins and operators set over HTTP: keys, projects, what is kept for how long."""

from __future__ import annotations

import json
import secrets
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from support.openaiserver import scripted
from support.rows import finished, principal
from unmask.api import language_model
from unmask.db.tables import AuditEntry
from unmask.errors import RateLimited
from unmask.service import jobs, retention
from unmask.service.context import new_id
from unmask.service.keys import USE_NOTED, authenticate, create_key
from unmask.service.limits import Limits
from unmask.storage import keys as places


@pytest.fixture
def as_(served, shared_context, who):
    """Makes clients with keys of these scopes, of the test's project."""
    made = []

    def make(*scopes, project=None):
        _, text = create_key(shared_context, project or who.project, "tests", scopes)
        made.append(httpx.Client(base_url=f"{served.url}/v1", headers={"X-API-Key": text}, timeout=60))
        return made[-1]

    yield make
    for client in made:
        client.close()


def code(answer):
    return answer.status_code, answer.json()["code"]


def audited(context, project):
    with context.database.read() as repo:
        rows = repo.session.query(AuditEntry).filter_by(project_id=project).order_by(AuditEntry.id)
        return [(row.action, row.actor) for row in rows if row.action.startswith(("key.", "project."))]


def test_a_key_is_made_shown_once_used_listed_and_ended(as_, shared_context, who):
    admin = as_("admin")
    made = admin.post("/keys", json={"name": "<b>desk</b> \u202e7", "scopes": ["read"], "per_day": 9, "days": 2})
    assert made.status_code == 201, made.text
    key = made.json()
    assert key["key"].startswith(f"unmask_{key['key_id']}_")
    assert (key["name"], key["scopes"], key["state"], key["last_used"]) == (
        "<b>desk</b> \u202e7",
        ["read"],
        "holds",
        None,
    )
    listed = admin.get("/keys").json()
    assert listed[0] == {name: value for name, value in key.items() if name != "key"}
    assert key["key"] not in admin.get("/keys").text
    with httpx.Client(base_url=admin.base_url, headers={"X-API-Key": key["key"]}) as reader:
        assert reader.get("/analyses").status_code == 200
        assert code(reader.get("/keys")) == (403, "forbidden")
        assert admin.get("/keys").json()[0]["last_used"] is not None
        assert admin.delete(f"/keys/{key['id']}").status_code == 204
        assert reader.get("/analyses").status_code == 401
    assert admin.delete(f"/keys/{key['id']}").status_code == 204, "ending what has ended changes nothing"
    assert admin.get("/keys").json()[0]["state"] == "revoked"
    actor = [actor for action, actor in audited(shared_context, who.project) if action == "key.revoke"]
    assert actor == [admin.headers["x-api-key"].split("_")[1]]


def test_the_last_use_is_written_down_once_a_minute(shared_context, who):
    key, text = create_key(shared_context, who.project, "tests", {"read"})
    began = shared_context.now()

    def used(after):
        authenticate(replace(shared_context, now=lambda: began + after), text)
        with shared_context.database.read() as repo:
            return repo.access.key_by_id(key.id).last_used_at - began

    assert used(timedelta(seconds=1)) == timedelta(seconds=1)
    assert used(USE_NOTED) == timedelta(seconds=1)
    assert used(2 * USE_NOTED) == 2 * USE_NOTED


def test_the_analyses_of_today_are_counted_for_each_key(as_, shared_context, who):
    key, text = create_key(shared_context, who.project, "counted", {"write"}, per_day=5)
    limits = Limits(shared_context)
    limits.check_analyses(authenticate(shared_context, text), 3)
    assert [row["used_today"] for row in as_("admin").get("/keys").json() if row["id"] == key.id] == [3]


@pytest.mark.parametrize(
    "body",
    [
        {"name": ""},
        {"name": " "},
        {"name": "a\nb"},
        {"name": "x" * 101},
        {"name": "x", "scopes": []},
        {"name": "x", "scopes": ["root"]},
        {"name": "x", "days": 0},
        {"name": "x", "per_minute": 0},
        {"name": "x", "project": "y"},
        {"name": "x", "other": 1},
    ],
)
def test_a_key_that_is_none_is_refused(as_, body):
    assert code(as_("admin").post("/keys", json=body)) == (422, "invalid_request")


def test_nobody_makes_or_ends_a_key_that_may_do_more_than_their_own(as_, shared_context, who):
    admin, operator = as_("admin"), as_("operator")
    assert code(admin.post("/keys", json={"name": "x", "scopes": ["read", "operator"]})) == (403, "forbidden")
    mighty = operator.post("/keys", json={"name": "x", "scopes": ["operator"]}).json()
    assert code(admin.delete(f"/keys/{mighty['id']}")) == (403, "forbidden")
    assert operator.delete(f"/keys/{mighty['id']}").status_code == 204
    assert code(as_("read", "write").post("/keys", json={"name": "x"})) == (403, "forbidden")


def test_an_operator_makes_projects_and_keys_of_any(as_, served, shared_context, who):
    operator = as_("operator")
    name = f"desk {secrets.token_hex(4)}"
    made = operator.post("/projects", json={"name": name, "max_stored_bytes": 1000, "retention_days": 30})
    assert made.status_code == 201, made.text
    project = made.json()
    assert (project["own"], project["max_stored_bytes"], project["retention_days"]) == (False, 1000, 30)
    assert code(operator.post("/projects", json={"name": name})) == (409, "name_taken")
    key = operator.post("/keys", json={"name": "first", "project": project["id"], "scopes": ["admin"]}).json()
    assert [row["id"] for row in operator.get("/keys", params={"project": project["id"]}).json()] == [key["id"]]
    with httpx.Client(base_url=operator.base_url, headers={"X-API-Key": key["key"]}) as theirs:
        assert [(one["id"], one["own"]) for one in theirs.get("/projects").json()] == [(project["id"], True)]
        assert code(theirs.get(f"/projects/{who.project}")) == (404, "not_found")
        assert code(theirs.get("/keys", params={"project": who.project})) == (404, "not_found")
        assert code(theirs.post("/keys", json={"name": "x", "project": who.project})) == (404, "not_found")
    seen = {one["id"] for one in operator.get("/projects").json()}
    assert {project["id"], who.project} <= seen
    assert code(operator.get(f"/projects/{new_id()}")) == (404, "not_found")


def test_an_admin_sets_what_is_kept_and_only_an_operator_what_may_be_stored(as_, who):
    admin, here = as_("admin"), f"/projects/{who.project}"
    kept = admin.patch(here, json={"retention_days": 7, "keep_record": True, "zero_retention": True}).json()
    assert (kept["retention_days"], kept["keep_record"], kept["zero_retention"]) == (7, True, True)
    assert admin.patch(here, json={"retention_days": None}).json()["retention_days"] is None
    assert admin.get(here).json()["keep_record"] is True, "what is left out stays"
    assert code(admin.patch(here, json={"max_stored_bytes": 5})) == (403, "forbidden")
    assert code(admin.post("/projects", json={"name": secrets.token_hex(4)})) == (403, "forbidden")
    assert as_("operator").patch(here, json={"max_stored_bytes": 5}).json()["max_stored_bytes"] == 5
    for bad in ({"retention_days": 0}, {"retention_days": -1}, {"max_stored_bytes": -1}, {"keep_record": None}):
        assert code(admin.patch(here, json=bad)) == (422, "invalid_request")


def test_a_project_shows_what_it_has(as_, shared_context, who):
    finished(shared_context, who, b"one", retention_days=3.0)
    finished(shared_context, who, b"two!")
    admin = as_("admin", "read")
    usage = admin.get(f"/projects/{who.project}").json()["usage"]
    assert (usage["analyses"], usage["recent"], usage["media"], usage["media_bytes"]) == ({"done": 2}, 2, 2, 7)
    assert usage["keys"] == 1
    assert usage["next_due"] is not None


def test_what_is_due_next_is_told_with_what_stays_of_it(as_, shared_context, who):
    later = finished(shared_context, who, b"1", name="<img src=x>.mp4", retention_days=9.0)
    sooner = finished(shared_context, who, b"2", retention_days=2.0, keep_record=True)
    finished(shared_context, who, b"3")
    told = as_("admin").get("/retention").json()
    assert (told["total"], told["server_days"], told["retention_days"]) == (2, None, None)
    assert [(one["analysis"], one["keeps_record"]) for one in told["due"]] == [(sooner, True), (later, False)]
    assert told["due"][1]["name"] == "<img src=x>.mp4"
    assert len(as_("admin").get("/retention", params={"limit": 1}).json()["due"]) == 1


def expires_in(context, who, analysis):
    with context.database.read() as repo:
        row = repo.analyses.get(who.project, analysis)
    return None if row.expires_at is None else row.expires_at - row.finished_at


def take(context, kind, project):
    """Do the jobs of a kind that wait, as the keeper does."""
    with context.database.write() as repo:
        waiting = [job for job in repo.outbox.take(context.now(), 500) if (job.kind, job.project_id) == (kind, project)]
        for job in waiting:
            repo.outbox.dispatched(job.id, context.now())
    for job in waiting:
        jobs.run(context, job.kind, project, job.analysis_id or "", job.payload)
    return len(waiting)


def test_new_rules_count_from_now_on_or_for_what_has_ended_too(as_, shared_context, who):
    old, own = finished(shared_context, who, b"1"), finished(shared_context, who, b"2", retention_days=3.0)
    admin, here = as_("admin"), f"/projects/{who.project}"
    admin.patch(here, json={"retention_days": 30})
    assert take(shared_context, retention.APPLY, who.project) == 0
    assert expires_in(shared_context, who, old) is None
    admin.patch(here, json={"retention_days": 30, "also_existing": True})
    assert take(shared_context, retention.APPLY, who.project) == 1
    assert expires_in(shared_context, who, old) == timedelta(days=30)
    assert expires_in(shared_context, who, own) == timedelta(days=3), "its own wish counts"
    admin.patch(here, json={"retention_days": None, "also_existing": True})
    take(shared_context, retention.APPLY, who.project)
    assert expires_in(shared_context, who, old) is None


def test_zero_retention_lets_the_media_go_and_keeps_the_answer(as_, shared_context, who):
    before = finished(shared_context, who, b"before")
    admin, here = as_("admin", "read"), f"/projects/{who.project}"
    admin.patch(here, json={"zero_retention": True})
    after = finished(shared_context, who, b"after")
    assert take(shared_context, retention.RELEASE, who.project) == 1
    kept = {one["id"]: one["media"]["kept"] for one in admin.get("/analyses").json()["items"]}
    assert kept == {before: True, after: False}
    admin.patch(here, json={"zero_retention": True, "also_existing": True})
    take(shared_context, retention.APPLY, who.project)
    assert take(shared_context, retention.RELEASE, who.project) == 1
    left = [item.key for item in shared_context.store.list(f"{who.project}/") if "/media/" in item.key]
    assert left == []
    assert places.media(who.project, "0" * 64).startswith(f"{who.project}/media/"), "else nothing was looked for"
    assert admin.get(f"/analyses/{after}/report.json").status_code == 200


def test_applying_goes_through_more_than_fit_at_once(shared_context, monkeypatch):
    who = principal(shared_context, secrets.token_hex(8))
    ids = [finished(shared_context, who, bytes([n])) for n in range(5)]
    with shared_context.database.write() as repo:
        repo.access.project(who.project).retention_days = 4.0
    monkeypatch.setattr(retention, "_AT_ONCE", 2)
    retention.apply(shared_context, who.project)
    assert {expires_in(shared_context, who, one) for one in ids} == {timedelta(days=4)}


def test_what_was_done_is_audited_with_who_did_it(as_, shared_context, who):
    admin = as_("admin")
    admin.patch(f"/projects/{who.project}", json={"keep_record": True})
    actor = admin.headers["x-api-key"].split("_")[1]
    assert audited(shared_context, who.project)[-1] == ("project.limit", actor)


def test_a_key_that_asks_too_often_can_not_make_others_either(served, shared_context, who):
    _, text = create_key(shared_context, who.project, "tests", {"admin"}, per_minute=1, burst=1)
    with httpx.Client(base_url=f"{served.url}/v1", headers={"X-API-Key": text}) as admin:
        admin.get("/keys")
        assert code(admin.post("/keys", json={"name": "x"})) == (429, RateLimited.code)


def test_a_language_model_is_shown_without_its_key_and_really_asked(as_, monkeypatch):
    admin = as_("admin")
    monkeypatch.delenv("UNMASK_VISION_LLM", raising=False)
    with scripted(json.dumps({"sentence": "Lips and voice agree."})) as (url, script):
        monkeypatch.setenv("UNMASK_LLM", f"{url}#small")
        monkeypatch.setenv("UNMASK_LLM_KEY", "sk-hidden")
        shown = admin.get("/language-model")
        assert shown.json()["source"] == "environment"
        wording, vision = shown.json()["connections"]
        assert (wording["model"], wording["key_set"], vision["model"]) == ("127.0.0.1:small", True, None)
        found = admin.post("/language-model/test", json={"role": "wording"}).json()
        assert (found["answered"], found["answer"], found["code"]) == (True, "Lips and voice agree.", None)
        assert "sk-hidden" not in shown.text
    refused = admin.post("/language-model/test", json={}).json()
    assert (refused["answered"], refused["code"]) == (False, "llm_unreachable")
    assert refused["message"] == "The language model could not be reached."
    assert admin.post("/language-model/test", json={"role": "vision"}).json()["code"] == "llm_not_configured"
    assert len(script.asked) == 1
    assert code(as_("read", "write").get("/language-model")) == (403, "forbidden")


def test_one_model_is_asked_at_a_time(as_, monkeypatch):
    assert language_model._ONE_AT_A_TIME.acquire(timeout=60)
    try:
        answer = as_("admin").post("/language-model/test", json={})
    finally:
        language_model._ONE_AT_A_TIME.release()
    assert code(answer) == (429, "busy")
    assert int(answer.headers["retry-after"]) >= 1


def test_a_models_card_is_shown_whole(as_):
    reader = as_("read")
    card = reader.get("/models/face").json()
    assert card["data"] and card["training"]["command"] and card["calibration"]["slope"]
    assert card["sha256"] == next(
        one["sha256"] for one in reader.get("/models").json()["models"] if one["name"] == "face"
    )
    assert code(reader.get("/models/no-such")) == (404, "not_found")
