"""One unit of work from claim to end: the function behind every Celery task and every embedded worker process."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

import structlog

from unmask import metrics
from unmask.db.repository import Repository
from unmask.db.repository.work import QUEUES, Claim, Standing, Unit
from unmask.db.tables import Analysis
from unmask.errors import Cancelled, SandboxUnavailable, StageTimeout, UnmaskError
from unmask.service import lifecycle
from unmask.service.errors import DatabaseUnavailable, StoreUnavailable
from unmask.storage import keys
from unmask.storage.base import ObjectMissing
from unmask.worker.errors import BrokenDown, Quarantined, TooMuchMemory
from unmask.worker.guard import Guard, Reason, Stopped
from unmask.worker.host import Host
from unmask.worker.memory import release
from unmask.worker.owner import is_dead, owner_name, process_name
from unmask.worker.parts import PARTS, Ended, Job
from unmask.worker.tracing import analysis_span

Outcome = Literal["done", "failed", "again", "dropped", "held", "released"]
"""What became of a unit: `again` it is tried later, `dropped` nobody wants it, `held` somebody else has it."""

MAY_PASS = (StoreUnavailable, DatabaseUnavailable, SandboxUnavailable, ConnectionError, TimeoutError, OSError)
"""What another try may find mended. A file that can't be analysed never is."""


E = TypeVar("E", bound=BaseException)
T = TypeVar("T")

PATIENCE = 60.0
"""Seconds for which a worker waits for the database to say what became of a unit."""


@dataclass(frozen=True, slots=True)
class _Held:
    claim: Claim
    row: Analysis


def run_unit(host: Host, unit: Unit) -> Outcome:
    """Do a unit, if it waits and is wanted. Never raises for what the unit is about.

    Raises:
        DatabaseUnavailable: nothing was begun.
        SystemExit, KeyboardInterrupt: the process shall end; the unit was given back.
    """
    with structlog.contextvars.bound_contextvars(analysis=unit.analysis, part=unit.part, number=unit.number):
        held = _take(host, unit)
        if isinstance(held, str):
            return held
        began = time.monotonic()
        with analysis_span(unit.analysis, f"unit.{unit.part}", number=unit.number, attempt=held.claim.attempts):
            outcome = _attempt(host, held)
        took = time.monotonic() - began
        metrics.stage_took(unit.part, QUEUES[unit.part], took)
        structlog.get_logger().info("unit.ended", outcome=outcome, seconds=round(took, 3))
        release()
        return outcome


def _take(host: Host, unit: Unit) -> _Held | Outcome:
    """Claim a unit, from a worker of this machine that died if need be, and bring its analysis to `running`."""
    claim = _claim(host, unit)
    if isinstance(claim, Standing) and claim.state == "running" and claim.worker and is_dead(claim.worker):
        bury(host, unit, claim.worker)
        claim = _claim(host, unit)
    if not isinstance(claim, Claim):
        return "held" if claim is not None and claim.state in ("running", "waiting") else "dropped"
    with host.context.database.write() as repo:
        row = lifecycle.start(repo, host.context, unit.analysis) or repo.analyses.find(unit.analysis)
    if row is None or row.state != "running":
        with host.context.database.write() as repo:
            repo.work.fail(claim, "cancelled")
        return "dropped"
    return _Held(claim, row)


def _claim(host: Host, unit: Unit) -> Claim | Standing | None:
    with host.context.database.write() as repo:
        repo.work.release(process_name())  # what an earlier unit could not say, because the database was away
        return repo.work.claim(unit, owner_name(), host.settings.lease)


def _attempt(host: Host, held: _Held) -> Outcome:
    """Run the part under guard, and turn whatever it raises into the unit's outcome."""
    claim = held.claim
    outcome: Outcome
    try:
        with _guard(host, held):
            job = Job(host, claim, held.row, host.tools(held.row.options))
            ended = PARTS[claim.unit.part](job)
        _follow(host, ended)
        outcome = "done"
        if claim.unit.part == "conclude":
            metrics.analysis_ended("done")
    except (Cancelled, ObjectMissing) as gone:
        outcome = _patiently(_unwanted, host, held, gone)
    except Stopped as stopped:
        outcome = "dropped" if stopped.reason == "unwanted" else _fail(host, held, LIMITS[stopped.reason])
        if outcome == "dropped":
            _drop(host, held)
    except MAY_PASS as passing:
        outcome = _patiently(_again, host, held, passing)
    except UnmaskError as refused:
        outcome = _patiently(_fail, host, held, refused)
    except Exception as broken:
        structlog.get_logger().exception("unit.broke_down")
        outcome = _fail(host, held, BrokenDown(f"{claim.unit.part}: {type(broken).__name__}"))
    except BaseException:  # the process shall end: the unit is as it was, and no worker died over it
        with host.context.database.write() as repo:
            repo.work.give_back(claim, 0.0)
        structlog.get_logger().info("unit.released")
        raise
    return outcome


def _patiently(settle: Callable[[Host, _Held, E], Outcome], host: Host, held: _Held, error: E) -> Outcome:
    return patiently(lambda: settle(host, held, error))


