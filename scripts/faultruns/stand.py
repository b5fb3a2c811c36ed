"""The service on this machine: servers, API, workers and beat, each a real process, and the address that it tells."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import httpx
from pydantic import SecretStr

from faultruns.servers import Postgres, Proxy, postgres, small_disk
from support.fleet import RedisServer
from support.servers import BUCKET, S3_KEY, S3_SECRET, free_port, s3_server
from unmask.db.migrate import upgrade
from unmask.errors import UnmaskError
from unmask.service.context import Context, open_context
from unmask.service.keys import create_key, ensure_project
from unmask.settings import ServiceSettings

ROOT = Path(__file__).parents[2]
PARTS = ("api", "worker", "beat")
DISK = 48
"""Mebibytes of the store's disk."""
FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"


class Stand:
    """What runs. `context` is our own way to database and store, past all faults of the way."""

    def __init__(self, folder: Path, analyzer: str, endpoint: str, disk: Path | None, postgres: Postgres) -> None:
        self.folder, self.disk, self.postgres = folder, disk, postgres
        self.redis, self.told = RedisServer(), Receiver()
        self.proxy = Proxy(int(endpoint.rsplit(":", 1)[1]))
        self.port = free_port()
        self.processes = 2
        self.counted = False
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self.clock = folder / "clock"
        self.clock.write_text("+0\n")
        own = {
            "UNMASK_DATABASE_URL": self.postgres.url,
            "UNMASK_BROKER_URL": self.redis.url,
            "UNMASK_STORAGE_URL": f"s3://{BUCKET}",
            "UNMASK_STORAGE_ENDPOINT": f"http://127.0.0.1:{self.proxy.port}",
            "UNMASK_STORAGE_KEY": S3_KEY,
            "UNMASK_STORAGE_SECRET": S3_SECRET,
            "UNMASK_URL_ALLOW_NETWORKS": '["127.0.0.2/32"]',
            "UNMASK_DATA": str(folder / "data"),
            "UNMASK_ANALYZER": analyzer,
            "UNMASK_SHARD_SECONDS": "2",
            "UNMASK_FPS": "2",
            "UNMASK_LEASE": "6",
            "UNMASK_RETENTION_EVERY": "5",
            "UNMASK_KEYS": str(folder / "keys"),
            "UNMASK_LOG_FORMAT": "text",
        }
        (folder / "tmp").mkdir()
        kept = {name: value for name, value in os.environ.items() if not name.startswith("UNMASK_")}
        self.environment = kept | own | {
            "TMPDIR": str(folder / "tmp"),
            "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT / "tests"))),
            "TF_CPP_MIN_LOG_LEVEL": "2",
        }  # fmt: skip
        direct = ServiceSettings(
            database_url=SecretStr(self.postgres.url),
            storage_url=f"s3://{BUCKET}",
            storage_endpoint=endpoint,
            storage_key=SecretStr(S3_KEY),
            storage_secret=SecretStr(S3_SECRET),
            data=folder / "own",
        )
        self.context: Context = open_context(direct)
        upgrade(self.context.database)
        self.project = ensure_project(self.context, "faults").id
        _, self.key = create_key(self.context, self.project, "faults", {"read", "write", "admin"}, per_minute=100_000)

    @property
    def address(self) -> str:
        """Where the API answers."""
        return f"http://127.0.0.1:{self.port}/v1"

    def start(self, name: str) -> None:
        """Start `api`, `worker` or `beat`."""
        own = {"UNMASK_DATABASE_URL": self.postgres.url_of(name)} if self.counted else {}
        command = {
            "api": ["serve", "--port", str(self.port)],
            "worker": ["worker", "--processes", str(self.processes)],
            "beat": ["beat"],
        }[name]
        with (self.folder / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", "unmask.cli.app", *command],
                env=self.environment | own,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,
            )

    def process(self, name: str) -> int:
        """The id of a process that was started."""
        return self._running[name].pid

    def servers(self) -> dict[str, int]:
        """The ids of the servers' first processes."""
        return {"postgres": self.postgres.process, "redis": self.redis.process, "s3": _listener(self.proxy.upstream)}

    def kill(self, name: str) -> None:
        """SIGKILL to a process and all that it started."""
        process = self._running[name]
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def ready(self, seconds: float = 900) -> None:
        """Wait until the API answers, with database and store behind it."""
        health = self.address.removesuffix("/v1") + "/readyz"

        def answers() -> bool:
            try:
                return httpx.get(health, timeout=10, trust_env=False).status_code == 200
            except httpx.TransportError:
                return False

        self.until(answers, seconds, "the API is not ready")

    def until(self, condition: Callable[[], Any], seconds: float, what: str) -> Any:
        """What the condition gives once it is something; a database that is away gives nothing."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with suppress(UnmaskError):
                if found := condition():
                    return found
            time.sleep(0.05)
        raise TimeoutError(what)

    def close(self) -> None:
        """End everything."""
        for name in self._running:
            self.kill(name)
        self.context.database.close()
        self.proxy.close()
        self.redis.stop()
        self.told.close()


def own_copy(clip: bytes, number: int) -> bytes:
    """The clip with a box at its end that players skip: content that no other upload has."""
    return clip + (24).to_bytes(4, "big") + b"free" + f"{number:016x}".encode()


def _listener(port: int) -> int:
    """The process that was started to listen on a port: the oldest whose command names it."""
    found = []
    for folder in Path("/proc").iterdir():
        with suppress(OSError):
            if folder.name.isdigit() and str(port).encode() in (folder / "cmdline").read_bytes().split(b"\0"):
                found.append(int(folder.name))
    return min(found)


class Receiver:
    """The address that is told of the end: all messages that came, by analysis."""

    def __init__(self) -> None:
        self.came: dict[str, list[tuple[str, str]]] = {}
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                message = (self.headers["webhook-id"], body["type"])
                receiver.came.setdefault(body["data"]["analysis"], []).append(message)
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.2", 0), Handler)
        self.url = f"http://127.0.0.2:{self._server.server_address[1]}/told"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Take no more."""
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def stand(
    analyzer: str,
    *,
    faked_clock: bool = False,
    processes: int = 2,
    settings: Mapping[str, str | None] | None = None,
    disk: int = DISK,
    counted: bool = False,
) -> Iterator[Stand]:
    """The whole service while the block runs; its logs stay in the folder where something was wrong.

    `settings` are variables of the environment besides, or None for one that shall not be set; `disk` mebibytes.
    `counted`: PostgreSQL counts statements, and `api`, `worker` and `beat` are roles of their own there.
    """
    folder = Path(mkdtemp(prefix="unmask-faults-"))
    folder.chmod(0o755)  # the user postgres passes through
    with (
        small_disk(folder / "disk", disk) as mounted,
        s3_server(folder / "disk" / "s3") as endpoint,
        postgres(folder / "postgres", PARTS if counted else ()) as database,
    ):
        made = Stand(folder, analyzer, endpoint, folder / "disk" if mounted else None, database)
        made.processes, made.counted = processes, counted
        for name, value in (settings or {}).items():
            made.environment.pop(name, None)
            if value is not None:
                made.environment[name] = value
        if faked_clock:
            made.environment |= {
                "LD_PRELOAD": FAKETIME,
                "FAKETIME_TIMESTAMP_FILE": str(made.clock),
                "FAKETIME_NO_CACHE": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            }
        try:
            for name in PARTS:
                made.start(name)
            made.ready()
            yield made
        finally:
            made.close()
