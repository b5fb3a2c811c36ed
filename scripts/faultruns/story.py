"""A client's story: a clip is sent, followed to its end, and what was told on the way is kept to be compared."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from faultruns.stand import Stand

PATIENCE = 1200.0
PIECES = 8
FINAL = ("done", "failed", "cancelled")
TUS = {"Tus-Resumable": "1.0.0"}
MAY_PASS = frozenset({429, 503})
"""Answers that say: try again."""


@dataclass
class Story:
    """What one client was told. `surprises` are answers that nobody may get."""

    stand: Stand
    name: str
    data: bytes
    resumable: bool
    analysis: str = ""
    events: list[tuple[int, str, dict[str, Any]]] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    surprises: list[str] = field(default_factory=list)
    sent: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """All of it; failures are surprises."""
        try:
            with self._client() as client:
                self.analysis = self._send(client)["id"]
                self._follow(client)
        except Exception as failed:
            self.surprises.append(f"the client gave up: {type(failed).__name__}: {failed}"[:300])
        finally:
            self.sent.set()

    def _client(self) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.stand.key}"}
        return httpx.Client(base_url=self.stand.address, headers=headers, timeout=90, trust_env=False)

    @property
    def told(self) -> str | None:
        """The state that the client was told last."""
        return next((data["state"] for _, kind, data in reversed(self.events) if kind == "state"), None)

    def _send(self, client: httpx.Client) -> dict[str, Any]:
        options = {"webhook": self.stand.told.url, "retention_days": 1.0, "label": self.name}
        once = {"Idempotency-Key": self.name}
        if self.resumable:
            upload = self._upload(client)
            body = {"upload": upload, "options": options}
            return self._patiently(lambda: client.post("/analyses", json=body, headers=once), 202).json()

        def form() -> httpx.Response:
            files = {"options": (None, json.dumps(options)), "file": ("clip.mp4", self.data, "video/mp4")}
            self.sent.set()
            return client.post("/analyses", files=files, headers=once)

        return self._patiently(form, 202).json()

    def _upload(self, client: httpx.Client) -> str:
        """By tus, in pieces that come slowly; after a broken line, from where the server says that it stands."""
        name = base64.b64encode(b"clip.mp4").decode()
        length = {"Upload-Length": str(len(self.data)), "Upload-Metadata": f"filename {name}"}
        place = self._patiently(lambda: client.post("/uploads", headers=TUS | length), 201).headers["location"]
        identity = place.rsplit("/", 1)[1]

        def standing() -> int:
            answer = self._patiently(lambda: client.head(f"/uploads/{identity}", headers=TUS), 200)
            return int(answer.headers["upload-offset"])

        def slowly(start: int) -> Iterator[bytes]:
            size = -(-len(self.data) // PIECES)
            for at in range(start, len(self.data), size):
                self.sent.set()
                yield self.data[at : at + size]
                time.sleep(0.1)

        began = time.monotonic()
        while (at := standing()) < len(self.data) and time.monotonic() - began < PATIENCE:
            headers = TUS | {"Upload-Offset": str(at), "Content-Type": "application/offset+octet-stream"}
            self._once(lambda: client.patch(f"/uploads/{identity}", content=slowly(at), headers=headers))  # noqa: B023
        return identity

    def _follow(self, client: httpx.Client) -> None:
        began = time.monotonic()
        while self.told not in FINAL:
            if time.monotonic() - began > PATIENCE:
                raise TimeoutError(f"no end was told, the last state was {self.told}")
            after = {"Last-Event-ID": str(self.events[-1][0])} if self.events else {}
            try:
                with client.stream("GET", f"/analyses/{self.analysis}/events", headers=after) as answer:
                    if self._count(answer) == 200:
                        self._listen(answer)
            except httpx.TransportError as broken:
                self.answers[type(broken).__name__] += 1
            time.sleep(0.3)

    def _listen(self, answer: httpx.Response) -> None:
        seq, kind = 0, ""
        for line in answer.iter_lines():
            name, _, value = line.partition(": ")
            if name == "id":
                seq = int(value)
            elif name == "event":
                kind = value
            elif name == "data":
                self.events.append((seq, kind, json.loads(value)))

    def _once(self, ask: Callable[[], httpx.Response]) -> httpx.Response | None:
        try:
            answer = ask()
        except httpx.TransportError as broken:
            self.answers[type(broken).__name__] += 1
            return None
        self._count(answer)
        return answer

    def _patiently(self, ask: Callable[[], httpx.Response], wanted: int) -> httpx.Response:
        began = time.monotonic()
        while time.monotonic() - began < PATIENCE:
            answer = self._once(ask)
            if answer is not None and answer.status_code == wanted:
                return answer
            time.sleep(0.5)
        raise TimeoutError("the server did not take it")

    def _count(self, answer: httpx.Response) -> int:
        code = answer.status_code
        self.answers[str(code)] += 1
        if code >= 400 and code not in MAY_PASS:
            told = "" if answer.is_stream_consumed is False and answer.request.method == "GET" else answer.text
            self.surprises.append(f"{answer.request.method} {answer.request.url.path}: {code} {told[:200]}")
        return code
