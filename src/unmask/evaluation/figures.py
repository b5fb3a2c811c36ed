"""Places for the drawings of the evaluation page: curves in a square, bars and whiskers in tables.

Squares are `SIDE` units wide, with the origin at the lower left; bars are in percent of their width.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

from unmask.evaluation.document import Bin, Numbers, Subject
from unmask.evaluation.outcome import Estimate

SIDE = 320.0
DET_TICKS = (0.001, 0.005, 0.02, 0.05, 0.1, 0.2, 0.4)
DET_LOW, DET_HIGH = 0.0008, 0.6
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Line:
    """One subject's curve; `mark` is where its shipped threshold lies. `style` is the number of its colour and dash."""

    name: str
    style: int
    path: str
    mark: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Plot:
    """A square plot: its lines, and ticks as (place, text) that serve both axes."""

    lines: tuple[Line, ...]
    ticks: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class Spot:
    """One bin of a reliability plot: where it stands, its whisker, its radius, and what it says."""

    x: float
    y: float
    low: float
    high: float
    radius: float
    text: str


@dataclass(frozen=True, slots=True)
class Reliability:
    """One subject's reliability plot."""

    name: str
    style: int
    spots: tuple[Spot, ...]
    error: str


@dataclass(frozen=True, slots=True)
class Whisker:
    """An estimate on a scale from 0 to `top`, percent of the width."""

    mark: float
    low: float
    width: float


def roc(subjects: Sequence[Subject]) -> Plot:
    """Hit rate over false alarm rate."""
    lines = tuple(
        Line(
            s.name,
            i,
            _path([(x * SIDE, SIDE - y * SIDE) for x, y in s.curves.roc]),
            _mark(s, _linear, lambda miss: 1 - miss),
        )
        for i, s in enumerate(subjects)
        if s.curves is not None
    )
    return Plot(lines, tuple((v * SIDE, f"{v * 100:.0f}") for v in (0, 0.2, 0.4, 0.6, 0.8, 1)))


def det(subjects: Sequence[Subject]) -> Plot:
    """Miss rate over false alarm rate, both on the scale of normal deviates (Martin et al., Eurospeech 1997)."""
    lines = []
    for i, s in enumerate(subjects):
        if s.curves is None:
            continue
        inner = [(x, 1 - y) for x, y in s.curves.roc if x < 1 or y < 1]
        lines.append(
            Line(
                s.name,
                i,
                _path([(_deviate(x), SIDE - _deviate(y)) for x, y in inner]),
                _mark(s, _deviate, lambda miss: miss),
            )
        )
    return Plot(tuple(lines), tuple((_deviate(v), f"{v * 100:g}") for v in DET_TICKS))


def reliability(subjects: Sequence[Subject]) -> tuple[Reliability, ...]:
    """A plot per subject: share of fakes over probability."""
    return tuple(
        Reliability(
            s.name,
            i,
            tuple(_spot(one) for one in s.curves.reliability),
            "" if s.numbers.ece is None else f"{s.numbers.ece.value:.3f}",
        )
        for i, s in enumerate(subjects)
        if s.curves is not None
    )


def whisker(estimate: Estimate, top: float = 1.0) -> Whisker:
    """Where an estimate and its interval stand."""
    low, high = min(1.0, estimate.low / top) * 100, min(1.0, estimate.high / top) * 100
    return Whisker(min(1.0, estimate.value / top) * 100, low, max(0.6, high - low))


def alarm_scale(several: Sequence[Numbers]) -> float:
    """The end of a scale for false alarms: low rates must be told apart, and the highest still has its place."""
    highest = max((n.false_alarm.value for n in several if n.false_alarm), default=0.0)
    return next(end for end in (0.1, 0.25, 0.5, 1.0) if highest <= end)


def _spot(one: Bin) -> Spot:
    return Spot(
        x=one.mean * SIDE,
        y=SIDE - one.share * SIDE,
        low=SIDE - one.low * SIDE,
        high=SIDE - one.high * SIDE,
        radius=min(9.0, 3.0 + one.n**0.5 / 4),
        text=f"probability {one.mean:.2f}: {one.share * 100:.0f} % fake, {one.n} files",
    )


def _linear(rate: float) -> float:
    return rate * SIDE


def _deviate(rate: float) -> float:
    """Where a rate lies on the axis of normal deviates."""
    low, high = _NORMAL.inv_cdf(DET_LOW), _NORMAL.inv_cdf(DET_HIGH)
    inside = min(DET_HIGH, max(DET_LOW, rate))
    return (_NORMAL.inv_cdf(inside) - low) / (high - low) * SIDE


def _mark(
    subject: Subject, place: Callable[[float], float], upwards: Callable[[float], float]
) -> tuple[float, float] | None:
    """The shipped threshold's point: false alarms to the right, upwards what is made of the miss rate."""
    alarm, miss = subject.numbers.false_alarm, subject.numbers.miss
    if alarm is None or miss is None:
        return None
    return place(alarm.value), SIDE - place(upwards(miss.value))


def _path(points: Sequence[tuple[float, float]]) -> str:
    """The points as an SVG path; of a staircase's straight runs only the ends, and no point twice."""
    points = [p for i, p in enumerate(points) if i == 0 or p != points[i - 1]]
    kept = [
        p
        for i, p in enumerate(points)
        if i in (0, len(points) - 1)
        or not ((points[i - 1][0] == p[0] == points[i + 1][0]) or (points[i - 1][1] == p[1] == points[i + 1][1]))
    ]
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in kept)
