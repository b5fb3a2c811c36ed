"""The client, sync and async, against a real server; over a line that breaks as well."""

import asyncio
import hashlib
import subprocess
import sys
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

import pytest

from support.lines import breaking_line
from support.loopback import outside
from unmask.client import AnalysisFailed, ApiError, AsyncClient, Client, Unreachable, flows, wire
from unmask.client.models import Progress


class Awaited:
    """The async client with the sync one's face, so that one test serves both."""

    def __init__(self, server: str, key: str | None) -> None:
        self._loop = asyncio.new_event_loop()
        self._client = AsyncClient(server, key)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._loop.run_until_complete(self._client.close())
        self._loop.close()

    def __getattr__(self, name):
        def call(*given, **named):
            made = getattr(self._client, name)(*given, **named)
            if hasattr(made, "__aiter__"):
                return self._loop.run_until_complete(_all(made))
            return self._loop.run_until_complete(made)

        return call


async def _all(items):
    return [item async for item in items]


@pytest.fixture(params=[Client, Awaited], ids=["sync", "async"])
def kind(request):
    return request.param


@pytest.fixture
def client(kind, service):
    with kind(service.url, service.key) as made:
        yield made


def port_of(service) -> int:
    return urlsplit(service.url).port


def test_a_file_is_sent_followed_and_answered(client, clip):
    seen: list[Progress] = []
    analysis = client.analyze(clip, options={"label": "desk 4"}, on_progress=seen.append)
    assert (analysis.state, analysis.verdict.label, analysis.label) == ("done", "likely_manipulated", "desk 4")
    assert analysis.media.sha256 == hashlib.sha256(clip.read_bytes()).hexdigest()
    assert analysis.media.name == "clip.mp4"
    stages = [one.stage for one in seen]
    assert stages[0] == "upload"
    assert "media" in stages
    assert [one.fraction for one in seen if one.stage == "upload"][-1] == 1.0


def test_result_report_artifacts_and_findings_can_be_had(client, clip):
    analysis = client.analyze(clip)
    assert client.result(analysis.id).verdict.label == "likely_manipulated"
    assert client.report(analysis.id).startswith(b"<!doctype html>")
    assert client.artifact(analysis.id, "evidence/e1.png") == bytes(range(256))
    shown = client.get(analysis.id)
    assert [finding.detector for finding in shown.findings] == ["face", "voice"]
    assert {artifact.name for artifact in shown.artifacts} == {"result.json", "report.html", "evidence/e1.png"}


def test_what_lies_at_an_address_is_analysed(client):
    with outside() as server:
        analysis = client.analyze(url=f"http://127.0.0.2:{server.server_address[1]}/file/talk.mp4")
    assert analysis.media.name == "talk.mp4"


def test_a_file_that_is_no_media_fails_with_its_reason(client, clip):
    bad = clip.rename(clip.with_name("bad.mp4"))
    with pytest.raises(AnalysisFailed, match="not_media") as failed:
        client.analyze(bad)
    assert failed.value.analysis.error.code == "not_media"


def test_an_analysis_is_listed_cancelled_judged_and_deleted(client, clip):
    slow = client.submit(clip.rename(clip.with_name("slow.mp4")), options={"label": "list me"})
    assert [one.id for one in client.list(label="list me", limit=1)][:1] == [slow.id]
    assert client.cancel(slow.id).state == "cancelled"
    client.feedback(slow.id, "authentic", "I was there.")
    assert client.delete(slow.id)["analysis"] == slow.id
    with pytest.raises(ApiError) as gone:
        client.get(slow.id)
    assert gone.value.status == 410


def test_a_list_goes_on_over_pages(client, clip):
    made = {client.submit(clip, options={"label": "paged"}).id for _ in range(3)}
    assert made <= {one.id for one in client.list(label="paged", limit=1)}


def test_a_refusal_has_code_hint_and_fields(client, clip, service):
    with pytest.raises(ApiError) as wrong:
        client.submit(clip, options={"fps": 1000})
    assert (wrong.value.status, wrong.value.code) == (422, "invalid_request")
    assert "fps" in str(wrong.value)
    with pytest.raises(ApiError) as refused:
        client.submit(url="http://169.254.169.254/")
    assert refused.value.code == "url_refused"
    assert refused.value.hint


