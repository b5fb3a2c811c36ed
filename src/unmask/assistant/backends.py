"""Who analyses for the assistant: this machine, or a server."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from unmask.client import AsyncClient
from unmask.client.errors import ClientError
from unmask.errors import FileMissing, RecordError, UnmaskError
from unmask.result import Result
from unmask.workfolder import work_folder

if TYPE_CHECKING:
    from unmask.pipeline import Analyzer
    from unmask.progress import Progress, Stage

Tell = Callable[[str, float], Coroutine[Any, Any, None]]
"""Is told the stage and how much of it is done, 0 to 1."""

_ID: Final = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")


class Refused(UnmaskError):
    """A server refused, or can't be reached."""

    code = "refused"
    http_status = 502


class Backend(Protocol):
    """Analyses media and keeps the results. Both methods raise UnmaskError."""

    async def analyze(self, path: Path | None, url: str | None, tell: Tell) -> tuple[Result, str]:
        """Analyse a file or what lies at an address; the result, and where its report is."""
        ...

    async def result(self, analysis: str) -> Result:
        """An earlier result."""
        ...


class LocalBackend:
    """The machine it runs on, one analysis after the other; results are kept in a folder, one below it for each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._turn = asyncio.Lock()
        self._tools: Analyzer | None = None

    async def analyze(self, path: Path | None, url: str | None, tell: Tell) -> tuple[Result, str]:
        """As `Backend.analyze`. Addresses inside this network are refused."""
        loop = asyncio.get_running_loop()

        def progress(stage: Stage, fraction: float) -> None:
            asyncio.run_coroutine_threadsafe(tell(stage, fraction), loop)

        async with self._turn:
            return await asyncio.to_thread(self._analyze, path, url, progress)

    async def result(self, analysis: str) -> Result:
        """As `Backend.result`."""
        if not _ID.fullmatch(analysis):
            raise RecordError("That is no id of an analysis.")
        try:
            text = await asyncio.to_thread((self._folder / analysis / "result.json").read_text)
        except FileNotFoundError as missing:
            raise FileMissing("There is no result with that id.") from missing
        return Result.from_json(text)

    def _analyze(self, path: Path | None, url: str | None, progress: Progress) -> tuple[Result, str]:
        from unmask.bootstrap import analyzer
        from unmask.fetching import Policy, fetch
        from unmask.settings import load_service

        if self._tools is None:
            self._tools = analyzer()
        with work_folder() as work:
            if path is None:
                got = fetch(url or "", work / "fetched", Policy.of(load_service()))
                path = got.received.path.rename(got.received.path.with_name(got.name.strip(".")[:60] or "media"))
            made = work / "report"
            result = self._tools.analyze(path, made, progress)
            place = self._folder / result.analysis
            self._folder.mkdir(parents=True, exist_ok=True)
            _move(made, place)
        return result, str((place / "report.html").resolve())


class RemoteBackend:
    """A server, through its API."""

    def __init__(self, client: AsyncClient, server: str) -> None:
        self._client = client
        self._server = server.rstrip("/")

    async def analyze(self, path: Path | None, url: str | None, tell: Tell) -> tuple[Result, str]:
        """As `Backend.analyze`."""
        running: set[asyncio.Task[None]] = set()

        def progress(step: Any) -> None:
            task = asyncio.ensure_future(tell(step.stage, step.fraction))
            running.add(task)
            task.add_done_callback(running.discard)

        try:
            done = await self._client.analyze(path, url=url, on_progress=progress)
            result = await self._client.result(done.id)
        except ClientError as error:
            raise Refused(str(error)) from error
        except OSError as error:
            raise FileMissing("There is no file at that path, or it can't be read.") from error
        return result, f"{self._server}/v1/analyses/{done.id}/report.html"

    async def result(self, analysis: str) -> Result:
        """As `Backend.result`."""
        try:
            return await self._client.result(analysis)
        except ClientError as error:
            raise Refused(str(error)) from error


def _move(source: Path, target: Path) -> None:
    import shutil

    shutil.rmtree(target, ignore_errors=True)
    shutil.move(source, target)