def patiently(say: Callable[[], T]) -> T:
    """Say what became of a unit, or of a job, to a database that may be away for a while.

    Raises:
        DatabaseUnavailable: it was away for longer than `PATIENCE`.
    """
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return say()
        except DatabaseUnavailable:
            if time.monotonic() > until:
                raise
            time.sleep(0.5)


def _guard(host: Host, held: _Held) -> Guard:
    settings = host.settings
    last = time.monotonic()

    def wanted() -> bool:
        nonlocal last
        if time.monotonic() - last < settings.lease / 4:
            with host.context.database.read() as repo:
                return repo.work.still_wanted(held.claim)
        with host.context.database.write() as repo:
            kept = repo.work.renew(held.claim, settings.lease)
        last = time.monotonic()
        return kept

    def give_up(reason: Reason) -> None:
        if reason in LIMITS:
            _fail(host, held, LIMITS[reason])

    return Guard(
        wanted,
        every=settings.heartbeat,
        seconds=settings.unit_seconds,
        memory=settings.unit_memory,
        give_up=give_up,
    )


LIMITS: dict[str, UnmaskError] = {
    "too_slow": StageTimeout("The work on one stretch of the file took longer than its limit."),
    "too_large": TooMuchMemory("The work on one stretch of the file took more memory than its limit."),
}


def _follow(host: Host, ended: Ended) -> None:
    """After the commit: tell of what is to be done next, and clear up. Neither may fail the unit any more."""
    try:
        host.tell(ended.follow)
        host.context.store.delete(list(ended.leavings))
    except (*MAY_PASS, UnmaskError) as away:
        structlog.get_logger().warning("unit.after", error=type(away).__name__)


def _fail(host: Host, held: _Held, error: UnmaskError) -> Outcome:
    """The unit and with it the analysis can't be done."""
    with host.context.database.write() as repo:
        repo.work.lock(held.row.id)
        if not repo.work.fail(held.claim, error.code):
            return "dropped"
        _end(repo, host, held.row.id, error)
    metrics.analysis_ended("failed", error.code)
    _clear(host, held)
    return "failed"


def _again(host: Host, held: _Held, error: BaseException) -> Outcome:
    """Try later, each time twice as late, until it was tried often enough."""
    claim, settings = held.claim, host.settings
    known = error if isinstance(error, UnmaskError) else None
    if claim.attempts >= settings.most_attempts:
        return _fail(host, held, known or BrokenDown(f"It was tried {claim.attempts} times: {type(error).__name__}."))
    delay = min(settings.most_backoff, settings.backoff * 2 ** (claim.attempts - 1))
    delay *= 0.75 + random.random() / 2  # noqa: S311 - so that those who failed together do not come back together
    code = known.code if known else type(error).__name__.lower()[:50]
    with host.context.database.write() as repo:
        repo.work.give_back(claim, delay, code)
    structlog.get_logger().warning("unit.again", error=code, attempt=claim.attempts, delay=round(delay, 2))
    return "again"


def _unwanted(host: Host, held: _Held, error: UnmaskError) -> Outcome:
    """The analysis was ended by somebody else; or, if it was not, an object of it is missing."""
    with host.context.database.read() as repo:
        row = repo.analyses.find(held.row.id)
        wanted = repo.work.still_wanted(held.claim)
    if row is not None and row.state == "running" and wanted and isinstance(error, ObjectMissing):
        return _fail(host, held, error)
    _drop(host, held)
    return "dropped"


def _drop(host: Host, held: _Held) -> None:
    """A unit that is not ours any more, or whose analysis has ended: nobody waits for it."""
    claim = held.claim
    with host.context.database.write() as repo:
        if repo.work.renew(claim, host.settings.lease):
            return
        repo.work.exonerate(claim.unit)
        repo.work.fail(claim, "cancelled")
        over = repo.work.lock(claim.unit.analysis) not in ("queued", "running")
    if over:
        _clear(host, held)


def _clear(host: Host, held: _Held) -> None:
    """Remove what workers handed each other for an analysis that has ended. What is left, its deletion removes."""
    store = host.context.store
    try:
        store.delete([item.key for item in store.list(keys.work(held.row.project_id, held.row.id, ""))])
    except UnmaskError as away:
        structlog.get_logger().warning("unit.after", error=away.code)


def bury(host: Host, unit: Unit, owner: str) -> bool:
    """A worker is dead: its unit waits again, or the analysis ends if it was the second one; whether we saw to it."""
    with host.context.database.write() as repo:
        repo.work.lock(unit.analysis)
        deaths = repo.work.bury(unit, owner)
        if deaths is None:
            return False
        quarantined = repo.work.state(unit) == "failed"
        if quarantined:
            _end(repo, host, unit.analysis, Quarantined(f"{deaths} worker processes died over this file."))
    log = structlog.get_logger().bind(analysis=unit.analysis, part=unit.part, number=unit.number)
    log.error("worker.died", owner=owner, deaths=deaths, quarantined=quarantined)
    if quarantined:
        metrics.analysis_ended("failed", Quarantined.code)
    return True


def _end(repo: Repository, host: Host, analysis: str, error: UnmaskError) -> None:
    lifecycle.fail(repo, host.context, analysis, error)
    repo.work.drop_waiting(analysis)
