"""Clients of the service: they send clips, and learn how each ended."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import numpy as np
from faultruns.stand import Stand, own_copy

FINAL = ("done", "failed", "cancelled")


def client_of(here: Stand) -> httpx.Client:
    """A client with the stand's key."""
    headers = {"Authorization": f"Bearer {here.key}"}
    return httpx.Client(base_url=here.address, headers=headers, timeout=90, trust_env=False)


def send(client: httpx.Client, data: bytes, label: str, **options: Any) -> str:
    """Start an analysis; its id."""
    given = json.dumps({"label": label, **options})
    answer = client.post("/analyses", files={"options": (None, given), "file": (label, data, "video/mp4")})
    answer.raise_for_status()
    return str(answer.json()["id"])


def ended(client: httpx.Client, analysis: str, every: float = 0.2, latencies: list[float] | None = None) -> str:
    """How an analysis ended, asked every so many seconds; how long each answer took goes to `latencies`."""
    while True:
        began = time.monotonic()
        state = str(client.get(f"/analyses/{analysis}").raise_for_status().json()["state"])
        if latencies is not None:
            latencies.append(time.monotonic() - began)
        if state in FINAL:
            return state
        time.sleep(every)


@dataclass
class Crowd:
    """Clients who each send a clip, wait for its end, and send the next: what they were told, by number."""

    here: Stand
    data: bytes
    uploads: int
    told: dict[int, str] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    """Set: no client sends another clip."""

    def run(self, clients: int) -> float:
        """All uploads by so many clients; seconds that it took."""
        numbers, began = iter(range(self.uploads)), time.monotonic()
        threads = [threading.Thread(target=self._client, args=(numbers,)) for _ in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return time.monotonic() - began

    def not_done(self) -> list[str]:
        """Uploads that were told something else than `done`, in words."""
        return [f"upload {number} was told {state}" for number, state in sorted(self.told.items()) if state != "done"]

    def figures(self, clients: int, clip_seconds: float, took: float) -> dict[str, Any]:
        """How many clips of which length so many clients sent in `took` seconds, and how long status calls took."""
        p50, p95, p99 = (round(float(value), 4) for value in np.percentile(self.latencies, (50, 95, 99)))
        return {
            "clips": len(self.told),
            "clients": clients,
            "clip_seconds": clip_seconds,
            "seconds": round(took, 1),
            "an_hour": round(3600 * len(self.told) / took),
            "status_calls": {"count": len(self.latencies), "p50": p50, "p95": p95, "p99": p99},
        }

    def _client(self, numbers: Iterator[int]) -> None:
        with client_of(self.here) as client:
            for number in numbers:
                if self.stop.is_set():
                    return
                self.told[number] = "nothing"
                try:
                    analysis = send(client, own_copy(self.data, number), f"clip-{number}")
                    self.told[number] = ended(client, analysis, 1.0, self.latencies)
                except httpx.HTTPError as failed:
                    self.told[number] = f"{type(failed).__name__}: {failed}"[:200]
