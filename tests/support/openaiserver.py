"""A small server on loopback that speaks OpenAI's chat protocol and answers from a script. For tests only."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Raw:
    """An answer below the protocol: a status and bytes, as they are."""

    status: int
    body: bytes


@dataclass(frozen=True)
class Silence:
    """No answer for so many seconds, or a space a second if `drips`."""

    seconds: float
    drips: bool = False


Scripted = str | Raw | Silence


@dataclass
class Script:
    """The answers, one a request, the last again and again; and what was asked."""

    answers: Sequence[Scripted]
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def next(self) -> Scripted:
        return self.answers[min(len(self.asked), len(self.answers)) - 1]


@contextmanager
def scripted(*answers: Scripted, port: int = 0) -> Iterator[tuple[str, Script]]:
    """The server's base URL and its script, while the block runs."""
    script = Script(answers)
    server = ThreadingHTTPServer(("127.0.0.1", port), _handler(script))
    server.daemon_threads = True
    server.block_on_close = False
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1", script
    finally:
        script.stop.set()
        server.shutdown()
        server.server_close()


def _handler(script: Script) -> Callable[..., BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            script.asked.append(json.loads(self.rfile.read(length)))
            script.headers.append(dict(self.headers))
            try:
                self._answer(script.next())
            except OSError:  # the other side gave up
                return

        def _answer(self, answer: Scripted) -> None:
            if isinstance(answer, Silence):
                self._stay_silent(answer)
            elif isinstance(answer, Raw):
                self._send(answer.status, answer.body)
            else:
                self._send(200, json.dumps(_completion(answer)).encode())

        def _stay_silent(self, silence: Silence) -> None:
            if silence.drips:
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
            until = time.monotonic() + silence.seconds
            while time.monotonic() < until and not script.stop.wait(0.1):
                if silence.drips:
                    self.wfile.write(b" ")
                    self.wfile.flush()

        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            return

    return Handler


def _completion(content: str) -> dict[str, Any]:
    return {
        "id": "scripted",
        "object": "chat.completion",
        "created": 0,
        "model": "scripted",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }
