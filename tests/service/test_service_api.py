"""What is asked of the API and how it is looked at: a real server on loopback, over both databases."""

from __future__ import annotations

import hashlib
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from support.calls import MP4, is_problem, post_file
from support.rows import finished, started
from support.servers import uvicorn_server
from unmask.api.app import create_app
from unmask.errors import NotMedia
from unmask.service import lifecycle
from unmask.service.keys import create_key
from unmask.storage import keys


@pytest.fixture
def context(shared_context):
    return shared_context


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
        queries(1)  # the first of a process may ask for more, of the server and of the database's clock
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
