"""The page of what people think of the verdicts, for administrators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import get_args

from fastapi import APIRouter, Request, Response

from unmask.api.deps import Admin, Ctx
from unmask.db.tables import Judgement
from unmask.service import agreement
from unmask.service.agreement import Agreement, Week
from unmask.web.listing import LABELS
from unmask.web.render import PageRoute, render

router = APIRouter(route_class=PageRoute, include_in_schema=False)
JUDGEMENTS: tuple[str, ...] = get_args(Judgement)
PERIODS = (30, 90, 365)
"""Days that can be chosen, beside all of it."""
_MOST_TICKS = 8


@dataclass(frozen=True, slots=True)
class Point:
    """A week in the chart; places in percent from the left and from the top. `y` is None without anything to compare.

    `volume` is the height in percent of the bar that says how many judgements there were.
    """

    week: Week
    x: float
    width: float
    y: float | None
    band: tuple[float, float] | None
    volume: float


@dataclass(frozen=True, slots=True)
class Chart:
    """Agreement by week; `lines` are stretches of weeks that have a share, each as points of an SVG polyline in 0 to
    1000 by 0 to 100, `bands` their intervals as polygons."""  # noqa: D205, D209

    points: tuple[Point, ...]
    lines: tuple[str, ...]
    bands: tuple[str, ...]
    ticks: tuple[tuple[float, date], ...]
    most: int


@router.get("/feedback")
def page(request: Request, who: Admin, context: Ctx, days: str = "") -> Response:
    """Counts, agreement over time and by model, and the latest contradictions."""
    period = next((n for n in PERIODS if str(n) == days), None)
    since = None if period is None else context.now().date() - timedelta(days=period)
    found = agreement.summary(context, who, since)
    return render(
        request,
        "feedback.html.j2",
        s=found,
        chart=chart(found.weeks),
        opposed=agreement.disagreements(context, who, since),
        labels=LABELS,
        judgements=JUDGEMENTS,
        periods=PERIODS,
        period=period,
    )


def chart(weeks: Sequence[Week]) -> Chart:
    """The weeks as a chart, the first at the left."""
    step = 100 / max(1, len(weeks))
    most = max((_count(week.agreement) for week in weeks), default=0)
    points = tuple(_point(week, (n + 0.5) * step, step, most) for n, week in enumerate(weeks))
    runs = _runs(points)
    every = -(-len(weeks) // _MOST_TICKS) if weeks else 1
    ticks = tuple((point.x, point.week.start) for point in points[::every])
    return Chart(points, tuple(map(_line, runs)), tuple(map(_band, runs)), ticks, most)


def _count(found: Agreement) -> int:
    return found.agreed + found.disagreed + found.left_open


def _point(week: Week, x: float, step: float, most: int) -> Point:
    share, interval = week.agreement.share, week.agreement.interval
    return Point(
        week=week,
        x=x,
        width=0.6 * step,
        y=None if share is None else 100 * (1 - share),
        band=None if interval is None else (100 * (1 - interval[1]), 100 * (1 - interval[0])),
        volume=100 * _count(week.agreement) / max(1, most),
    )


def _runs(points: Sequence[Point]) -> list[list[Point]]:
    """Stretches without a gap: a week without anything to compare is no zero and no bridge."""
    runs: list[list[Point]] = [[]]
    for point in points:
        if point.y is None:
            runs.append([])
        else:
            runs[-1].append(point)
    return [run for run in runs if len(run) > 1]


def _line(run: Sequence[Point]) -> str:
    return " ".join(f"{10 * point.x:.2f},{point.y:.2f}" for point in run)


def _band(run: Sequence[Point]) -> str:
    upper = [(10 * point.x, point.band[0]) for point in run if point.band]
    lower = [(10 * point.x, point.band[1]) for point in reversed(run) if point.band]
    return " ".join(f"{x:.2f},{y:.2f}" for x, y in (*upper, *lower))
