"""What somebody gets who installs the wheel and has no checkout: the samples on the start page are there."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
import zipfile
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from support.servers import free_port

ROOT = Path(__file__).parents[3]
BUILT_FROM = ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE")
CLIPS = ("manipulated.mp4", "untouched.mp4")
LARGEST = 14_000_000
"""Bytes; the weights are most of it."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built from a copy, so that nothing is left in the checkout."""
    copy = tmp_path_factory.mktemp("copy")
    for name in BUILT_FROM:
        shutil.copy(ROOT / name, copy)
    shutil.copytree(ROOT / "src", copy / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    (copy / "samples").mkdir()
    for clip in CLIPS:
        shutil.copy(ROOT / "samples" / clip, copy / "samples")
    out = copy / "out"
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", out, copy]
    subprocess.run(command, check=True, capture_output=True, timeout=600)
    (found,) = out.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The folder it is unpacked into, as `pip install --target` does."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def test_the_samples_are_in_the_wheel_once_and_it_stays_small(wheel):
    with zipfile.ZipFile(wheel) as archive:
        clips = {name: archive.read(name) for name in archive.namelist() if name.endswith(".mp4")}
    assert sorted(clips) == [f"unmask/samples/{clip}" for clip in CLIPS]
    for name, data in clips.items():
        there = (ROOT / "samples" / Path(name).name).read_bytes()
        assert hashlib.sha256(data).digest() == hashlib.sha256(there).digest()
    assert wheel.stat().st_size < LARGEST


def test_the_start_page_of_an_installed_wheel_offers_its_own_samples(installed, tmp_path):
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("UNMASK_")} | {
        "PYTHONPATH": str(installed),
        "UNMASK_DATA": str(tmp_path / "data"),
        "UNMASK_WORKERS": "1",
    }
    with (tmp_path / "out").open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "unmask.cli.app", "serve", "--port", str(port)],
            env=environment,
            stdout=out,
            stderr=out,
            cwd=tmp_path,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        wait(url, process, tmp_path / "out")
        page = httpx.get(url, timeout=60).text
        for clip in CLIPS:
            assert f'data-sample="{clip}"' in page
            sent = httpx.get(f"{url}/samples/{clip}", timeout=60)
            assert sent.content == (ROOT / "samples" / clip).read_bytes()
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(60)
        process.kill()
        process.wait()


def wait(url, process, out):
    until = time.monotonic() + 300
    while time.monotonic() < until:
        if process.poll() is not None:
            raise AssertionError(out.read_text()[-3000:])
        with suppress(httpx.TransportError):
            httpx.get(f"{url}/healthz", timeout=5)
            return
        time.sleep(0.3)
    raise TimeoutError(out.read_text()[-3000:])
