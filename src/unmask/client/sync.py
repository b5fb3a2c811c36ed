"""The client for ordinary code."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

import httpx
from tenacity import Retrying

from unmask.client import flows, wire
from unmask.client.errors import ClientError, Unreachable
from unmask.client.flows import Call, Flow, Pause
from unmask.client.models import FINAL, Analysis, Event, OnProgress, Progress, silent

if TYPE_CHECKING:
    from unmask.result import Result

Outcome = TypeVar("Outcome")


class Client:
    """A server's API. Safe to share between threads; close it, or use it in a `with` statement.

    All methods raise `Unreachable` when the server can't be reached for a while, and `ApiError` when it refuses.
    """

    def __init__(self, server: str, key: str | None = None, *, http: httpx.Client | None = None) -> None:
        """`server` is its address without a path, `key` an API key; `http` replaces the connection."""
        self._http = http or httpx.Client(**wire.settings(server, key))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of all connections."""
        self._http.close()

    def analyze(
        self,
        file: str | Path | None = None,
        *,
        url: str | None = None,
        options: Mapping[str, Any] | None = None,
        on_progress: OnProgress = silent,
        timeout: float | None = None,
    ) -> Analysis:
        """Send a file, or name an address, and wait for the verdict; `options` as in the API's documentation.

        Raises:
            AnalysisFailed: it ended without a verdict.
            TimeoutError: not within `timeout` seconds.
        """
        began = time.monotonic()
        submitted = self.submit(file, url=url, options=options, on_progress=on_progress)
        left = None if timeout is None else max(timeout - (time.monotonic() - began), 0.001)
        return flows.ended(self.wait(submitted.id, on_progress=on_progress, timeout=left))

    def submit(
        self,
        file: str | Path | None = None,
        *,
        url: str | None = None,
        upload: str | None = None,
        options: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
        on_progress: OnProgress = silent,
    ) -> Analysis:
        """Queue an analysis of a file, of what lies at an address, or of a finished upload, and come back at once."""
        if upload is None:
            flows.source_of(file, url)
            if file is not None:
                upload = self.upload(file, on_progress=on_progress)
        source = {"upload": upload} if upload is not None else {"url": str(url)}
        return self._run(flows.submit(source, options or {}, idempotency_key))

    def upload(self, file: str | Path, *, on_progress: OnProgress = silent, resume: str | None = None) -> str:
        """Send a file, in pieces, on through broken lines; its id. `resume` goes on with an earlier upload of it."""
        return self._run(flows.upload(Path(file), on_progress, resume))

    def get(self, analysis: str) -> Analysis:
        """An analysis as it stands."""
        return self._run(flows.get(analysis))

    def list(self, *, limit: int = 50, **filters: str | None) -> Iterator[Analysis]:
        """All analyses, the newest first; filters are `state`, `verdict`, `label`, `batch`, `since` and `until`."""
        cursor: str | None = None
        while True:
            page = self._run(flows.page({**filters, "limit": limit}, cursor))
            yield from page.items
            cursor = page.next
            if cursor is None:
                return

    def wait(self, analysis: str, *, on_progress: OnProgress = silent, timeout: float | None = None) -> Analysis:
        """Follow an analysis to its end. Raises TimeoutError after `timeout` seconds."""
        end = None if timeout is None else time.monotonic() + timeout
        for event in self.events(analysis, until=end):
            if event.kind == "progress":
                on_progress(Progress(stage=str(event.data["stage"]), fraction=float(event.data["fraction"])))
        return self.get(analysis)

    def events(self, analysis: str, *, after: int = 0, until: float | None = None) -> Iterator[Event]:
        """What happens to an analysis, from the event after `after` to its end; a broken line is taken up again.

        Raises TimeoutError at `until`, an instant of `time.monotonic()`.
        """
        failures = 0
        while True:
            try:
                for event in self._events(analysis, after, until):
                    after, failures = event.id, 0
                    yield event
                    if event.kind == "state" and event.data.get("state") in FINAL:
                        return
                if self.get(analysis).ended:
                    return
                failures += 1  # the server let go without an end: it was restarted, perhaps
            except ClientError as error:
                failures += 1
                if not error.passing or failures >= wire.TRIES:
                    raise
            _check(until)
            time.sleep(min(0.2 * 2**failures, 10.0))

    def result(self, analysis: str) -> Result:
        """The whole result document."""
        from unmask.result import Result

        return Result.from_json(self.report(analysis, "json"))

    def report(self, analysis: str, form: str = "html") -> bytes:
        """The report as `json`, `html` or `pdf`."""
        return self._run(flows.document(analysis, f"report.{form}"))

    def artifact(self, analysis: str, name: str) -> bytes:
        """A file that the analysis made, by the name under which the result refers to it."""
        return self._run(flows.document(analysis, f"artifacts/{name}"))

    def cancel(self, analysis: str) -> Analysis:
        """Stop an analysis."""
        return self._run(flows.cancel(analysis))

    def rerun(self, analysis: str, options: Mapping[str, Any] | None = None) -> Analysis:
        """Analyse the same media with the models of today."""
        return self._run(flows.rerun(analysis, options))

    def delete(self, analysis: str) -> dict[str, Any]:
        """Delete an analysis everywhere; the receipt."""
        return self._run(flows.delete(analysis))

    def feedback(self, analysis: str, judgement: str, comment: str = "", author: str = "") -> None:
        """Say what a person thinks: `authentic`, `manipulated` or `unsure`."""
        self._run(flows.feedback(analysis, judgement, comment, author))

    def models(self) -> dict[str, Any]:
        """The server's models and detectors."""
        return self._run(flows.models())

    def _run(self, flow: Flow[Outcome]) -> Outcome:
        answer: httpx.Response | None = None
        error: ClientError | None = None
        while True:
            try:
                step = flow.send(answer) if error is None else flow.throw(error)
            except StopIteration as done:
                outcome: Outcome = done.value
                return outcome
            answer, error = None, None
            if isinstance(step, Pause):
                time.sleep(step.seconds)
                continue
            try:
                answer = self._send(step)
            except ClientError as failed:
                error = failed

    def _send(self, call: Call) -> httpx.Response:
        if not call.again:
            return self._once(call)
        answer: httpx.Response = Retrying(**wire.retrying())(self._once, call)
        return answer

    def _once(self, call: Call) -> httpx.Response:
        try:
            return wire.checked(self._http.request(**wire.request(call)))
        except httpx.TransportError as broken:
            raise Unreachable(f"The server can't be reached: {broken or type(broken).__name__}") from broken

    def _events(self, analysis: str, after: int, until: float | None) -> Iterator[Event]:
        headers = {"Accept": "text/event-stream", "Last-Event-ID": str(after)}
        reader = wire.EventReader()
        try:
            with self._http.stream(
                "GET", f"/analyses/{analysis}/events", headers=headers, timeout=wire.STREAM_TIMEOUT
            ) as answer:
                if answer.is_error:
                    answer.read()
                wire.checked(answer)
                for line in answer.iter_lines():
                    yield from reader.feed(line)
                    _check(until)
        except httpx.TransportError as broken:
            raise Unreachable(f"The events broke off: {broken or type(broken).__name__}") from broken


def _check(until: float | None) -> None:
    if until is not None and time.monotonic() >= until:
        raise TimeoutError("The analysis did not end in time.")
