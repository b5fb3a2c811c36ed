"""A real `unmask serve` with light detectors, and a real browser that must ask nobody else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from support.seeded import Seeds
from support.servers import free_port

ROOT = Path(__file__).parents[2]
CHROMIUM = os.environ.get("UNMASK_TEST_CHROMIUM", "/usr/bin/chromium")
PATIENCE = 120_000
"""Milliseconds: a busy machine is slow, and no failure."""


@dataclass
class Service:
    """A server that runs: `faults` is a file of what its detectors shall do wrong, `data` its folder."""

    url: str
    data: Path
    faults: Path

    def finished(self, media: Path, name: str = "clip.mp4", **options) -> str:
        """The id of an analysis of that file that is done."""
        with media.open("rb") as file:
            answer = httpx.post(f"{self.url}/v1/analyses", files={"file": (name, file)}, timeout=60)
        answer.raise_for_status()
        return self.ended(answer.json()["id"])

    def ended(self, analysis: str) -> str:
        """Wait until it is done."""
        until = time.monotonic() + 240
        while time.monotonic() < until:
            found = httpx.get(f"{self.url}/v1/analyses/{analysis}", timeout=60).json()
            if found["state"] == "done":
                return analysis
            assert found["state"] in ("queued", "running"), found["error"]
            time.sleep(0.3)
        raise TimeoutError(found)


@pytest.fixture(scope="session")
def service(tmp_path_factory):
    """`unmask serve` as somebody starts it on their laptop, but for the detectors."""
    folder = tmp_path_factory.mktemp("served")
    faults, port = folder / "faults.json", free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("UNMASK_")} | {
        "UNMASK_DATA": str(folder / "data"),
        "UNMASK_ANALYZER": "support.fakeanalyzer:analyzer",
        "UNMASK_TEST_FAULTS": str(faults),
        "UNMASK_TEST_LOG": str(folder / "log"),
        "UNMASK_MAX_UPLOAD_BYTES": "1500000000",
        "UNMASK_WORKERS": "1",
        "UNMASK_FPS": "2",
        "PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests'}",
    }
    with (folder / "out").open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "unmask.cli.app", "serve", "--port", str(port)],
            env=environment,
            stdout=out,
            stderr=out,
            cwd=folder,
            start_new_session=True,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(url, process, folder / "out")
        yield Service(url, folder / "data", faults)
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait(url, process, out):
    until = time.monotonic() + 240
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(out.read_text()[-3000:])
        with suppress(httpx.TransportError):
            httpx.get(f"{url}/healthz", timeout=5)
            return
        time.sleep(0.3)
    raise TimeoutError(out.read_text()[-3000:])


@pytest.fixture(scope="session")
def clip():
    """Fifteen seconds of a face and a voice."""
    return ROOT / "samples" / "manipulated.mp4"


@pytest.fixture(scope="session")
def done(service, clip):
    """An analysis that is done; tests leave it there."""
    return service.finished(clip, "shared.mp4")


@pytest.fixture(scope="session")
def seeds(service, clip):
    """Puts analyses that are done into the server's store, saying what a test wants them to say."""
    made = Seeds(service.data, clip)
    yield made
    made.close()


@pytest.fixture(scope="session")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    if not Path(CHROMIUM).exists():
        pytest.skip(f"there is no browser at {CHROMIUM}")
    with playwright.sync_playwright() as tool:
        made = tool.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield made
        made.close()


@dataclass
class Seen:
    """What a browser asked for, and what its console complained of."""

    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@pytest.fixture
def open_page(browser, service):
    """Makes pages; after the test, all their requests went to our own origin and nothing broke in their scripts."""
    contexts, seen = [], Seen()

    def make(**options):
        context = browser.new_context(
            base_url=service.url, **{"locale": "en-US", "viewport": {"width": 1280, "height": 1100}, **options}
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("request", lambda request: seen.requests.append(request.url))
        page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        page.on("console", lambda message: seen.complaints.append(message.text) if _is_policy(message.text) else None)
        return page

    make.seen = seen
    yield make
    for context in contexts:
        context.close()
    foreign = [url for url in seen.requests if not is_own(url, service.url)]
    assert not foreign, f"asked elsewhere: {foreign}"
    assert not seen.complaints, seen.complaints


@pytest.fixture
def page(open_page):
    return open_page()


def is_own(url, origin):
    """Whether an address is of this origin, or of the page's own memory."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" == origin or (parts.scheme == "blob" and url[5:].startswith(origin))


def _is_policy(text):
    return "Content Security Policy" in text or "Refused to" in text


def until(page, expression):
    """Wait until an expression is true; asked from outside, for the page's policy forbids to evaluate text within."""
    end = time.monotonic() + PATIENCE / 1000
    while not page.evaluate(expression):
        if time.monotonic() > end:
            raise TimeoutError(f"{expression} at {page.url}")
        page.wait_for_timeout(60)


def visit(page, path):
    """Open a page and wait until its scripts stand."""
    page.goto(path)
    page.wait_for_selector("html[data-ready]", state="attached")
