"""The API as a client sees it: a real server on loopback, over both databases."""

from __future__ import annotations

import hashlib
import json
import re
import sys
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from support.rows import finished, result, started, stored
from support.servers import uvicorn_server
from unmask.api.app import create_app
from unmask.errors import NotMedia
from unmask.service import lifecycle
from unmask.service.keys import create_key
from unmask.storage import keys

MP4 = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + bytes(range(256)) * 40


@pytest.fixture
def context(shared_context):
    return shared_context


def post_file(client, data=MP4, name="interview.mp4", options=None, **headers):
    files = {"file": (name, data, "video/mp4")}
    form = {"options": json.dumps(options)} if options is not None else {}
    return client.post("/v1/analyses", files=files, data=form, headers=headers)


def is_problem(answer, status, code):
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert (body["status"], body["code"], body["type"]) == (status, code, f"urn:unmask:error:{code}")
    assert body["title"]
    assert body["detail"]
    return body


# --- asking ------------------------------------------------------------------------------------------------------


def test_a_file_sent_as_a_form_is_kept_by_its_content_and_queued(client, context, who):
    answer = post_file(client, options={"fps": 2, "label": "desk-7", "retention_days": 30})
    assert answer.status_code == 202, answer.text
    body = answer.json()
    assert answer.headers["location"] == f"/v1/analyses/{body['id']}" == body["links"]["self"]
    assert (body["state"], body["label"], body["options"]["fps"]) == ("queued", "desk-7", 2)
    sha256 = hashlib.sha256(MP4).hexdigest()
    assert body["media"] | {"name": "interview.mp4", "sha256": sha256, "bytes": len(MP4), "kept": True} == body["media"]
    assert context.store.get(keys.media(who.project, sha256)) == MP4
    assert list(context.store.list(f"{who.project}/incoming/")) == []
    with context.database.read() as repo:
        waiting = [unit.part for unit in repo.work.waiting(["explain"], 999) if unit.analysis == body["id"]]
        assert waiting == ["prepare"]
    assert client.get(f"/v1/analyses/{body['id']}").json()["state"] == "queued"


def test_the_same_bytes_are_one_object_however_often_they_are_sent(client, context, who):
    for name in ("a.mp4", "b.mp4"):
        assert post_file(client, name=name).status_code == 202
    assert len(list(context.store.list(f"{who.project}/media/"))) == 1


def test_options_may_stand_before_or_after_the_file(client):
    boundary = "x" * 20
    for order in ((0, 1), (1, 0)):
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="options"\r\n\r\n{{"fps": 1}}\r\n'.encode(),
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="ü.mp4"\r\n\r\n'.encode()
            + MP4
            + b"\r\n",
        ]
        body = b"".join(parts[n] for n in order) + f"--{boundary}--\r\n".encode()
        answer = client.post(
            "/v1/analyses", content=body, headers={"Content-Type": f"multipart/form-data; boundary={boundary}"}
        )
        assert answer.status_code == 202, answer.text
        assert (answer.json()["options"]["fps"], answer.json()["media"]["name"]) == (1, "ü.mp4")


