"""What the client says and understands, and not how it is sent: the sync and the async client run the same flows.

A flow is a generator. It yields a `Call` and is sent the answer, or thrown the error; it yields a `Pause` and goes on
when the time is over; what it returns is the outcome.
"""

from __future__ import annotations

import base64
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeVar
from urllib.parse import quote
from uuid import uuid4

import httpx

from unmask.client.errors import AnalysisFailed, ApiError, ClientError
from unmask.client.models import Analysis, OnProgress, Page, Progress

PIECE: Final = 8 * 1024**2
"""Bytes sent in one request: what is lost at most when the line breaks."""

_TUS: Final = {"Tus-Resumable": "1.0.0"}
_TRIES: Final = 8
_LONGEST_PAUSE: Final = 30.0


@dataclass(frozen=True, slots=True)
class Call:
    """One request below `/v1`. `again` allows to send it more than once: its effect is the same then."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    content: bytes | None = None
    params: Mapping[str, str | int] = field(default_factory=dict)
    again: bool = True


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait so many seconds."""

    seconds: float


Outcome = TypeVar("Outcome")
Flow = Generator[Call | Pause, httpx.Response | None, Outcome]


def _ask(call: Call) -> Flow[httpx.Response]:
    answer = yield call
    assert answer is not None
    return answer


def get(analysis: str) -> Flow[Analysis]:
    """An analysis as it stands."""
    answer = yield from _ask(Call("GET", f"/analyses/{_safe(analysis)}"))
    return Analysis.model_validate_json(answer.content)


def page(filters: Mapping[str, str | int | None], cursor: str | None) -> Flow[Page]:
    """A stretch of the list."""
    params = {name: value for name, value in {**filters, "cursor": cursor}.items() if value is not None}
    answer = yield from _ask(Call("GET", "/analyses", params=params))
    return Page.model_validate_json(answer.content)


def submit(source: Mapping[str, str], options: Mapping[str, Any], key: str | None) -> Flow[Analysis]:
    """Ask for an analysis of an address or a finished upload; with a key of its own, so that it can be sent again."""
    headers = {"Idempotency-Key": key or uuid4().hex}
    answer = yield from _ask(Call("POST", "/analyses", headers, {**source, "options": dict(options)}))
    return Analysis.model_validate_json(answer.content)


def rerun(analysis: str, options: Mapping[str, Any] | None) -> Flow[Analysis]:
    """The same media with the models of today."""
    body = {} if options is None else {"options": dict(options)}
    call = Call("POST", f"/analyses/{_safe(analysis)}/reruns", {"Idempotency-Key": uuid4().hex}, body)
    answer = yield from _ask(call)
    return Analysis.model_validate_json(answer.content)


def cancel(analysis: str) -> Flow[Analysis]:
    """Stop it."""
    answer = yield from _ask(Call("POST", f"/analyses/{_safe(analysis)}/cancel"))
    return Analysis.model_validate_json(answer.content)


def delete(analysis: str) -> Flow[dict[str, Any]]:
    """Delete it everywhere; the receipt."""
    answer = yield from _ask(Call("DELETE", f"/analyses/{_safe(analysis)}"))
    receipt: dict[str, Any] = answer.json()
    return receipt


def feedback(analysis: str, judgement: str, comment: str, author: str) -> Flow[None]:
    """What a person thinks of the verdict. Sent once: twice would be two opinions."""
    body = {"judgement": judgement, "comment": comment, "author": author}
    yield from _ask(Call("POST", f"/analyses/{_safe(analysis)}/feedback", json=body, again=False))


def document(analysis: str, name: str) -> Flow[bytes]:
    """A report (`report.json`, `.html`, `.pdf`) or an artifact (`artifacts/NAME`), whole."""
    answer = yield from _ask(Call("GET", f"/analyses/{_safe(analysis)}/{quote(name)}"))
    return answer.content


def models() -> Flow[dict[str, Any]]:
    """The server's models and detectors."""
    answer = yield from _ask(Call("GET", "/models"))
    found: dict[str, Any] = answer.json()
    return found


def upload(path: Path, on_progress: OnProgress, resume: str | None) -> Flow[str]:
    """Send a file in pieces by tus 1.0; the upload's id. `resume` goes on with an earlier one of the same file.

    After a broken line the server is asked how far it is; it is given up after several failures without headway.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        identity = resume or (yield from _announce(path.name, size))
        offset = yield from _standing(identity)
        failures = 0
        on_progress(Progress(stage="upload", fraction=offset / size if size else 0.0))
        while offset < size:
            try:
                offset = yield from _piece(identity, file, offset)
                failures = 0
            except ClientError as error:
                failures += 1
                moved = isinstance(error, ApiError) and error.code == "offset_mismatch"
                if failures >= _TRIES or not (error.passing or moved):
                    raise
                yield Pause(error.retry_after or min(0.2 * 2**failures, _LONGEST_PAUSE))
                offset = yield from _standing(identity)
            on_progress(Progress(stage="upload", fraction=offset / size))
    return identity


def ended(analysis: Analysis) -> Analysis:
    """The analysis if it has a verdict. Raises AnalysisFailed otherwise."""
    if analysis.state != "done":
        raise AnalysisFailed(analysis)
    return analysis


def source_of(file: str | Path | None, url: str | None) -> None:
    """Raise ValueError unless exactly one is given."""
    if (file is None) == (url is None):
        raise ValueError("give either a file or an address")


def _announce(name: str, size: int) -> Flow[str]:
    named = base64.b64encode(name.encode("utf-8", "replace")).decode()
    headers = {**_TUS, "Upload-Length": str(size), "Upload-Metadata": f"filename {named}"}
    answer = yield from _ask(Call("POST", "/uploads", headers))  # one more that stays empty costs nothing and expires
    return answer.headers["location"].rstrip("/").rsplit("/", 1)[-1]


def _standing(identity: str) -> Flow[int]:
    answer = yield from _ask(Call("HEAD", f"/uploads/{_safe(identity)}", _TUS))
    return int(answer.headers["upload-offset"])


def _piece(identity: str, file: BinaryIO, offset: int) -> Flow[int]:
    file.seek(offset)
    headers = {**_TUS, "Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
    call = Call("PATCH", f"/uploads/{_safe(identity)}", headers, content=file.read(PIECE), again=False)
    answer = yield from _ask(call)
    return int(answer.headers["upload-offset"])


def _safe(identity: str) -> str:
    return quote(identity, safe="")