def test_without_a_key_nothing_is_shown(kind, service):
    with kind(service.url, None) as stranger, pytest.raises(ApiError) as refused:
        stranger.models()
    assert refused.value.code == "unauthorized"


def test_an_upload_survives_a_line_that_breaks_again_and_again(kind, service, clip, monkeypatch):
    monkeypatch.setattr(flows, "PIECE", 50_000)
    with breaking_line(port_of(service)) as line, kind(f"http://127.0.0.1:{line.port}", service.key) as client:
        line.cuts = [120_000, 20_000, 70_000, 90_000]
        analysis = client.analyze(clip)
        assert line.broken == 4
    assert analysis.media.sha256 == hashlib.sha256(clip.read_bytes()).hexdigest()


def test_an_upload_goes_on_in_another_process_from_where_it_stood(kind, service, clip, monkeypatch):
    monkeypatch.setattr(flows, "PIECE", 50_000)
    with kind(service.url, service.key) as client:
        begun: list[Progress] = []

        def stop(progress: Progress) -> None:
            begun.append(progress)
            if progress.fraction > 0.5:
                raise KeyboardInterrupt

        identities: list[str] = []
        original = flows._announce

        def announce(name, size):
            identity = yield from original(name, size)
            identities.append(identity)
            return identity

        monkeypatch.setattr(flows, "_announce", announce)
        with pytest.raises(KeyboardInterrupt):
            client.upload(clip, on_progress=stop)
    with kind(service.url, service.key) as other:
        resumed: list[Progress] = []
        other.upload(clip, resume=identities[0], on_progress=resumed.append)
        assert resumed[0].fraction > 0.5
        upload = other.submit(upload=identities[0])
        assert upload.media.sha256 == hashlib.sha256(clip.read_bytes()).hexdigest()


def test_a_server_that_is_busy_is_asked_again_when_it_says(kind):
    answers = [(503, {"Retry-After": "1"}), (429, {"Retry-After": "1"}), (200, {})]
    with _answers(answers) as (url, asked), kind(url, None) as client:
        assert client.models() == {"models": [], "detectors": []}
    assert len(asked) == 3
    assert asked[1] - asked[0] >= 1
    assert asked[2] - asked[1] >= 1


def test_what_cannot_pass_is_not_asked_again_and_neither_is_a_judgement(kind):
    with _answers([(400, {})]) as (url, asked), kind(url, None) as client:
        with pytest.raises(ApiError) as wrong:
            client.models()
        assert wrong.value.code == "unknown"
        assert len(asked) == 1
    with _answers([(503, {}), (200, {})]) as (url, asked), kind(url, None) as client:
        with pytest.raises(ApiError):
            client.feedback("x", "unsure")
        assert len(asked) == 1


def test_nobody_there_is_told_as_such(kind):
    with kind("http://127.0.0.1:9", None) as client, pytest.raises(Unreachable):
        client.feedback("x", "unsure")


def test_events_are_read_as_the_standard_says():
    reader = wire.EventReader()
    text = ': ping\n\nid: 3\nevent: progress\ndata: {"stage":\ndata: "media"}\n\ndata: {}\n\n'
    found = [event for line in text.split("\n") for event in reader.feed(line)]
    assert [(one.id, one.kind, one.data) for one in found] == [
        (3, "progress", {"stage": "media"}),
        (3, "message", {}),
    ]


def test_neither_file_nor_address_or_both_is_an_error_of_the_caller(client, clip):
    for wrong in ({}, {"file": clip, "url": "https://example.org/"}):
        with pytest.raises(ValueError, match="either"):
            client.submit(**wrong)


def test_the_client_loads_neither_network_nor_decoder_nor_database():
    code = (
        "import sys, unmask.client; heavy = {'tensorflow', 'keras', 'av', 'cv2', 'numpy', 'sqlalchemy', 'celery',"
        " 'fastapi', 'unmask.pipeline'}; print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


@contextmanager
def _answers(answers):
    """A server that gives these answers one after the other, and the times at which it was asked."""
    import time

    asked: list[float] = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def _answer(self):
            asked.append(time.monotonic())
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, headers = answers[min(len(asked), len(answers)) - 1]
            body = b'{"models": [], "detectors": []}' if status == 200 else b"no problem document"
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = _answer

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()
