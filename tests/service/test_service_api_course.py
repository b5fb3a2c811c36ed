"""The course of an analysis through the API: a real server on loopback, over both databases."""

from __future__ import annotations

import hashlib
import json
import re
import sys
import threading
import time

import httpx
import pytest
from typer.testing import CliRunner

from support.addedmodels import added_folder
from support.calls import MP4, is_problem, post_file
from support.rows import finished, result, started, stored
from support.scores import CALIBRATION
from support.servers import uvicorn_server
from unmask.api.app import create_app
from unmask.cli.app import app
from unmask.record.keys import make_key
from unmask.record.receipt import digest_of
from unmask.service import lifecycle
from unmask.service.keys import create_key
from unmask.settings import load


@pytest.fixture
def context(shared_context):
    return shared_context


def stream(client, analysis, **kwargs):
    """(id, event, data) of each event until the stream ends."""
    found, current = [], {}
    with client.stream("GET", f"/v1/analyses/{analysis}/events", **kwargs) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        for line in answer.iter_lines():
            if line == "" and current:
                found.append((int(current["id"]), current["event"], json.loads(current["data"])))
                current = {}
            elif line and not line.startswith(":"):
                key, _, value = line.partition(": ")
                current[key] = value
    return found


def test_events_are_streamed_as_they_happen_until_the_end(client, context, who):
    analysis = started(context, who)

    def work():
        for number in range(3):
            time.sleep(0.3)
            with context.database.write() as repo:
                lifecycle.record_progress(repo, context, analysis, stage="media", fraction=number / 2)
        outcome = result(analysis)
        files = stored(
            context, who.project, analysis, {"result.json": (outcome.to_json().encode(), "application/json")}
        )
        with context.database.write() as repo:
            lifecycle.finish(repo, context, analysis, outcome, files)

    worker = threading.Thread(target=work)
    worker.start()
    found = stream(client, analysis)
    worker.join()
    assert [kind for _, kind, _ in found] == ["state", "state", "progress", "progress", "progress", "state"]
    assert [place for place, _, _ in found] == [1, 2, 3, 4, 5, 6]
    assert found[-1][2]["verdict"] == "likely_manipulated"
    assert stream(client, analysis, headers={"Last-Event-ID": "4"}) == found[4:]
    assert stream(client, analysis, params={"after": 5}) == found[5:]
    assert client.get(f"/v1/analyses/{analysis}/events", headers={"Last-Event-ID": "6"}).status_code == 204


def test_a_client_that_lost_the_line_misses_nothing(client, context, who):
    analysis = started(context, who)
    seen = []
    with client.stream("GET", f"/v1/analyses/{analysis}/events") as answer:
        for line in answer.iter_lines():
            if line.startswith("id: "):
                seen.append(int(line[4:]))
            if len(seen) == 2:
                break
    with context.database.write() as repo:
        for number in range(5):
            lifecycle.record_progress(repo, context, analysis, stage="media", fraction=number / 5)
    lifecycle.cancel(context, who, analysis)
    rest = stream(client, analysis, headers={"Last-Event-ID": str(seen[-1])})
    assert seen + [place for place, _, _ in rest] == list(range(1, 9))


def test_an_odd_last_event_id_starts_from_the_beginning(client, context, who):
    analysis = finished(context, who)
    for odd in ("x", "-1", "9" * 5000, "1.5"):
        assert len(stream(client, analysis, headers={"Last-Event-ID": odd})) == 3


def test_following_what_is_deleted_ends(client, context, who):
    analysis = started(context, who)
    found = []
    follower = threading.Thread(target=lambda: found.extend(stream(client, analysis)))
    follower.start()
    time.sleep(0.5)
    assert client.delete(f"/v1/analyses/{analysis}").status_code == 200
    follower.join(20)
    assert not follower.is_alive()
    assert found


