"""Nothing leaves the machine, nothing private is left behind, and logs name no file."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from support.connections import Watched
from support.fleet import FAKE, TESTS
from support.makers import make_video
from support.servers import free_port
from support.whole import wait_for
from unmask.client import Client

NAME = "Grandmother at the demonstration 1984.mp4"
SAMPLE = Path(__file__).parents[2] / "samples" / "untouched.mp4"
ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join((str(TESTS), str(TESTS.parent / "src"), *sys.path))}
ANALYZE = [sys.executable, "-m", "unmask.cli.app", "analyze", "--quiet", "--exit-zero"]


def test_a_connection_to_the_outside_would_be_seen(tmp_path):
    program = "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(('192.0.2.1', 9))"
    watched = Watched([sys.executable, "-c", program], tmp_path)
    subprocess.run(watched.command, check=False, env=ENVIRONMENT | watched.environment, stderr=subprocess.DEVNULL)
    assert watched.outside() == {"192.0.2.1"}


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_an_analysis_tries_to_reach_nobody_and_leaves_nothing(tmp_path):
    work = tmp_path / "tmp"
    work.mkdir()
    command = [*ANALYZE, "--fps", "1", "--out", str(tmp_path / "out"), str(SAMPLE)]
    watched = Watched(command, tmp_path)
    environment = ENVIRONMENT | watched.environment | {"TMPDIR": str(work)}
    done = subprocess.run(watched.command, check=False, env=environment, capture_output=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert (tmp_path / "out" / "report.pdf").stat().st_size > 1000
    assert watched.outside() == set()
    assert [path.name for path in work.iterdir() if path.name.startswith("unmask")] == []


@pytest.mark.skipif(shutil.which("unshare") is None, reason="there is no unshare on this machine")
def test_it_needs_no_network_at_all(tmp_path):
    probe = subprocess.run(["unshare", "--net", "true"], check=False, capture_output=True)
    if probe.returncode:
        pytest.skip("no network namespace may be made here")
    clip = make_video(tmp_path / "clip.mp4", seconds=1)
    command = ["unshare", "--net", *ANALYZE, "--no-pdf", "--out", str(tmp_path / "out"), str(clip)]
    done = subprocess.run(command, check=False, env=ENVIRONMENT, capture_output=True)
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_embedded_service_tries_to_reach_nobody_and_its_logs_name_no_file(tmp_path):
    clip, port = make_video(tmp_path / NAME, seconds=2), free_port()
    command = [sys.executable, "-m", "unmask.cli.app", "serve", "--port", str(port), "--workers", "1"]
    watched = Watched(command, tmp_path)
    environment = ENVIRONMENT | watched.environment
    environment |= {"UNMASK_DATA": str(tmp_path / "data"), "UNMASK_ANALYZER": FAKE, "UNMASK_LOG_LEVEL": "debug"}
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            watched.command, env=environment, stdout=log, stderr=log, cwd=tmp_path, start_new_session=True
        )
    try:
        wait_for(f"http://127.0.0.1:{port}", process)
        with Client(f"http://127.0.0.1:{port}") as client:
            done = client.analyze(clip, options={"fps": 1}, timeout=280)
            (tmp_path / "broken Grandmother.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(500))
            refused = client.submit(tmp_path / "broken Grandmother.mp4")
            assert client.wait(refused.id, timeout=280).state == "failed"
    finally:
        os.killpg(process.pid, signal.SIGTERM)  # strace itself blocks it
        process.wait(60)
    assert (done.state, done.media.name) == ("done", NAME)
    said = (tmp_path / "log").read_text()
    assert done.id in said
    assert "Grandmother" not in said
    assert watched.outside() == set()
