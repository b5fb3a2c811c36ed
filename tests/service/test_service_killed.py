"""The API killed with SIGKILL in the middle of uploads: what clients are told afterwards is what is there."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import httpx
import pytest

from support.servers import free_port

HEAD = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2"
BIG = HEAD + os.urandom(20 * 1024**2 + 77)
TUS = {"Tus-Resumable": "1.0.0"}
BYTES = TUS | {"Content-Type": "application/offset+octet-stream"}
SERVE = """
import sys, uvicorn
from unmask.api.app import create_app
from unmask.settings import load_service
uvicorn.run(create_app(load_service()), port=int(sys.argv[1]), log_level="error")
"""


@contextmanager
def serving(folder, port):
    environment = os.environ | {"UNMASK_DATA": str(folder), "UNMASK_KEYLESS": "true"}
    process = subprocess.Popen([sys.executable, "-c", SERVE, str(port)], env=environment)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            for _ in range(1200):
                assert process.poll() is None
                try:
                    client.get("/healthz")
                    break
                except httpx.TransportError:
                    time.sleep(0.1)
            yield process, client
    finally:
        process.kill()
        process.wait(20)


def open_line(port, head, body):
    """A request whose body is longer than what is sent of it."""
    line = socket.create_connection(("127.0.0.1", port))
    line.sendall(f"{head}\r\nHost: 127.0.0.1:{port}\r\nContent-Length: {len(BIG)}\r\n\r\n".encode() + body)
    return line


@pytest.mark.slow
def test_an_upload_outlives_the_server_and_goes_on_where_it_is_said_to_stand(tmp_path):
    port = free_port()
    with serving(tmp_path, port) as (process, client):
        place = client.post("/v1/uploads", headers=TUS | {"Upload-Length": str(len(BIG))}).headers["location"]
        head = "\r\n".join(
            [f"PATCH {place} HTTP/1.1", *(f"{key}: {value}" for key, value in BYTES.items()), "Upload-Offset: 0"]
        )
        with open_line(port, head, BIG[:13_000_000]):
            for _ in range(600):
                if int(client.head(place, headers=TUS).headers["upload-offset"]) > 0:
                    break
                time.sleep(0.1)
            process.send_signal(signal.SIGKILL)
            process.wait(20)
    with serving(tmp_path, port) as (_, client):
        at = int(client.head(place, headers=TUS).headers["upload-offset"])
        assert 8 * 1024**2 <= at <= 13_000_000
        answer = client.patch(place, content=BIG[at:], headers=BYTES | {"Upload-Offset": str(at)})
        assert answer.status_code == 204, answer.text
        media = client.post("/v1/analyses", json={"upload": place.rsplit("/", 1)[1]}).json()["media"]
        assert (media["bytes"], media["sha256"]) == (len(BIG), hashlib.sha256(BIG).hexdigest())


@pytest.mark.slow
def test_a_form_that_was_not_answered_left_no_analysis_and_can_be_sent_again(tmp_path):
    port = free_port()
    start = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x.mp4"\r\n\r\n'
    with serving(tmp_path, port) as (process, _):
        head = "POST /v1/analyses HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=b"
        with open_line(port, head, start + BIG[:13_000_000]):
            time.sleep(1)
            process.send_signal(signal.SIGKILL)
            process.wait(20)
    with serving(tmp_path, port) as (_, client):
        assert client.get("/v1/analyses").json()["items"] == []
        for _ in range(2):
            answer = client.post("/v1/analyses", files={"file": ("x.mp4", BIG)}, headers={"Idempotency-Key": "once"})
            assert answer.status_code == 202, answer.text
        (item,) = client.get("/v1/analyses").json()["items"]
        assert item["media"]["sha256"] == hashlib.sha256(BIG).hexdigest()