def test_cancelling_is_done_once_and_not_after_the_end(client, context, who):
    analysis = started(context, who)
    for _ in range(2):
        answer = client.post(f"/v1/analyses/{analysis}/cancel")
        assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    is_problem(client.post(f"/v1/analyses/{finished(context, who)}/cancel"), 409, "wrong_state")


def test_a_rerun_keeps_media_and_options_and_tells_what_changed(client, context, who):
    first = finished(context, who, fps=2.0, label="inconclusive")
    answer = client.post(f"/v1/analyses/{first}/reruns", json={})
    assert answer.status_code == 202, answer.text
    again = answer.json()
    assert (again["rerun_of"], again["options"]["fps"]) == (first, 2.0)
    is_problem(client.get(f"/v1/analyses/{again['id']}/difference"), 409, "wrong_state")
    with context.database.write() as repo:
        lifecycle.start(repo, context, again["id"])
    outcome = result(again["id"], probability=0.97)
    files = stored(context, who.project, again["id"], {"result.json": (outcome.to_json().encode(), "application/json")})
    with context.database.write() as repo:
        lifecycle.finish(repo, context, again["id"], outcome, files)
    difference = client.get(f"/v1/analyses/{again['id']}/difference").json()
    assert difference["before"]["label"] == "inconclusive"
    assert difference["after"]["label"] == "likely_manipulated"
    assert (difference["label_changed"], difference["shift"]) == (True, 0.07)
    assert difference["models_changed"] == []
    is_problem(client.get(f"/v1/analyses/{first}/difference"), 404, "not_found")


def test_a_deletion_removes_everything_and_proves_it(client, context, who):
    analysis = finished(context, who)
    client.post(f"/v1/analyses/{analysis}/feedback", json={"judgement": "authentic"})
    answer = client.delete(f"/v1/analyses/{analysis}")
    assert answer.status_code == 200, answer.text
    receipt = answer.json()
    assert list(context.store.list(f"{who.project}/")) == []
    assert len(receipt["objects"]) == 4
    assert (receipt["remaining"], receipt["media"]["removed"]) == (0, True)
    assert receipt["rows"] == {"events": 3, "findings": 2, "artifacts": 4, "feedback": 1, "shares": 0}
    assert (receipt["digest"], receipt["unsigned"]) == (digest_of(receipt), "no_key")
    is_problem(client.get(f"/v1/analyses/{analysis}"), 410, "deleted")
    assert client.delete(f"/v1/analyses/{analysis}").json() == receipt
    assert client.get(f"/v1/analyses/{analysis}/deletion").json() == receipt
    for path in ("events", "report.json", "artifacts/result.json", "feedback", "difference"):
        is_problem(client.get(f"/v1/analyses/{analysis}/{path}"), 404, "not_found")


def test_a_receipt_is_signed_where_there_is_a_key_and_checked_by_the_command(
    client, context, who, tmp_path, monkeypatch
):
    monkeypatch.setenv("UNMASK_KEYS", str(tmp_path / "keys"))
    key = make_key(load())
    analysis = finished(context, who, MP4)
    path, media = tmp_path / "receipt.json", tmp_path / "clip.mp4"
    path.write_bytes(client.delete(f"/v1/analyses/{analysis}").content)
    media.write_bytes(MP4)
    assert json.loads(path.read_text())["signature"]["key"] == key.public
    done = CliRunner().invoke(app, ["verify", str(path), str(media)])
    assert done.exit_code == 0, done.output
    assert "by a key that you trust" in done.output
    monkeypatch.setenv("UNMASK_KEYS", str(tmp_path / "elsewhere"))
    stranger = CliRunner().invoke(app, ["verify", str(path)])
    assert stranger.exit_code == 5 and key.public in stranger.output
    assert CliRunner().invoke(app, ["verify", str(path), "--key", key.public]).exit_code == 0
    path.write_text(path.read_text().replace('"remaining":0', '"remaining":1'))
    harmed = CliRunner().invoke(app, ["verify", str(path)])
    assert harmed.exit_code == 4 and "DIFFERS" in harmed.output


