"""The client for asyncio. The same methods as `Client`, to be awaited; `list` and `events` are async iterators."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

import httpx
from tenacity import AsyncRetrying

from unmask.client import flows, wire
from unmask.client.errors import ClientError, Unreachable
from unmask.client.flows import Call, Flow, Pause
from unmask.client.models import FINAL, Analysis, Event, OnProgress, Progress, silent

if TYPE_CHECKING:
    from unmask.result import Result

Outcome = TypeVar("Outcome")


class AsyncClient:
    """A server's API, for asyncio. Close it, or use it in an `async with` statement. Raises what `Client` raises."""

    def __init__(self, server: str, key: str | None = None, *, http: httpx.AsyncClient | None = None) -> None:
        """`server` is its address without a path, `key` an API key; `http` replaces the connection."""
        self._http = http or httpx.AsyncClient(**wire.settings(server, key))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of all connections."""
        await self._http.aclose()

    async def analyze(
        self,
        file: str | Path | None = None,
        *,
        url: str | None = None,
        options: Mapping[str, Any] | None = None,
        on_progress: OnProgress = silent,
        timeout: float | None = None,
    ) -> Analysis:
        """Send a file, or name an address, and wait for the verdict. Raises AnalysisFailed or TimeoutError."""
        async with asyncio.timeout(timeout):
            submitted = await self.submit(file, url=url, options=options, on_progress=on_progress)
            return flows.ended(await self.wait(submitted.id, on_progress=on_progress))

    async def submit(
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
                upload = await self.upload(file, on_progress=on_progress)
        source = {"upload": upload} if upload is not None else {"url": str(url)}
        return await self._run(flows.submit(source, options or {}, idempotency_key))

    async def upload(self, file: str | Path, *, on_progress: OnProgress = silent, resume: str | None = None) -> str:
        """Send a file, in pieces, on through broken lines; its id. `resume` goes on with an earlier upload of it."""
        return await self._run(flows.upload(Path(file), on_progress, resume))

    async def get(self, analysis: str) -> Analysis:
        """An analysis as it stands."""
        return await self._run(flows.get(analysis))

    async def list(self, *, limit: int = 50, **filters: str | None) -> AsyncIterator[Analysis]:
        """All analyses, the newest first; filters as in `Client.list`."""
        cursor: str | None = None
        while True:
            page = await self._run(flows.page({**filters, "limit": limit}, cursor))
            for item in page.items:
                yield item
            cursor = page.next
            if cursor is None:
                return

    async def wait(self, analysis: str, *, on_progress: OnProgress = silent) -> Analysis:
        """Follow an analysis to its end."""
        async for event in self.events(analysis):
            if event.kind == "progress":
                on_progress(Progress(stage=str(event.data["stage"]), fraction=float(event.data["fraction"])))
        return await self.get(analysis)

    async def events(self, analysis: str, *, after: int = 0) -> AsyncIterator[Event]:
        """What happens to an analysis, from the event after `after` to its end; a broken line is taken up again."""
        failures = 0
        while True:
            try:
                async for event in self._events(analysis, after):
                    after, failures = event.id, 0
                    yield event
                    if event.kind == "state" and event.data.get("state") in FINAL:
                        return
                if (await self.get(analysis)).ended:
                    return
                failures += 1
            except ClientError as error:
                failures += 1
                if not error.passing or failures >= wire.TRIES:
                    raise
            await asyncio.sleep(min(0.2 * 2**failures, 10.0))

    async def result(self, analysis: str) -> Result:
        """The whole result document."""
        from unmask.result import Result

        return Result.from_json(await self.report(analysis, "json"))

    async def report(self, analysis: str, form: str = "html") -> bytes:
        """The report as `json`, `html` or `pdf`."""
        return await self._run(flows.document(analysis, f"report.{form}"))

    async def artifact(self, analysis: str, name: str) -> bytes:
        """A file that the analysis made, by the name under which the result refers to it."""
        return await self._run(flows.document(analysis, f"artifacts/{name}"))

    async def cancel(self, analysis: str) -> Analysis:
        """Stop an analysis."""
        return await self._run(flows.cancel(analysis))

    async def rerun(self, analysis: str, options: Mapping[str, Any] | None = None) -> Analysis:
        """Analyse the same media with the models of today."""
        return await self._run(flows.rerun(analysis, options))

    async def delete(self, analysis: str) -> dict[str, Any]:
        """Delete an analysis everywhere; the receipt."""
        return await self._run(flows.delete(analysis))

    async def feedback(self, analysis: str, judgement: str, comment: str = "", author: str = "") -> None:
        """Say what a person thinks: `authentic`, `manipulated` or `unsure`."""
        await self._run(flows.feedback(analysis, judgement, comment, author))

    async def models(self) -> dict[str, Any]:
        """The server's models and detectors."""
        return await self._run(flows.models())

    async def _run(self, flow: Flow[Outcome]) -> Outcome:
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
                await asyncio.sleep(step.seconds)
                continue
            try:
                answer = await self._send(step)
            except ClientError as failed:
                error = failed

    async def _send(self, call: Call) -> httpx.Response:
        if not call.again:
            return await self._once(call)
        answer: httpx.Response = await AsyncRetrying(**wire.retrying())(self._once, call)
        return answer

    async def _once(self, call: Call) -> httpx.Response:
        try:
            return wire.checked(await self._http.request(**wire.request(call)))
        except httpx.TransportError as broken:
            raise Unreachable(f"The server can't be reached: {broken or type(broken).__name__}") from broken

    async def _events(self, analysis: str, after: int) -> AsyncIterator[Event]:
        headers = {"Accept": "text/event-stream", "Last-Event-ID": str(after)}
        reader = wire.EventReader()
        try:
            async with self._http.stream(
                "GET", f"/analyses/{analysis}/events", headers=headers, timeout=wire.STREAM_TIMEOUT
            ) as answer:
                if answer.is_error:
                    await answer.aread()
                wire.checked(answer)
                async for line in answer.aiter_lines():
                    for event in reader.feed(line):
                        yield event
        except httpx.TransportError as broken:
            raise Unreachable(f"The events broke off: {broken or type(broken).__name__}") from broken
