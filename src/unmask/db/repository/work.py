"""All SQL about units of work: what there is to do, who does it and until when, and what came of it.

A unit is one row of `shards`: the preparation of an analysis, one share of one shard, or the conclusion. Its row is the
truth; a message of the broker only says where to look. So a message may be lost, late or doubled, and nothing else is.
Whoever holds a unit is named in `worker`, and every change asks for that name: who lost a unit can't end it any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from unmask.db.tables import Analysis, Priority, ShardRow

Part = Literal["prepare", "video", "audio", "conclude"]
Queue = Literal["video", "audio", "explain"]

QUEUES: dict[Part, Queue] = {"prepare": "explain", "video": "video", "audio": "audio", "conclude": "explain"}
"""The queue of every part. Preparation and conclusion touch no detector's network at length: they share one."""

Condition = ColumnElement[bool]

OPEN = ("queued", "running")
MOST_DEATHS = 2
"""Workers that may die over a unit before it is given up."""


class Unit(NamedTuple):
    """The name of a unit of work."""

    analysis: str
    part: Part
    number: int


@dataclass(frozen=True, slots=True)
class Claim:
    """A unit in hand: `owner` is the name under which it is held, `start` and `end` bound its shard in seconds."""

    unit: Unit
    owner: str
    start: str
    end: str
    attempts: int
    priority: Priority


@dataclass(frozen=True, slots=True)
class Standing:
    """Why a unit can't be claimed: its state, and who holds it until when."""

    state: str
    worker: str | None
    lease_until: datetime | None
    available_at: datetime | None


@dataclass(frozen=True, slots=True)
class Depth:
    """How many units of a queue wait, and for how many seconds the oldest could have been taken."""

    queue: Queue
    waiting: int
    oldest: float