def test_a_key_that_can_not_be_used_costs_the_signature_and_not_the_deletion(client, context, who, monkeypatch):
    monkeypatch.setenv("UNMASK_SIGNING_KEY", "-----BEGIN nothing")
    receipt = client.delete(f"/v1/analyses/{finished(context, who)}").json()
    assert (receipt["signature"], receipt["unsigned"]) == (None, "bad_signing_key")
    assert receipt["completed"] is not None


def test_bytes_that_another_analysis_needs_outlive_a_deletion(client, context, who):
    one, other = finished(context, who, MP4), post_file(client).json()["id"]
    assert client.delete(f"/v1/analyses/{one}").json()["media"] == {
        "sha256": hashlib.sha256(MP4).hexdigest(),
        "bytes": len(MP4),
        "removed": False,
        "still_needed_by": 1,
    }
    assert len(list(context.store.list(f"{who.project}/media/"))) == 1
    assert client.delete(f"/v1/analyses/{other}").json()["media"]["removed"] is True
    assert list(context.store.list(f"{who.project}/")) == []


def test_a_rerun_of_what_is_no_longer_kept_is_refused(client, context, who):
    from unmask.service import jobs

    analysis = finished(context, who, retention_days=0.0)
    with context.database.write() as repo:
        kinds = [job.kind for job in repo.outbox.take(context.now(), 999) if job.analysis_id == analysis]
    assert "media.release" in kinds
    jobs.run(context, "media.release", who.project, analysis, {})
    assert client.get(f"/v1/analyses/{analysis}").json()["media"]["kept"] is False
    assert list(context.store.list(f"{who.project}/media/")) == []
    is_problem(client.post(f"/v1/analyses/{analysis}/reruns", json={}), 409, "media_gone")


def test_a_batch_is_queued_whole_or_not_at_all(client):
    items = [{"url": f"https://media.example.org/{n}.mp4"} for n in range(3)]
    answer = client.post("/v1/batches", json={"items": items, "label": "monday"}, headers={"Idempotency-Key": "b"})
    assert answer.status_code == 202, answer.text
    batch = answer.json()
    assert (batch["total"], batch["states"]) == (3, {"queued": 3})
    assert client.get(answer.headers["location"]).json() == batch
    listed = client.get("/v1/analyses", params={"batch": batch["id"]}).json()["items"]
    assert {item["priority"] for item in listed} == {"batch"}
    again = client.post("/v1/batches", json={"items": items, "label": "monday"}, headers={"Idempotency-Key": "b"})
    assert (again.json()["id"], again.headers["idempotency-replayed"]) == (batch["id"], "true")
    mixed = [*items, {"upload": "01KB0000000000000000000000"}]
    is_problem(client.post("/v1/batches", json={"items": mixed}), 404, "not_found")
    assert len(client.get("/v1/analyses").json()["items"]) == 3
    is_problem(client.post("/v1/batches", json={"items": []}), 422, "invalid_request")


def test_feedback_is_kept_in_order(client, context, who):
    analysis = finished(context, who)
    for judgement in ("authentic", "unsure"):
        answer = client.post(f"/v1/analyses/{analysis}/feedback", json={"judgement": judgement, "comment": "hm"})
        assert answer.status_code == 201
    assert [f["judgement"] for f in client.get(f"/v1/analyses/{analysis}/feedback").json()] == ["authentic", "unsure"]
    is_problem(client.post(f"/v1/analyses/{analysis}/feedback", json={"judgement": "fake"}), 422, "invalid_request")


def test_models_tell_what_they_are_and_where_they_fail(client):
    body = client.get("/v1/models").json()
    assert {"face", "voice"} <= set(body["detectors"])
    assert all(model["limits"] and len(model["sha256"]) == 64 for model in body["models"])


