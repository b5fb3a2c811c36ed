"""A service without its API: a database, a store, workers and a keeper as real processes. For tests only."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import redis

from support.servers import free_port
from unmask.db.migrate import upgrade
from unmask.service import keys as api_keys
from unmask.service import lifecycle, submissions
from unmask.service.context import open_context
from unmask.service.media import Incoming
from unmask.service.options import Options
from unmask.settings import ServiceSettings
from unmask.storage import keys

TESTS = Path(__file__).parents[1]
FAKE = "support.fakeanalyzer:analyzer"


class RedisServer:
    """A Redis of our own: it keeps nothing over a restart, as a cache server would not."""

    def __init__(self) -> None:
        binary = shutil.which("redis-server")
        if binary is None:
            pytest.skip("there is no redis-server on this machine")
        self._binary, self.port = binary, free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    @property
    def process(self) -> int:
        return self._process.pid

    def start(self) -> None:
        command = [self._binary, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd="/tmp")
        client = redis.Redis(port=self.port)
        until = time.monotonic() + 20
        while time.monotonic() < until:
            try:
                client.ping()
                return
            except redis.ConnectionError:
                time.sleep(0.05)
        raise RuntimeError("redis-server does not answer")

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


class Fleet:
    """Processes around one database and one store; `environment` is theirs."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.log = folder / "shards.log"
        self._faults = folder / "faults.json"
        self._marked = 0
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("UNMASK_")},
            "UNMASK_DATA": str(folder / "data"),
            "UNMASK_ANALYZER": FAKE,
            "UNMASK_SHARD_SECONDS": "8",
            "UNMASK_FPS": "1",
            "UNMASK_LOG_FORMAT": "text",
            "UNMASK_LEASE": "4",
            "UNMASK_DRAIN": "5",
            "UNMASK_TEST_LOG": str(self.log),
            "UNMASK_TEST_FAULTS": str(self._faults),
            "PYTHONPATH": f"{TESTS.parent / 'src'}:{TESTS}",
            "PYTHONUNBUFFERED": "1",
            **environment,
        }
        given = {n.removeprefix("UNMASK_").lower(): v for n, v in self.environment.items() if n.startswith("UNMASK_")}
        self.context = open_context(ServiceSettings(**given))
        upgrade(self.context.database)
        self.principal = api_keys.local_principal(self.context)
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, *command: str, **environment: str) -> subprocess.Popen[bytes]:
        """Run `unmask COMMAND` beside the test; its output goes to a file of the folder."""
        with (self.folder / f"{len(self.processes)}-{command[0]}.out").open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "unmask.cli.app", *command],
                env=self.environment | environment,
                stdout=output,
                stderr=output,
                cwd=self.folder,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def begin(self, *faults: dict[str, object]) -> None:
        """A new test begins: detectors do these faults from now on, and `lines` gives what comes from now on."""
        self._faults.write_text(json.dumps([fault | {"name": secrets.token_hex(4)} for fault in faults]))
        self._marked = len(self._all_lines())

    def submit(self, path: Path, **options: object) -> str:
        """Hand in a file as the API does; the analysis's id."""
        data = path.read_bytes()
        key = keys.incoming(self.principal.project, secrets.token_hex(13).upper())
        self.context.store.put(key, data)
        received = Incoming(key, len(data), hashlib.sha256(data).hexdigest())
        source = submissions.FromBytes(received, path.name)
        return submissions.submit(self.context, self.principal, source, Options(**options)).analysis.id

    def row(self, analysis: str):
        with self.context.database.read() as repo:
            return repo.analyses.find(analysis)

    def events(self, analysis: str):
        with self.context.database.read() as repo:
            return [(e.kind, e.data) for e in repo.events.after(self.principal.project, analysis, 0, 10_000)[1]]

    def wait(self, analysis: str, seconds: float = 1800, states: tuple[str, ...] = ("done", "failed", "cancelled")):
        """The analysis once it is in one of these states."""
        return self.until(lambda: (row := self.row(analysis)).state in states and row, seconds, analysis)

    def until(self, condition, seconds: float = 900, what: object = ""):
        """What `condition` gives, once it is something."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = condition()
            if found:
                return found
            time.sleep(0.05)
        raise AssertionError(f"not after {seconds} s: {what}\n{self.output()}")

    def cancel(self, analysis: str) -> None:
        lifecycle.cancel(self.context, self.principal, analysis)

    def result(self, analysis: str) -> dict[str, object]:
        """The result document, without what differs from run to run."""
        text = self.context.store.get(keys.artifact(self.principal.project, analysis, "result.json"))
        return comparable(json.loads(text))

    def lines(self) -> list[list[str]]:
        """What the detectors noted since `begin`: [time, "scored" or "fault", share, shard, process]."""
        return self._all_lines()[self._marked :]

    def _all_lines(self) -> list[list[str]]:
        return [line.split() for line in self.log.read_text().splitlines()] if self.log.exists() else []

    def output(self) -> str:
        """The last lines of every process, for the failure's message."""
        return "\n".join(f"--- {p.name}\n{p.read_text()[-3000:]}" for p in sorted(self.folder.glob("*.out")))

    def stop(self) -> None:
        """End all processes and their children."""
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
        for process in self.processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(15)
            _signal(process, signal.SIGKILL)
            process.wait()
        self.context.database.close()


def comparable(document: dict[str, object]) -> dict[str, object]:
    """A result document without ids and times; the pages show both, so their hashes go too, and all others stay."""
    varying = ("analysis", "created", "timings", "signature")
    kept = {name: value for name, value in document.items() if name not in varying}
    files = [file for file in kept["record"]["files"] if file["name"] not in ("report.html", "report.pdf")]
    return {**kept, "record": {**kept["record"], "files": files}}


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


@contextmanager
def fleet(folder: Path, **environment: str) -> Iterator[Fleet]:
    """A fleet that ends with the block."""
    made = Fleet(folder, environment)
    try:
        yield made
    finally:
        made.stop()
