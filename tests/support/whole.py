"""One story over HTTP, the same against every way to run the service. For tests only."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import httpx

from support.fleet import comparable


def wait_for(address: str, process: Any, seconds: float = 1200) -> float:
    """Wait until the server answers; after how many seconds it did."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if process.poll() is not None:
            raise AssertionError(f"the server ended with {process.returncode}")
        try:
            if httpx.get(f"{address}/healthz", timeout=5).status_code == 200:
                return time.monotonic() - began
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError(f"no answer after {seconds} s")


def story(address: str, clip: Path, seconds: float = 3000, **headers: str) -> dict[str, Any]:
    """Upload, follow the events, read report and artifacts, delete; the document without ids and times."""
    with httpx.Client(base_url=f"{address}/v1", timeout=60, headers=headers) as client:
        with clip.open("rb") as file:
            answer = client.post("/analyses", files={"file": (clip.name, file, "video/mp4")})
        assert answer.status_code == 202, answer.text
        identity = answer.json()["id"]
        kinds = follow(client, identity, seconds)
        assert kinds[0] == "state" and kinds[-1] == "state" and "progress" in kinds
        shown = client.get(f"/analyses/{identity}").json()
        assert shown["state"] == "done", shown
        document = client.get(f"/analyses/{identity}/report.json", follow_redirects=True).json()
        assert document["analysis"] == identity
        assert document["verdict"]["label"] == shown["verdict"]["label"]
        page = client.get(f"/analyses/{identity}/report.html", follow_redirects=True)
        assert page.status_code == 200 and "<html" in page.text
        for evidence in document["evidence"]:
            if evidence["artifact"]:
                path = f"/analyses/{identity}/artifacts/{evidence['artifact']}"
                assert client.get(path, follow_redirects=True).content
        gone = client.delete(f"/analyses/{identity}")
        assert gone.status_code in (200, 202), gone.text
        assert client.get(f"/analyses/{identity}").status_code in (404, 410)
    return comparable(document)


def follow(client: httpx.Client, identity: str, seconds: float) -> list[str]:
    """The kinds of all events until the analysis ended."""
    kinds: list[str] = []
    with client.stream("GET", f"/analyses/{identity}/events", timeout=seconds) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        for line in stream.iter_lines():
            if line.startswith("event:"):
                kinds.append(line.removeprefix("event:").strip())
            if line.startswith("data:") and kinds and kinds[-1] == "state":
                state = json.loads(line.removeprefix("data:")).get("state")
                if state in ("done", "failed", "cancelled"):
                    break
    return kinds