def test_an_address_is_queued_for_fetching_and_hostile_ones_are_refused(client, context):
    answer = client.post("/v1/analyses", json={"url": "https://media.example.org/a/clip.mp4?x=1"})
    assert answer.status_code == 202, answer.text
    assert answer.json()["media"]["source_url"] == "https://media.example.org/a/clip.mp4?x=1"
    with context.database.write() as repo:
        (job,) = [job for job in repo.outbox.take(context.now(), 999) if job.analysis_id == answer.json()["id"]]
        assert (job.kind, job.payload["url"]) == ("analysis.fetch", "https://media.example.org/a/clip.mp4?x=1")
        assert job.analysis_id not in {unit.analysis for unit in repo.work.waiting(["explain"], 999)}
    for url in ("http://127.0.0.1/x", "http://169.254.169.254/latest", "http://[::1]/", "http://2130706433/"):
        is_problem(client.post("/v1/analyses", json={"url": url}), 400, "url_refused")
        is_problem(
            client.post("/v1/analyses", json={"url": "https://a.example", "options": {"webhook": url}}),
            400,
            "url_refused",
        )
    is_problem(client.post("/v1/analyses", json={"url": "file:///etc/passwd"}), 422, "invalid_request")


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 400, "empty_file"),
        (b"%PDF-1.7 and so on", 415, "not_media"),
        (b"#EXTM3U\nhttp://x/", 415, "unsupported_container"),
    ],
)
def test_what_is_no_media_is_refused_at_once_and_leaves_nothing(client, context, who, data, status, code):
    is_problem(post_file(client, data), status, code)
    assert list(context.store.list(f"{who.project}/")) == []
    assert client.get("/v1/analyses").json()["items"] == []


def test_a_file_beyond_the_limit_is_refused_while_it_comes_in(context, who):
    small = context.settings.model_copy(update={"max_upload_bytes": 100_000})
    _, key = create_key(context, who.project, "tests", {"write"})

    def pieces():
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n' + MP4
        for _ in range(400):
            yield bytes(65536)

    with uvicorn_server(create_app(small)) as served, httpx.Client(base_url=served.url, timeout=60) as client:
        client.headers["X-API-Key"] = key
        is_problem(post_file(client, MP4 + bytes(300_000)), 413, "too_large")
        headers = {"Content-Type": "multipart/form-data; boundary=b"}
        with suppress(httpx.WriteError):  # a server may close the line before all of it was sent
            is_problem(client.post("/v1/analyses", content=pieces(), headers=headers), 413, "too_large")
    assert list(context.store.list(f"{who.project}/")) == []


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, "body"),
        ({"url": "https://a.example", "upload": "01KB0000000000000000000000"}, "body"),
        ({"url": "https://a.example", "options": {"fsp": 4}}, "body.options.fsp"),
        ({"url": "https://a.example", "options": {"fps": 0}}, "body.options.fps"),
        ({"url": "https://a.example", "options": {"language": "english!"}}, "body.options.language"),
        ({"upload": "nonsense"}, "body.upload"),
    ],
)
def test_a_malformed_request_names_its_faults(client, body, where):
    problem = is_problem(client.post("/v1/analyses", json=body), 422, "invalid_request")
    assert where in {fault["where"] for fault in problem["errors"]}


@pytest.mark.parametrize(
    ("content", "content_type", "status", "code"),
    [
        (b"{", "application/json", 422, "invalid_request"),
        (b"\xff\xfe", "application/json", 422, "invalid_request"),
        (b"a=b", "application/x-www-form-urlencoded", 415, "unsupported_payload"),
        (b"hello", "multipart/form-data", 422, "invalid_request"),
        (b"hello", "multipart/form-data; boundary=x", 422, "invalid_request"),
        (b"--x--\r\n", "multipart/form-data; boundary=x", 422, "invalid_request"),
        (
            b'--x\r\nContent-Disposition: form-data; name="other"\r\n\r\nv\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
            422,
            "invalid_request",
        ),
        (
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nRIFF',
            "multipart/form-data; boundary=x",
            422,
            "invalid_request",
        ),
        (b" " * (5 * 1024**2), "application/json", 413, "payload_too_large"),
    ],
)
def test_a_body_that_can_not_be_read_is_a_coded_error(client, context, who, content, content_type, status, code):
    answer = client.post("/v1/analyses", content=content, headers={"Content-Type": content_type})
    is_problem(answer, status, code)
    assert list(context.store.list(f"{who.project}/")) == []


