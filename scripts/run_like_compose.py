"""Starts the processes of deploy/compose.yaml by hand, with its commands and environment, and runs the whole story.

    python scripts/run_like_compose.py [CLIP] [--analyzer MODULE:FUNCTION] [--s3 ENDPOINT KEY SECRET]

For machines without a container engine. PostgreSQL must answer on this machine (`bash scripts/services.sh`); Redis and
an S3 server are started here, unless `--s3` names one, on which the bucket `unmask` is made. What differs from the
compose file is only where things are: ports, folders, addresses. Shown are the health checks of all services, then
upload, events, report, artifacts and deletion over HTTP with a key, and that every process ends by itself within its
grace period.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import redis
import yaml
from prometheus_client.parser import text_string_to_metric_families

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "src")]

from support.servers import S3_KEY, S3_SECRET, free_port, make_bucket, postgres_database, s3_server  # noqa: E402
from support.whole import story  # noqa: E402

SERVICES = ("api", "worker-video", "worker-audio", "worker-explain", "beat")
PASSWORD = "a-password-of-this-check"  # noqa: S105 - of a server that lives for a minute on loopback


@dataclass
class Stand:
    """Where things are on this machine, and what runs."""

    folder: Path
    compose: Mapping[str, Any]
    endpoint: str
    api_port: int
    analyzer: str | None
    ports: dict[str, int] = field(default_factory=dict)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def environment(self, name: str) -> dict[str, str]:
        """The service's environment, as the compose file and the image say, with the places of this machine."""
        own = self.ports.setdefault(name, free_port())
        places = {
            "UNMASK_STORAGE_ENDPOINT": self.endpoint,
            "UNMASK_METRICS_PORT": str(own),
            "UNMASK_METRICS_HOST": "127.0.0.1",
            "UNMASK_DATA": str(self.folder / name / "data"),
            "UNMASK_SETTINGS_DIR": str(self.folder / "secrets"),
            "PROMETHEUS_MULTIPROC_DIR": str(self.folder / name / "metrics"),
            "TMPDIR": str(self.folder / name / "tmp"),
            "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT / "tests"))),
            "PATH": os.environ["PATH"],
            "TF_CPP_MIN_LOG_LEVEL": "2",
        }
        if self.analyzer:
            places["UNMASK_ANALYZER"] = self.analyzer
        said: Mapping[str, str] = self.compose["services"][name]["environment"]
        return {**said, **places}

    def command(self, name: str) -> list[str]:
        """The service's command, inside what the image starts."""
        said: list[str] = self.compose["services"][name]["command"]
        moved = {"8000": str(self.api_port), "0.0.0.0": "127.0.0.1"}  # noqa: S104 - it is replaced
        return [sys.executable, "-m", "unmask.container", *(moved.get(word, word) for word in said)]

    def start(self, name: str) -> subprocess.Popen[bytes]:
        """Start a service; its log goes into a file."""
        with (self.folder / f"{name}.log").open("wb") as log:
            return subprocess.Popen(  # noqa: S603 - our own program
                self.command(name), env=self.environment(name), stdout=log, stderr=log, cwd=self.folder
            )

    def healthy(self, name: str) -> bool:
        """Ask as the compose file's health check does."""
        said: list[str] = self.compose["services"][name]["healthcheck"]["test"]
        url = said[-1].replace(":8000", f":{self.api_port}").replace(":9100", f":{self.ports[name]}")
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, *said[2:-1], url], env=self.environment(name), check=False, timeout=30
        )
        return done.returncode == 0


