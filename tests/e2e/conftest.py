"""A real `unmask serve` with light detectors, and a real browser that must ask nobody else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from support.fleet import RedisServer
from support.loopback import OUTSIDE
from support.seeded import Seeds
from support.servers import BUCKET, S3_KEY, S3_SECRET, free_port, postgres_database, s3_server
from unmask.access.scopes import SCOPES
from unmask.models.added import AddedCard, AddedModels
from unmask.service.context import open_context
from unmask.service.keys import create_key
from unmask.service.projects import ensure_project
from unmask.settings import ServiceSettings
from unmask.web.session import COOKIE

ROOT = Path(__file__).parents[2]
CHROMIUM = os.environ.get("UNMASK_TEST_CHROMIUM", "/usr/bin/chromium")
ADDED = "face:meso4"
"""An added model of the embedded service; only its card is there."""
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
PATIENCE = 120_000
"""Milliseconds: a busy machine is slow, and no failure."""


EVERYWHERE = pytest.mark.parametrize("service", ["embedded", "servers"], indirect=True)
"""Marks a test that runs against the embedded mode and against PostgreSQL, Redis, Celery workers and an S3 server."""


@dataclass
class Service:
    """A server that runs: `faults` is a file of what its detectors shall do wrong, `settings` what it runs with."""

    url: str
    settings: ServiceSettings
    faults: Path
    key: str | None = None
    llm_port: int = 0
    kept: dict[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        """Its folder."""
        return self.settings.data

    def client(self) -> httpx.Client:
        """A client of its API, with a key where one is asked for."""
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=60, follow_redirects=True)

    def get(self, path: str, **options) -> httpx.Response:
        """Ask the API something."""
        with self.client() as client:
            return client.get(path, **options)

    def finished(self, media: Path, name: str = "clip.mp4") -> str:
        """The id of an analysis of that file that is done."""
        with media.open("rb") as file, self.client() as client:
            answer = client.post("/v1/analyses", files={"file": (name, file)})
        answer.raise_for_status()
        return self.ended(answer.json()["id"])

    def shared(self, clip: Path) -> str:
        """The id of an analysis that is done and that all tests may look at."""
        if "shared" not in self.kept:
            self.kept["shared"] = self.finished(clip, "shared.mp4")
        return self.kept["shared"]

    def ended(self, analysis: str) -> str:
        """Wait until it is done."""
        until = time.monotonic() + 240
        while time.monotonic() < until:
            found = self.get(f"/v1/analyses/{analysis}").json()
            if found["state"] == "done":
                return analysis
            assert found["state"] in ("queued", "running"), found["error"]
            time.sleep(0.3)
        raise TimeoutError(found)


@dataclass
class Running:
    """Processes of one service, which end together; what each says goes into a file of the folder."""

    folder: Path
    environment: dict[str, str]
    processes: list[subprocess.Popen] = field(default_factory=list)

    @classmethod
    def of(cls, folder: Path, **environment: str) -> Running:
        """With light detectors, and nothing of the environment's own settings."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("UNMASK_")}
        ours = {
            "UNMASK_DATA": str(folder / "data"),
            "UNMASK_ANALYZER": "support.fakeanalyzer:analyzer",
            "UNMASK_TEST_FAULTS": str(folder / "faults.json"),
            "UNMASK_TEST_LOG": str(folder / "log"),
            "UNMASK_MAX_UPLOAD_BYTES": "1500000000",
            "UNMASK_WORKERS": "1",
            "UNMASK_FPS": "2",
            "UNMASK_URL_ALLOW_NETWORKS": f'["{OUTSIDE}/32"]',
            "PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests'}",
        }
        return cls(folder, own | ours | environment)

    def settings(self) -> ServiceSettings:
        """The same for a process that looks at its database and store."""
        given = {n.removeprefix("UNMASK_").lower(): v for n, v in self.environment.items() if n.startswith("UNMASK_")}
        return ServiceSettings(**given | {"url_allow_networks": ()})

    def start(self, *command: str) -> subprocess.Popen:
        """Run `unmask COMMAND`."""
        with (self.folder / f"{len(self.processes)}-{command[0]}.out").open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "unmask.cli.app", *command],
                env=self.environment,
                stdout=out,
                stderr=out,
                cwd=self.folder,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def serve(self) -> str:
        """Start the page and wait until it answers; its address."""
        port = free_port()
        process, url = self.start("serve", "--port", str(port)), f"http://127.0.0.1:{port}"
        until = time.monotonic() + 240
        while time.monotonic() < until:
            if process.poll() is not None:
                raise RuntimeError(self.said())
            with suppress(httpx.TransportError):
                httpx.get(f"{url}/healthz", timeout=5)
                return url
            time.sleep(0.3)
        raise TimeoutError(self.said())

    def said(self) -> str:
        """The last words of every process."""
        return "\n".join(f"--- {out.name}\n{out.read_text()[-2000:]}" for out in sorted(self.folder.glob("*.out")))

    def stop(self) -> None:
        """End them all, and their children."""
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def with_added_card(folder: Path) -> Path:
    """A folder of added models that holds one card, and no weights: light detectors ask for none."""
    (folder / "cards").mkdir(parents=True)
    AddedModels(folder).save(
        AddedCard(
            name=ADDED.partition(":")[2],
            architecture="meso4",
            title="MesoNet, Meso4",
            weights="meso4.h5",
            sha256="a" * 64,
            source="somebody's <b>repository</b>",
            licence="Apache-2.0",
            paper="Afchar and others 2018",
            added="2026-01-02",
            limits=["Faces of other films were not tried."],
        )
    )
    return folder


