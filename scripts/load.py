"""How long a long video takes with one and with two worker processes, and what many uploads at once do to the service.

    python scripts/load.py long --minutes 10 --out runs/long.json
    python scripts/load.py crowd --uploads 200 --clients 20 --seconds 10 --out runs/crowd.json

Both start everything themselves, as real processes (PostgreSQL, Redis, an S3 server, API, worker, beat), with the
models and settings of an installation, and talk to nothing but this machine. `long` also analyses the file without a
service and compares the documents. `crowd` counts what was lost or doubled, times the status calls while workers are
busy, and reads the memory of API and workers as it goes. Both write JSON and exit with 1 where something is wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import numpy as np

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests"), str(ROOT / "src")]

from faultruns.stand import Stand, own_copy, stand  # noqa: E402

from support.fleet import comparable  # noqa: E402
from unmask.db.repository.analyses import Filters  # noqa: E402
from unmask.storage import keys  # noqa: E402
from unmask.worker.settings import WorkerSettings  # noqa: E402

SAMPLE = ROOT / "samples" / "manipulated.mp4"
USUAL: Mapping[str, str | None] = {"UNMASK_SHARD_SECONDS": None, "UNMASK_FPS": None, "UNMASK_LEASE": None}
"""Settings as they are when nobody sets them."""
DISK = 4096
EVERY = 2.0
"""Seconds between two readings of memory."""


def main() -> int:
    """Do what is asked for; 0 when nothing was wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    commands = parser.add_subparsers(required=True)
    long = commands.add_parser("long", help="one long video, with one and with two processes")
    long.add_argument("--minutes", type=float, default=10)
    long.set_defaults(run=lambda asked: long_video(asked.minutes))
    crowd = commands.add_parser("crowd", help="many uploads at once")
    crowd.add_argument("--uploads", type=int, default=200)
    crowd.add_argument("--clients", type=int, default=20)
    crowd.add_argument("--seconds", type=float, default=10)
    crowd.set_defaults(run=lambda asked: many_uploads(asked.uploads, asked.clients, asked.seconds))
    for command, name in ((long, "long"), (crowd, "crowd")):
        command.add_argument("--out", type=Path, default=Path(f"runs/{name}.json"))
    asked = parser.parse_args()
    found = asked.run(asked)
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    sys.stdout.write(json.dumps(found, indent=1) + "\n")
    return 1 if found["wrong"] else 0


def long_video(minutes: float) -> dict[str, Any]:
    """Wall time by number of processes, who did the shards, and whether all documents are the same."""
    runs: list[dict[str, Any]] = []
    documents: dict[str, Any] = {}
    with TemporaryDirectory(prefix="unmask-long-") as work:
        clip = _clip(Path(work) / "long.mp4", 60 * minutes)
        for processes in (1, 2):
            with stand(_analyzer(), processes=processes, settings=USUAL, disk=DISK) as here:
                began = time.monotonic()
                analysis = _send(_client(here), clip.read_bytes(), "long.mp4")
                state = _ended(here, analysis)
                took = time.monotonic() - began
                runs.append(
                    {"processes": processes, "state": state, "seconds": round(took, 1), **_shards(here, analysis)}
                )
                text = here.context.store.get(keys.artifact(here.project, analysis, "result.json"))
                documents[f"{processes} processes"] = comparable(json.loads(text))
        documents["no service"] = comparable(_alone(clip, Path(work) / "alone"))
    first = documents["no service"]
    wrong = [
        f"with {name} another {field}"
        for name, document in documents.items()
        for field in first
        if field not in ("settings", "record") and document.get(field) != first[field]
    ]
    wrong += [f"with {run['processes']} processes it ended {run['state']}" for run in runs if run["state"] != "done"]
    if len(runs[1]["shards_by_process"]) < 2:
        wrong.append("one of two processes did no shard")
    ratio = round(runs[0]["seconds"] / runs[1]["seconds"], 2)
    return {"media_seconds": 60 * minutes, "runs": runs, "ratio": ratio, "wrong": wrong}