def main() -> int:
    """Run the check; 0 when all of it was shown."""
    wish = argparse.ArgumentParser(description=__doc__)
    wish.add_argument("clip", nargs="?", type=Path, default=ROOT / "samples" / "manipulated.mp4")
    wish.add_argument("--analyzer", help="another composition root than the package's own")
    wish.add_argument("--s3", nargs=3, metavar=("ENDPOINT", "KEY", "SECRET"), help="another S3 server than our own")
    asked = wish.parse_args()
    compose = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="unmask-deploy-")))
        database = stack.enter_context(postgres_database())
        endpoint, *secret = asked.s3 or (stack.enter_context(s3_server(folder / "s3")), S3_KEY, S3_SECRET)
        if asked.s3:
            make_bucket(endpoint, *secret)
        broker = _redis(stack, folder)
        _secrets(folder / "secrets", database, broker, *secret)
        stand = Stand(folder, compose, endpoint, free_port(), asked.analyzer)
        try:
            return _show(stand, asked.clip)
        except Exception:
            for log in sorted(folder.glob("*.log")):
                _tell(f"--- {log.name}\n{log.read_text(errors='replace')[-2000:]}")
            raise
        finally:
            for process in stand.running.values():
                process.kill()


def _show(stand: Stand, clip: Path) -> int:
    for name in ("migrate", *SERVICES):
        (stand.folder / name).mkdir(exist_ok=True)
    if stand.start("migrate").wait(300) != 0:
        raise RuntimeError("migrate failed")
    _tell("ok    migrate")
    for name in SERVICES:
        stand.running[name] = stand.start(name)
    for name in SERVICES:
        _until(lambda name=name: stand.healthy(name), 300, f"{name} is healthy")  # type: ignore[misc]
    key = subprocess.run(
        [sys.executable, "-m", "unmask.cli.app", "access", "create", "--project", "check", "--name", "check"],
        env=stand.environment("api"),
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    began = time.monotonic()
    document = story(f"http://127.0.0.1:{stand.api_port}", clip, authorization=f"Bearer {key}")
    _tell(f"ok    {clip.name}: {document['verdict']['label']}, all of it in {time.monotonic() - began:.1f} s")
    _tell_stages(stand)
    for name, process in reversed(stand.running.items()):
        grace = int(stand.compose["services"][name]["stop_grace_period"].removesuffix("s"))
        began = time.monotonic()
        process.terminate()
        code = process.wait(grace)
        _tell(f"ok    {name} ended with {code} after {time.monotonic() - began:.1f} s")
    return 0


def _tell_stages(stand: Stand) -> None:
    """What each queue's units took, as Prometheus would see it: what sizing needs."""
    for name in SERVICES:
        if not name.startswith("worker-"):
            continue
        text = httpx.get(f"http://127.0.0.1:{stand.ports[name]}/metrics", timeout=10, trust_env=False).text
        found: dict[tuple[str, str], dict[str, float]] = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.name in ("unmask_stage_seconds_sum", "unmask_stage_seconds_count"):
                    key = (sample.labels["stage"], sample.labels["queue"])
                    found.setdefault(key, {})[sample.name.rsplit("_", 1)[1]] = sample.value
        for (stage, queue), took in sorted(found.items()):
            _tell(f"      {queue}: {stage} {took['sum']:.1f} s in {took['count']:.0f} units")


def _redis(stack: ExitStack, folder: Path) -> str:
    binary = shutil.which("redis-server")
    if binary is None:
        raise SystemExit("there is no redis-server on this machine")
    port = free_port()
    command = [binary, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--requirepass", PASSWORD]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=folder)  # noqa: S603 - a server of this machine
    stack.callback(process.wait)
    stack.callback(process.terminate)
    client = redis.Redis(port=port, password=PASSWORD)

    def answers() -> bool:
        try:
            return bool(client.ping())
        except redis.ConnectionError:
            return False

    _until(answers, 30, "redis answers")
    return f"redis://:{PASSWORD}@127.0.0.1:{port}/0"


def _secrets(folder: Path, database: str, broker: str, key: str, secret: str) -> None:
    folder.mkdir()
    texts = {"database_url": database, "broker_url": broker, "storage_key": key, "storage_secret": secret}
    texts["signing_key"] = subprocess.run(
        ["openssl", "genpkey", "-algorithm", "ed25519"],  # noqa: S607 - as deploy/make_secrets.sh does it
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name, text in texts.items():
        (folder / f"unmask_{name}").write_text(text + "\n")


def _until(condition: Any, seconds: float, what: str) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(f"not in {seconds:.0f} s: {what}")
        time.sleep(0.5)
    _tell(f"ok    {what}")


def _tell(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
