"""What leaves the server, through all of it: media by address and webhooks, with `unmask serve` as it is run."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support.fleet import FAKE, TESTS
from support.loopback import OUTSIDE, inside, outside
from support.servers import free_port
from support.whole import wait_for
from unmask.client import AnalysisFailed, ApiError, Client, verify_signature

CLIP = Path(__file__).parents[2] / "samples" / "untouched.mp4"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """`unmask serve` with its keeper and a worker, whose detectors learned nothing; 127.0.0.2 plays the world."""
    folder, port = tmp_path_factory.mktemp("serve"), free_port()
    environment = os.environ | {
        "UNMASK_DATA": str(folder),
        "UNMASK_ANALYZER": FAKE,
        "UNMASK_URL_ALLOW_NETWORKS": json.dumps([f"{OUTSIDE}/32"]),
        "UNMASK_RETENTION_EVERY": "1",
        "PYTHONPATH": os.pathsep.join((str(TESTS), str(TESTS.parent / "src"))),
    }
    command = [sys.executable, "-m", "unmask.cli.app", "serve", "--port", str(port), "--workers", "1"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=folder)
    try:
        wait_for(f"http://127.0.0.1:{port}", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


@pytest.fixture(scope="module")
def client(address):
    with Client(address) as made:
        yield made


@pytest.fixture
def world():
    with outside() as server:
        server.RequestHandlerClass._clip = lambda handler: handler._send(CLIP.read_bytes())
        yield server


@pytest.fixture
def at(world):
    return f"http://{OUTSIDE}:{world.server_address[1]}"


def hooks(world, count, seconds=120):
    """Messages that came, once there are so many."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = [request for request in list(world.requests) if request.method == "POST"]
        if len(found) >= count:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{len(found)} of {count} messages came")


def test_a_media_is_fetched_analysed_and_its_end_is_told_with_a_signature_that_fits(client, world, at):
    done = client.analyze(url=f"{at}/to?url=/clip/talk.mp4", options={"webhook": f"{at}/hook", "fps": 1}, timeout=280)
    assert (done.state, done.media.name, done.media.bytes) == ("done", "talk.mp4", CLIP.stat().st_size)
    (told,) = hooks(world, 1)
    secret = client._http.get("/webhooks/secret").json()["secret"]
    verify_signature(secret, told.headers, told.body)
    message = json.loads(told.body)
    assert (message["type"], message["data"]["analysis"]) == ("analysis.done", done.id)
    assert message["data"]["verdict"] == done.verdict.label


def test_a_media_that_leads_inside_fails_the_analysis_and_that_is_told_too(client, world, at):
    with inside() as neighbour:
        url = f"{at}/to?url=http://127.0.0.1:{neighbour.port}/"
        with pytest.raises(AnalysisFailed, match="url_refused"):
            client.analyze(url=url, options={"webhook": f"{at}/hook"}, timeout=120)
        (told,) = hooks(world, 1)
        assert json.loads(told.body)["data"]["error"]["code"] == "url_refused"
        assert neighbour.connections == []


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "0x7f000001", "169.254.169.254"])
def test_an_address_inside_is_refused_before_anything_is_queued(host, client):
    with inside() as neighbour:
        url = f"http://{host}:{neighbour.port}/"
        for refused in ({"url": url}, {"url": "https://media.example.org/a.mp4", "options": {"webhook": url}}):
            with pytest.raises(ApiError) as told:
                client.submit(**refused)
            assert (told.value.status, told.value.code) == (400, "url_refused")
        assert neighbour.connections == []


def test_a_receiver_that_was_down_gets_its_message_later(client, world, at):
    states = iter([503])
    answer = world.RequestHandlerClass.do_POST

    def sometimes(handler):
        if next(states, None):
            handler.path = "/status/503"
        answer(handler)

    world.RequestHandlerClass.do_POST = sometimes
    try:
        with pytest.raises(AnalysisFailed):
            client.analyze(url=f"{at}/missing", options={"webhook": f"{at}/hook"}, timeout=120)
        first, second = hooks(world, 2)
    finally:
        world.RequestHandlerClass.do_POST = answer
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert client._http.get("/webhooks/deliveries", params={"state": "dead"}).json()["items"] == []