def many_uploads(uploads: int, clients: int, seconds: float) -> dict[str, Any]:
    """What became of the uploads, how long status calls took meanwhile, and memory over time."""
    with TemporaryDirectory(prefix="unmask-crowd-") as work:
        data = _clip(Path(work) / "clip.mp4", seconds).read_bytes()
        with stand(_analyzer(), settings=USUAL, disk=DISK) as here:
            memory, over = [], threading.Event()
            reader = threading.Thread(target=lambda: memory.extend(_memory(here, over)))
            reader.start()
            numbers = iter(range(uploads))
            told: dict[int, str] = {}
            latencies: list[float] = []
            began = time.monotonic()
            threads = [
                threading.Thread(target=_be_client, args=(here, data, numbers, told, latencies)) for _ in range(clients)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            took = time.monotonic() - began
            over.set()
            reader.join()
            wrong = [
                f"upload {number} was told {told.get(number)}"
                for number in range(uploads)
                if told.get(number) != "done"
            ]
            with here.context.database.read() as repo:
                doubled = Counter(row.label for row in repo.analyses.page(here.project, Filters(), 10 * uploads))
            wrong += [f"{label} was made {count} times" for label, count in doubled.items() if count != 1]
    p50, p95, p99 = (round(float(value), 4) for value in np.percentile(latencies, (50, 95, 99)))
    third = max(1, len(memory) // 3)
    flat = {
        name: [int(np.median([m[name] for m in part])) for part in (memory[third : 2 * third], memory[-third:])]
        for name in ("api", "worker", "beat")
    }
    return {
        "uploads": uploads,
        "clients": clients,
        "clip_seconds": seconds,
        "seconds": round(took, 1),
        "an_hour": round(3600 * uploads / took),
        "status_calls": {"count": len(latencies), "p50": p50, "p95": p95, "p99": p99},
        "memory_mib_middle_and_last_third": flat,
        "memory_mib": memory,
        "wrong": wrong,
    }


def _analyzer() -> str:
    return str(WorkerSettings.model_fields["analyzer"].default)


def _clip(path: Path, seconds: float) -> Path:
    """The sample, again and again, for so many seconds."""
    import imageio_ffmpeg

    program = imageio_ffmpeg.get_ffmpeg_exe()
    given = ["-y", "-loglevel", "error", "-stream_loop", "-1", "-i", str(SAMPLE), "-t", str(seconds)]
    subprocess.run([program, *given, "-c", "copy", str(path)], check=True)  # noqa: S603 - our own program and paths
    return path


def _client(here: Stand) -> httpx.Client:
    headers = {"Authorization": f"Bearer {here.key}"}
    return httpx.Client(base_url=here.address, headers=headers, timeout=90, trust_env=False)


def _send(client: httpx.Client, data: bytes, label: str) -> str:
    options = json.dumps({"label": label})
    answer = client.post("/analyses", files={"options": (None, options), "file": (label, data, "video/mp4")})
    answer.raise_for_status()
    return str(answer.json()["id"])


def _ended(here: Stand, analysis: str) -> str:
    with _client(here) as client:
        while True:
            state = str(client.get(f"/analyses/{analysis}").json()["state"])
            if state in ("done", "failed", "cancelled"):
                return state
            time.sleep(0.2)


def _shards(here: Stand, analysis: str) -> dict[str, Any]:
    """How many shards each process did."""
    from sqlalchemy import select

    from unmask.db.tables import ShardRow

    with here.context.database.read() as repo:
        rows = repo.session.scalars(select(ShardRow).where(ShardRow.analysis_id == analysis)).all()
    by = Counter(str(row.worker).rsplit(":", 3)[1] for row in rows if row.part in ("video", "audio"))
    return {"shards": sum(by.values()), "shards_by_process": sorted(by.values(), reverse=True)}


def _alone(clip: Path, out: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "unmask.cli.app", "analyze", str(clip), "--out", str(out), "-q", "--exit-zero"]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": str(ROOT / "src")})  # noqa: S603
    found: dict[str, Any] = json.loads((out / "result.json").read_text("utf-8"))
    return found


def _be_client(here: Stand, data: bytes, numbers: Iterator[int], told: dict[int, str], latencies: list[float]) -> None:
    """One client: sends a clip, asks once a second how it is, and sends the next when it has ended."""
    with _client(here) as client:
        for number in numbers:
            own = own_copy(data, number)
            try:
                analysis, state = _send(client, own, f"clip-{number}"), ""
                while state not in ("done", "failed", "cancelled"):
                    began = time.monotonic()
                    state = str(client.get(f"/analyses/{analysis}").raise_for_status().json()["state"])
                    latencies.append(time.monotonic() - began)
                    time.sleep(1)
                told[number] = state
            except httpx.HTTPError as failed:
                told[number] = f"{type(failed).__name__}: {failed}"[:200]


def _memory(here: Stand, over: threading.Event) -> list[dict[str, int]]:
    """Mebibytes of API, workers and beat with all their children, as long as it takes."""
    found = []
    while not over.wait(EVERY):
        found.append({name: _resident(here.process(name)) for name in ("api", "worker", "beat")})
    return found


def _resident(process: int) -> int:
    """Proportional memory of a session of processes, MiB: what they share counts once."""
    total = 0
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and int((folder / "stat").read_text().rsplit(")", 1)[1].split()[3]) == process:
                total += int((folder / "smaps_rollup").read_text().split("Pss:", 1)[1].split()[0])
        except (OSError, IndexError, ValueError):
            continue
    return total // 1024


if __name__ == "__main__":
    sys.exit(main())
