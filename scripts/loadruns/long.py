"""One long video, with one and with two worker processes, and without a service."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from faultruns.stand import ROOT, Stand

from loadruns.client import client_of, ended, send
from loadruns.clips import looped
from loadruns.stands import usual
from support.fleet import comparable
from unmask.storage import keys


def long_video(minutes: float) -> dict[str, Any]:
    """Wall time by number of processes, who did the shards, and whether all documents are the same."""
    runs: list[dict[str, Any]] = []
    documents: dict[str, Any] = {}
    with TemporaryDirectory(prefix="unmask-long-") as work:
        clip = looped(Path(work) / "long.mp4", 60 * minutes)
        for processes in (1, 2):
            with usual(processes) as here, client_of(here) as client:
                began = time.monotonic()
                analysis = send(client, clip.read_bytes(), "long.mp4")
                state = ended(client, analysis)
                took = round(time.monotonic() - began, 1)
                runs.append({"processes": processes, "state": state, "seconds": took, **_shards(here, analysis)})
                text = here.context.store.get(keys.artifact(here.project, analysis, "result.json"))
                documents[f"{processes} processes"] = comparable(json.loads(text))
        documents["no service"] = comparable(_alone(clip, Path(work) / "alone"))
    ratio = round(runs[0]["seconds"] / runs[1]["seconds"], 2)
    return {"media_seconds": 60 * minutes, "runs": runs, "ratio": ratio, "wrong": _wrong(runs, documents)}


def _wrong(runs: list[dict[str, Any]], documents: dict[str, Any]) -> list[str]:
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
    return wrong


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
