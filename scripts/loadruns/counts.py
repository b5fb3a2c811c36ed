"""What one analysis costs database, store and broker, beyond what an idle service costs them."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from faultruns.stand import Stand, own_copy
from sqlalchemy import select

from loadruns.client import client_of, ended, send
from loadruns.clips import looped
from loadruns.costs import Costs, busiest, read_costs, summary
from loadruns.stands import usual
from unmask.db.tables import ShardRow

SETTLING = 2.0
"""Seconds after an end in which its last small jobs are done."""
STATUS_CALLS = 50
PATIENCE = 1800.0


def counted(lengths: Sequence[float], analyses: int, idle: float, analyzer: str | None) -> dict[str, Any]:
    """Costs of `analyses` clips of each length in seconds, one after the other on one process; of idling; of asking."""
    with TemporaryDirectory(prefix="unmask-counts-") as work, usual(1, counted=True, analyzer=analyzer) as here:
        clips = {seconds: looped(Path(work) / f"{seconds:g}.mp4", seconds).read_bytes() for seconds in lengths}
        warm = _one(here, next(iter(clips.values())), 0)
        time.sleep(SETTLING)
        resting = _resting(here, idle)
        found = [_of_length(here, clip, analyses, resting) for clip in clips.items()]
        status = _asked(here, warm)
    wrong = [f"a clip of {one['clip_seconds']} s was not done" for one in found if one["ended"] != {"done": analyses}]
    return {
        "idle_a_second": summary(resting.costs, idle),
        "analyses": found,
        "status_call": summary(status, STATUS_CALLS),
        "wrong": wrong,
    }


def units(here: Stand, analyses: Sequence[str]) -> dict[str, Any]:
    """Wall seconds of the units of these analyses by part, and of all units of an analysis together: mean and spread.

    `scv` is the squared coefficient of variation: variance over squared mean.
    """
    with here.context.database.read() as repo:
        rows = repo.session.scalars(select(ShardRow).where(ShardRow.analysis_id.in_(analyses))).all()
    took: dict[str, list[float]] = defaultdict(list)
    whole: dict[str, float] = defaultdict(float)
    for row in rows:
        if row.started_at is not None and row.finished_at is not None:
            seconds = (row.finished_at - row.started_at).total_seconds()
            took[row.part].append(seconds)
            whole[row.analysis_id] += seconds
    took["all"] = list(whole.values())
    return {part: _spread(values) for part, values in took.items()}


@dataclass(frozen=True, slots=True)
class _Resting:
    """What the service costs in so many seconds in which nobody asks anything."""

    costs: Costs
    seconds: float


def _resting(here: Stand, seconds: float) -> _Resting:
    before = read_costs(here)
    time.sleep(seconds)
    return _Resting(read_costs(here).since(before), seconds)


def _of_length(here: Stand, clip: tuple[float, bytes], analyses: int, resting: _Resting) -> dict[str, Any]:
    seconds, data = clip
    before, began = read_costs(here), time.monotonic()
    done = [_one(here, data, 1000 * int(seconds) + number + 1) for number in range(analyses)]
    time.sleep(SETTLING)
    after, wall = read_costs(here), time.monotonic() - began
    own = _beyond(after.since(before), resting.costs, wall / resting.seconds)
    with client_of(here) as client:
        ends = Counter(ended(client, one) for one in done)
    return {
        "clip_seconds": seconds,
        "analyses": analyses,
        "ended": dict(ends),
        "wall_seconds": round(wall / analyses, 2),
        "units": units(here, done),
        **summary(own, analyses),
        "busiest_statements": busiest(own, analyses),
    }


def _beyond(all_of_it: Costs, resting: Costs, times: float) -> Costs:
    """Costs without those that an idle service would have had, which are `times` those of `resting`."""

    def less(found: Counter[Any], idle: Counter[Any]) -> Counter[Any]:
        return +Counter({name: round(count - times * idle[name]) for name, count in found.items()})

    return Costs(
        less(all_of_it.calls, resting.calls),
        {one: ms - times * resting.milliseconds.get(one, 0.0) for one, ms in all_of_it.milliseconds.items()},
        round(all_of_it.log_bytes - times * resting.log_bytes),
        less(all_of_it.requests, resting.requests),
        less(all_of_it.commands, resting.commands),
        {name: used - times * resting.processor[name] for name, used in all_of_it.processor.items()},
    )


def _one(here: Stand, data: bytes, number: int) -> str:
    """One analysis. Its end is told by a webhook, so that nobody who asks is counted."""
    with client_of(here) as client:
        analysis = send(client, own_copy(data, number), f"counted-{number}", webhook=here.told.url)
    here.until(lambda: here.told.came.get(analysis), PATIENCE, f"{analysis} did not end")
    return analysis


def _asked(here: Stand, analysis: str) -> Costs:
    before = read_costs(here)
    with client_of(here) as client:
        for _ in range(STATUS_CALLS):
            client.get(f"/analyses/{analysis}").raise_for_status()
    spent = read_costs(here).since(before)
    asking = Counter({statement: calls for statement, calls in spent.calls.items() if statement[0] == "api"})
    return Costs(asking, spent.milliseconds, spent.log_bytes, spent.requests, spent.commands, spent.processor)


def _spread(values: Sequence[float]) -> dict[str, float]:
    mean = float(np.mean(values))
    scv = float(np.var(values)) / mean**2 if mean else 0.0
    return {"count": len(values), "mean": round(mean, 3), "scv": round(scv, 4)}