class Work:
    """The units of work, within the transaction of one session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def now(self) -> datetime:
        """The database's clock: leases of several machines are compared on one clock only."""
        if self._session.get_bind().dialect.name == "sqlite":
            return datetime.now(UTC)
        now: datetime = self._session.execute(select(func.clock_timestamp())).scalar_one()
        return now

    def start(self, analysis: str, priority: Priority) -> Unit:
        """The first unit of an analysis; to be called in the transaction that creates it."""
        unit = Unit(analysis, "prepare", 0)
        self.add([(unit, "0/1", "0/1")], priority)
        return unit

    def add(self, units: Iterable[tuple[Unit, str, str]], priority: Priority, told_ago: float | None = None) -> None:
        """Units with the bounds of their shards; those that are there already stay as they are.

        `told_ago` counts them as published so many seconds ago, for a caller that is about to tell the broker.
        """
        now = self.now()
        told = None if told_ago is None else now - timedelta(seconds=told_ago)
        rows = [
            {
                "analysis_id": unit.analysis,
                "part": unit.part,
                "number": unit.number,
                "start": start,
                "end": end,
                "state": "waiting",
                "priority": priority,
                "progress": 0.0,
                "attempts": 0,
                "deaths": 0,
                "available_at": now,
                "published_at": told,
            }
            for unit, start, end in units
        ]
        dialect = sqlite if self._session.get_bind().dialect.name == "sqlite" else postgresql
        if rows:
            self._session.execute(dialect.insert(ShardRow).on_conflict_do_nothing(), rows)

    def waiting(self, queues: Sequence[Queue], limit: int = 1) -> list[Unit]:
        """Units that may be taken now, the most urgent first, then the oldest analysis."""
        asked = (
            select(ShardRow)
            .where(ShardRow.state == "waiting", ShardRow.available_at <= self.now(), _in(queues))
            .order_by(ShardRow.priority.desc(), ShardRow.analysis_id, ShardRow.number, ShardRow.part)
            .limit(limit)
        )
        return [_unit(row) for row in self._session.scalars(asked)]

    def claim(self, unit: Unit, owner: str, lease: float) -> Claim | Standing | None:
        """Take a unit that waits, for `lease` seconds. Where it stands instead, or None where there is no such unit."""
        now = self.now()
        taken = self._change(
            unit,
            ShardRow.state == "waiting",
            ShardRow.available_at <= now,
            state="running",
            worker=owner,
            attempts=ShardRow.attempts + 1,
            started_at=now,
            lease_until=now + timedelta(seconds=lease),
        )
        row = self._session.scalar(_select(unit).execution_options(populate_existing=True))
        if row is None:
            return None
        if not taken:
            return Standing(row.state, row.worker, row.lease_until, row.available_at)
        return Claim(unit, owner, row.start, row.end, row.attempts, row.priority)

    def still_wanted(self, claim: Claim) -> bool:
        """Whether a unit is ours and its analysis goes on, or is ended by us already. Reads only."""
        asked = (
            select(ShardRow.state, Analysis.state)
            .join(Analysis, Analysis.id == ShardRow.analysis_id)
            .where(_is(claim.unit), ShardRow.worker == claim.owner)
        )
        found = self._session.execute(asked).one_or_none()
        return found is not None and (found[0] == "done" or (found[0] == "running" and found[1] in OPEN))

    def renew(self, claim: Claim, lease: float) -> bool:
        """As `still_wanted`, and hold the unit for `lease` seconds from now if it is not ended."""
        if not self.still_wanted(claim):
            return False
        self._change(claim.unit, *_held(claim), lease_until=self.now() + timedelta(seconds=lease))
        return True

    def finish(self, claim: Claim, outcome_key: str | None) -> bool:
        """A unit is done; False where it is no longer ours, and then nothing that came of it may be kept."""
        return self._change(
            claim.unit,
            *_held(claim),
            state="done",
            progress=1.0,
            outcome_key=outcome_key,
            finished_at=self.now(),
            lease_until=None,
        )

    def give_back(self, claim: Claim, delay: float, code: str | None = None) -> bool:
        """Let a unit wait again, for at least `delay` seconds; `code` says what went wrong, if anything did."""
        changes = {"error_code": code} if code else {"attempts": ShardRow.attempts - 1}
        return self._change(
            claim.unit,
            *_held(claim),
            state="waiting",
            worker=None,
            lease_until=None,
            published_at=None,
            available_at=self.now() + timedelta(seconds=delay),
            **changes,
        )

    def release(self, process: str) -> int:
        """Let all units wait again that are held under names which begin so: that process says that it holds none."""
        left = update(ShardRow).where(ShardRow.state == "running", ShardRow.worker.startswith(process, autoescape=True))
        values = {"state": "waiting", "worker": None, "lease_until": None, "published_at": None}
        return _count(self._session.execute(left.values(**values, available_at=self.now())))

    def fail(self, claim: Claim, code: str) -> bool:
        """A unit can't be done; False where it is no longer ours."""
        return self._change(
            claim.unit, *_held(claim), state="failed", error_code=code, finished_at=self.now(), lease_until=None
        )

    def abandoned(self) -> list[tuple[Unit, str, float]]:
        """Units whose lease ran out, under which name each was held, and how many seconds ago the lease ended."""
        now = self.now()
        asked = select(ShardRow).where(ShardRow.state == "running", ShardRow.lease_until < now)
        return [
            (_unit(row), row.worker or "", (now - row.lease_until).total_seconds() if row.lease_until else 0.0)
            for row in self._session.scalars(asked)
        ]

    def bury(self, unit: Unit, owner: str) -> int | None:
        """The worker that held a unit is dead: the unit waits again, or fails at its `MOST_DEATHS`th death.

        Returns how often a worker died over it; None where somebody else has changed it meanwhile.
        """
        held = (ShardRow.state == "running", ShardRow.worker == owner)
        again = self._change(
            unit,
            *held,
            ShardRow.deaths < MOST_DEATHS - 1,
            state="waiting",
            worker=None,
            lease_until=None,
            published_at=None,
            available_at=self.now(),
            deaths=ShardRow.deaths + 1,
        )
        if not again and not self._change(
            unit,
            *held,
            state="failed",
            error_code="quarantined",
            lease_until=None,
            finished_at=self.now(),
            deaths=ShardRow.deaths + 1,
        ):
            return None
        return self._session.scalar(select(ShardRow.deaths).where(_is(unit)))

    def exonerate(self, unit: Unit) -> None:
        """A worker that was thought dead over a unit has come back: no death of its is held against the file."""
        self._change(unit, ShardRow.state.in_(("waiting", "running")), ShardRow.deaths > 0, deaths=ShardRow.deaths - 1)

    def state(self, unit: Unit) -> str | None:
        """In which state a unit is; None where there is no such unit."""
        return self._session.scalar(select(ShardRow.state).where(_is(unit)))

    def lock(self, analysis: str) -> str | None:
        """Hold an analysis's row until the transaction ends, so that its last unit is known as such. Its state."""
        return self._session.scalar(select(Analysis.state).where(Analysis.id == analysis).with_for_update())

    def open_shares(self, analysis: str) -> int:
        """How many shares of shards an analysis has that are not done. To be asked after `lock`."""
        count = select(func.count()).where(*_shares_of(analysis), ShardRow.state != "done")
        return self._session.scalar(count) or 0

    def advance(self, claim: Claim, progress: float) -> float:
        """A unit is so far (0 to 1); returns how far all shares of its analysis are together."""
        self._change(claim.unit, *_held(claim), ShardRow.progress < progress, progress=progress)
        return self.overall(claim.unit.analysis)

    def overall(self, analysis: str) -> float:
        """How far all shares of an analysis are together, 0 to 1."""
        return float(self._session.scalar(select(func.avg(ShardRow.progress)).where(*_shares_of(analysis))) or 0.0)

    def outcomes(self, analysis: str) -> list[str]:
        """The keys under which the outcomes of all shares lie, in the order of shards."""
        asked = (
            select(ShardRow.outcome_key)
            .where(*_shares_of(analysis), ShardRow.state == "done")
            .order_by(ShardRow.number, ShardRow.part)
        )
        return [key for key in self._session.scalars(asked) if key]

    def running(self, analysis: str) -> list[Unit]:
        """Units of an analysis that a worker holds."""
        asked = select(ShardRow).where(ShardRow.analysis_id == analysis, ShardRow.state == "running")
        return [_unit(row) for row in self._session.scalars(asked)]

    def held(self, analysis: str) -> list[tuple[str, str]]:
        """(part, name of who holds it) of the units of an analysis that a worker is in."""
        asked = select(ShardRow).where(ShardRow.analysis_id == analysis, ShardRow.state == "running")
        return [(row.part, row.worker or "") for row in self._session.scalars(asked)]

    def deaths(self, analysis: str) -> dict[tuple[str, int], int]:
        """Over which units of an analysis workers died, and how many."""
        asked = select(ShardRow).where(ShardRow.analysis_id == analysis, ShardRow.deaths > 0)
        return {(row.part, row.number): row.deaths for row in self._session.scalars(asked)}

    def drop_waiting(self, analysis: str) -> int:
        """Forget the units of an ended analysis that nobody has begun; returns how many there were."""
        gone = self._session.execute(
            delete(ShardRow).where(ShardRow.analysis_id == analysis, ShardRow.state == "waiting")
        )
        return _count(gone)

    def unpublished(self, again_after: float, limit: int = 500) -> list[tuple[Unit, Priority]]:
        """Units that wait and of which the broker was not told, or longer ago than `again_after` seconds."""
        now = self.now()
        asked = (
            select(ShardRow)
            .where(
                ShardRow.state == "waiting",
                ShardRow.available_at <= now,
                or_(ShardRow.published_at.is_(None), ShardRow.published_at < now - timedelta(seconds=again_after)),
            )
            .order_by(ShardRow.priority.desc(), ShardRow.analysis_id, ShardRow.number)
            .limit(limit)
        )
        return [(_unit(row), row.priority) for row in self._session.scalars(asked)]

    def published(self, unit: Unit) -> None:
        """The broker was told of a unit."""
        self._change(unit, ShardRow.state == "waiting", published_at=self.now())

    def forget_publications(self) -> int:
        """The broker lost its messages: all units that wait are to be told anew. Returns how many."""
        lost = update(ShardRow).where(ShardRow.state == "waiting", ShardRow.published_at.is_not(None))
        return _count(self._session.execute(lost.values(published_at=None)))

    def depths(self) -> list[Depth]:
        """How long the queues are."""
        now = self.now()
        asked = (
            select(ShardRow.part, func.count(), func.min(ShardRow.available_at))
            .where(ShardRow.state == "waiting")
            .group_by(ShardRow.part)
        )
        found: dict[Queue, Depth] = {queue: Depth(queue, 0, 0.0) for queue in ("video", "audio", "explain")}
        for part, count, since in self._session.execute(asked).tuples():
            known = found[QUEUES[part]]  # type: ignore[index]  # the column holds the names of parts
            age = max(0.0, (now - since).total_seconds()) if since else 0.0
            found[known.queue] = Depth(known.queue, known.waiting + count, max(known.oldest, age))
        return list(found.values())

    def _change(self, unit: Unit, *conditions: Condition, **values: Any) -> bool:
        changed = update(ShardRow).where(_is(unit), *conditions).values(**values)
        return _count(self._session.execute(changed.execution_options(synchronize_session=False))) == 1


def _is(unit: Unit) -> Condition:
    return and_(ShardRow.analysis_id == unit.analysis, ShardRow.part == unit.part, ShardRow.number == unit.number)


def _held(claim: Claim) -> tuple[Condition, Condition]:
    return ShardRow.state == "running", ShardRow.worker == claim.owner


def _shares_of(analysis: str) -> tuple[Condition, Condition]:
    return ShardRow.analysis_id == analysis, ShardRow.part.in_(("video", "audio"))


def _in(queues: Sequence[Queue]) -> Condition:
    return ShardRow.part.in_([part for part, queue in QUEUES.items() if queue in queues])


def _select(unit: Unit) -> Select[tuple[ShardRow]]:
    return select(ShardRow).where(_is(unit))


def _unit(row: ShardRow) -> Unit:
    return Unit(row.analysis_id, row.part, row.number)  # type: ignore[arg-type]


def _count(result: object) -> int:
    assert isinstance(result, CursorResult)
    return int(result.rowcount)