def test_models_that_were_added_are_told_of_and_only_calibrated_ones_can_be_chosen(client, tmp_path, monkeypatch):
    added = added_folder(tmp_path)
    added.save(added.card("meso4").model_copy(update={"calibration": CALIBRATION, "threshold": 1.0}))
    monkeypatch.setenv("UNMASK_EXTRA_MODELS", str(added.folder))
    body = client.get("/v1/models").json()
    told = {model["name"]: model for model in body["models"] if model["version"] == "added"}
    assert set(told) == {"face:meso4", "face:mesoinception4", "voice:aasist-l"}
    assert {"face", "voice", "face:meso4"} <= set(body["detectors"]) and "voice:aasist-l" not in body["detectors"]
    assert told["face:meso4"]["source"] == "made for a test" and told["face:meso4"]["parameters"] is None
    for name, status in (("face:meso4", 202), ("face:", 422), ("face:../x", 422)):
        options = {"options": json.dumps({"detectors": [name]})}
        answer = client.post("/v1/analyses", files={"file": ("clip.mp4", MP4)}, data=options)
        assert answer.status_code == status, answer.text


def test_health_readiness_and_numbers_need_no_key(served, client):
    post_file(client)
    with httpx.Client(base_url=served.url) as nobody:
        assert nobody.get("/healthz").json()["status"] == "ok"
        assert nobody.get("/readyz").json()["checks"] == {"database": "ok", "schema": "ok", "store": "ok"}
        numbers = nobody.get("/metrics").text
    depth = re.search(r'unmask_queue_depth_jobs{queue="explain"} ([0-9.]+)', numbers)
    assert depth is not None
    assert float(depth[1]) >= 1
    assert 'route="/v1/analyses"' in numbers


def test_unknown_addresses_and_methods_are_problems_too(client):
    is_problem(client.get("/v1/nothing"), 404, "no_such_route")
    for path, allowed in (
        ("/v1/analyses", "GET, POST"),
        ("/v1/uploads/01KB0000000000000000000000", "DELETE, HEAD, PATCH"),
    ):
        answer = client.put(path)
        is_problem(answer, 405, "method_not_allowed")
        assert answer.headers["allow"] == allowed


def test_the_web_process_never_loads_tensorflow(client, context, who, monkeypatch):
    """All kinds of requests; what a test before loaded itself, to make a model, is put out of sight first."""
    for name in [name for name in sys.modules if name.split(".")[0] in {"tensorflow", "keras"}]:
        monkeypatch.delitem(sys.modules, name)
    analysis = finished(context, who)
    for path in ("", f"/{analysis}", f"/{analysis}/report.json", f"/{analysis}/events"):
        assert client.get(f"/v1/analyses{path}").status_code == 200
    assert post_file(client).status_code == 202
    assert client.get("/v1/models").status_code == 200
    assert not {"tensorflow", "keras"} & set(sys.modules)


def test_artifacts_of_an_s3_store_are_links_and_the_bytes_themselves_where_asked(tmp_path, context, who):
    from support.servers import BUCKET, S3_KEY, S3_SECRET, s3_server
    from unmask.service.context import Context
    from unmask.storage.open import open_store

    with s3_server(tmp_path) as address:
        more = {
            "storage_url": f"s3://{BUCKET}",
            "storage_endpoint": address,
            "storage_key": S3_KEY,
            "storage_secret": S3_SECRET,
        }
        settings = type(context.settings)(**(context.settings.model_dump() | more))
        over_s3 = Context(context.database, open_store(settings), settings)
        with uvicorn_server(create_app(settings)) as served, httpx.Client(base_url=served.url, timeout=60) as client:
            _, key = create_key(context, who.project, "tests", {"read", "write"})
            client.headers["Authorization"] = f"Bearer {key}"
            assert post_file(client).status_code == 202
            url = f"/v1/analyses/{finished(over_s3, who)}/artifacts/evidence/e1.png"
            answer = client.get(url)
            assert answer.status_code == 307
            assert httpx.get(answer.headers["location"], headers={"Range": "bytes=3-5"}).content == bytes([3, 4, 5])
            assert client.get(url, params={"link": False}).content == bytes(range(256))