def test_the_same_idempotency_key_gives_the_same_analysis_and_another_request_is_refused(client):
    first = post_file(client, options={"fps": 2}, **{"Idempotency-Key": "once"})
    again = post_file(client, options={"fps": 2}, **{"Idempotency-Key": "once"})
    assert first.json()["id"] == again.json()["id"]
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    is_problem(post_file(client, options={"fps": 3}, **{"Idempotency-Key": "once"}), 409, "idempotency_conflict")
    assert post_file(client, options={"fps": 2}, **{"Idempotency-Key": "twice"}).json()["id"] != first.json()["id"]
    assert len(client.get("/v1/analyses").json()["items"]) == 2


def test_many_at_once_with_one_idempotency_key_make_one_analysis(client, context, who):
    answers = []

    def send():
        answers.append(post_file(client, **{"Idempotency-Key": "storm"}))

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(list(context.store.list(f"{who.project}/"))) == 1


# --- looking -----------------------------------------------------------------------------------------------------


def test_lists_are_filtered_and_paged_without_gaps(client, context, who):
    made = [finished(context, who, bytes([n]), label="inconclusive" if n % 2 else None) for n in range(5)]
    running = started(context, who, b"r")
    everything, cursor = [], None
    while True:
        page = client.get("/v1/analyses", params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        everything += [item["id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert sorted(everything, reverse=True) == everything
    assert set(everything) == {*made, running}

    def ids(**params):
        return {item["id"] for item in client.get("/v1/analyses", params=params).json()["items"]}

    assert ids(state="running") == {running}
    assert ids(verdict="inconclusive") == {made[1], made[3]}
    assert ids(state="done", verdict="likely_manipulated") == {made[0], made[2], made[4]}
    now = datetime.now(UTC)
    assert ids(since=(now - timedelta(hours=1)).isoformat()) == {*made, running}
    assert ids(since=(now + timedelta(hours=1)).isoformat()) == set()
    assert ids(until=(now - timedelta(hours=1)).isoformat()) == set()
    assert ids(since="0001-01-01T00:00:00", until="9999-12-31T23:59:59Z") == {*made, running}
    for wrong in ({"limit": 0}, {"limit": 201}, {"state": "paused"}, {"cursor": "x"}, {"since": "yesterday"}):
        is_problem(client.get("/v1/analyses", params=wrong), 422, "invalid_request")


def test_a_list_takes_the_same_number_of_queries_however_long_it_is(client, served, context, who):
    from sqlalchemy import event

    count = 0

    def counting(_connection, _cursor, statement, *_):
        nonlocal count
        count += not statement.startswith("BEGIN")

    def queries(limit):
        nonlocal count
        count = 0
        assert client.get("/v1/analyses", params={"limit": limit}).status_code == 200
        return count

    for number in range(6):
        finished(context, who, bytes([number]))
    engine = served.app.state.context.database.engine
    event.listen(engine, "before_cursor_execute", counting)
    try:
        assert queries(1) == queries(6) == 2
    finally:
        event.remove(engine, "before_cursor_execute", counting)


def test_a_finished_analysis_shows_verdict_findings_and_artifacts(client, context, who):
    body = client.get(f"/v1/analyses/{finished(context, who)}").json()
    assert body["verdict"] == {"label": "likely_manipulated", "probability": 0.9}
    assert [f["detector"] for f in body["findings"]] == ["face", "voice"]
    assert body["findings"][1]["reason"] == "no_speech"
    assert [a["name"] for a in body["artifacts"]] == ["evidence/e1.png", "report.html", "report.pdf", "result.json"]
    for artifact in body["artifacts"]:
        answer = client.get(artifact["url"])
        assert answer.status_code == 200
        assert hashlib.sha256(answer.content).hexdigest() == artifact["sha256"]


def test_a_failed_analysis_says_why(client, context, who):
    analysis = started(context, who)
    with context.database.write() as repo:
        lifecycle.fail(repo, context, analysis, NotMedia("This is a PDF document."))
    body = client.get(f"/v1/analyses/{analysis}").json()
    assert (body["state"], body["error"]["code"], body["error"]["status"]) == ("failed", "not_media", 415)
    is_problem(client.get(f"/v1/analyses/{analysis}/report.json"), 409, "wrong_state")


def test_reports_come_as_json_page_and_pdf(client, context, who):
    analysis = finished(context, who)
    report = client.get(f"/v1/analyses/{analysis}/report.json")
    assert report.json()["schema"] == "unmask.result/1"
    page = client.get(f"/v1/analyses/{analysis}/report.html")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "sandbox" in page.headers["content-security-policy"]
    assert client.get(f"/v1/analyses/{analysis}/report.pdf").content.startswith(b"%PDF")
    is_problem(client.get(f"/v1/analyses/{analysis}/report.doc"), 422, "invalid_request")
    is_problem(client.get(f"/v1/analyses/{analysis}/artifacts/none.png"), 404, "not_found")
    is_problem(client.get(f"/v1/analyses/{analysis}/artifacts/..%2f..%2fetc%2fpasswd"), 404, "not_found")


@pytest.mark.parametrize(
    ("header", "status", "start", "end"),
    [
        ("bytes=0-9", 206, 0, 10),
        ("bytes=250-", 206, 250, 256),
        ("bytes=-6", 206, 250, 256),
        ("bytes=200-9999", 206, 200, 256),
        ("bytes=-9999", 206, 0, 256),
        ("bytes=0-1,5-6", 200, 0, 256),
        ("bytes=9-3", 200, 0, 256),
        ("lines=1-2", 200, 0, 256),
        ("bytes=-", 200, 0, 256),
    ],
)
def test_artifacts_are_served_in_ranges(client, context, who, header, status, start, end):
    url = f"/v1/analyses/{finished(context, who)}/artifacts/evidence/e1.png"
    answer = client.get(url, headers={"Range": header})
    assert answer.status_code == status
    assert answer.content == bytes(range(256))[start:end]
    if status == 206:
        assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/256"


def test_a_range_beyond_the_end_is_refused_and_what_is_known_is_not_sent_again(client, context, who):
    url = f"/v1/analyses/{finished(context, who)}/artifacts/evidence/e1.png"
    is_problem(client.get(url, headers={"Range": "bytes=256-"}), 416, "range_unsatisfiable")
    tag = client.get(url).headers["etag"]
    assert client.get(url, headers={"If-None-Match": tag}).status_code == 304
    assert client.get(url, headers={"Range": "bytes=0-1", "If-Range": '"other"'}).status_code == 200
    assert client.get(url, headers={"Range": "bytes=0-1", "If-Range": tag}).status_code == 206


# --- following ---------------------------------------------------------------------------------------------------


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


# --- stopping, repeating, deleting -------------------------------------------------------------------------------


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
    from unmask.service.deletion import digest

    analysis = finished(context, who)
    client.post(f"/v1/analyses/{analysis}/feedback", json={"judgement": "authentic"})
    answer = client.delete(f"/v1/analyses/{analysis}")
    assert answer.status_code == 200, answer.text
    receipt = answer.json()
    assert list(context.store.list(f"{who.project}/")) == []
    assert len(receipt["objects"]) == 4
    assert (receipt["remaining"], receipt["media"]["removed"]) == (0, True)
    assert receipt["rows"] == {"events": 3, "findings": 2, "artifacts": 4, "feedback": 1}
    assert receipt["digest"] == digest(receipt)
    is_problem(client.get(f"/v1/analyses/{analysis}"), 410, "deleted")
    assert client.delete(f"/v1/analyses/{analysis}").json() == receipt
    assert client.get(f"/v1/analyses/{analysis}/deletion").json() == receipt
    for path in ("events", "report.json", "artifacts/result.json", "feedback", "difference"):
        is_problem(client.get(f"/v1/analyses/{analysis}/{path}"), 404, "not_found")


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


# --- around ------------------------------------------------------------------------------------------------------


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


def test_the_web_process_never_loads_tensorflow(client, context, who):
    """All kinds of requests were served by this process by now, in this test or others of this module."""
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