@contextmanager
def embedded(folder: Path) -> Iterator[Service]:
    """`unmask serve` as somebody starts it on their laptop, but for the detectors."""
    port = free_port()  # where a test may start a language model
    running = Running.of(
        folder,
        UNMASK_LLM=f"http://127.0.0.1:{port}/v1#small",
        UNMASK_LLM_SECONDS="30",
        UNMASK_EXTRA_MODELS=str(with_added_card(folder / "added")),
    )
    try:
        yield Service(running.serve(), running.settings(), folder / "faults.json", llm_port=port)
    finally:
        running.stop()


@contextmanager
def servers(folder: Path) -> Iterator[Service]:
    """The same code in parts: PostgreSQL, Redis, a Celery worker, the keeper, an S3 server. Skips where one lacks."""
    with ExitStack() as stack:
        database = stack.enter_context(postgres_database())
        redis = RedisServer()
        stack.callback(redis.stop)
        endpoint = stack.enter_context(s3_server(folder / "s3"))
        running = Running.of(
            folder,
            UNMASK_DATABASE_URL=database,
            UNMASK_BROKER_URL=redis.url,
            UNMASK_STORAGE_URL=f"s3://{BUCKET}/desk",
            UNMASK_STORAGE_ENDPOINT=endpoint,
            UNMASK_STORAGE_KEY=S3_KEY,
            UNMASK_STORAGE_SECRET=S3_SECRET,
        )
        stack.callback(running.stop)
        assert running.start("migrate").wait(300) == 0, running.said()
        context = open_context(running.settings())
        _, key = create_key(context, ensure_project(context, "local").id, "tests", SCOPES, burst=100_000)
        context.database.close()
        url = running.serve()
        running.start("beat")
        running.start("worker", "--processes", "1")
        yield Service(url, running.settings(), folder / "faults.json", key)


MODES = {"embedded": embedded, "servers": servers}


@pytest.fixture(scope="session")
def services(tmp_path_factory):
    """Gives the service of a mode; each is started when it is first asked for, and lives until the end."""
    with ExitStack() as stack:
        started: dict[str, Service] = {}

        def give(mode: str) -> Service:
            if mode not in started:
                started[mode] = stack.enter_context(MODES[mode](tmp_path_factory.mktemp(mode)))
            return started[mode]

        yield give


@pytest.fixture
def service(request, services):
    """A real server: the embedded one, unless the test is marked with `EVERYWHERE`."""
    return services(getattr(request, "param", "embedded"))


@pytest.fixture(scope="session")
def clip():
    """Fifteen seconds of a face and a voice."""
    return ROOT / "samples" / "manipulated.mp4"


@pytest.fixture
def done(service, clip):
    """An analysis that is done; tests leave it there."""
    return service.shared(clip)


@pytest.fixture(scope="session")
def seeds(services, clip):
    """Puts analyses that are done into the server's store, saying what a test wants them to say."""
    made = Seeds(services("embedded").data, clip)
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
        if service.key:
            context.add_cookies([{"name": COOKIE, "value": service.key, "url": service.url, "httpOnly": True}])
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
    while not _now(page, expression):
        if time.monotonic() > end:
            raise TimeoutError(f"{expression} at {page.url}")
        page.wait_for_timeout(60)


def _now(page, expression):
    """What an expression is at this moment; false while the page gives way to another one."""
    try:
        return page.evaluate(expression)
    except Exception as gone:  # Playwright's own error, whose library may not be there
        if "context was destroyed" not in str(gone):
            raise
        return False


def visit(page, path):
    """Open a page and wait until its scripts stand."""
    page.goto(path)
    page.wait_for_selector("html[data-ready]", state="attached")
