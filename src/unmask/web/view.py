"""What the page of a result shows, as values: places in percent of a width, so that they fit any screen."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate, pairwise

from unmask.language import Language
from unmask.result import Result, Segment
from unmask.web.words import DETECTORS, subject, words

LARGEST_TICKS = 8
_STEPS = (0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)


@dataclass(frozen=True, slots=True)
class Block:
    """A segment in a lane; `number` is its place in the result."""

    x: float
    width: float
    start: float
    end: float
    probability: float
    number: int


@dataclass(frozen=True, slots=True)
class Lane:
    """One signal about one subject over the media's length."""

    detector: str
    subject: str
    title: str
    name: str
    x: float
    width: float
    probability: float | None
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """One step of the waterfall, between two places on the scale."""

    title: str
    name: str
    value: float
    x: float
    width: float
    kind: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Waterfall:
    """From the prior to the verdict; `ticks` are (place, probability in percent)."""

    bars: tuple[Bar, ...]
    ticks: tuple[tuple[float, int], ...]


def clock(seconds: float, tenths: bool = False) -> str:
    """Seconds as m:ss, or h:mm:ss; with `tenths` as m:ss.t."""
    scale = 10 if tenths else 1
    whole, part = divmod(math.floor(max(0.0, seconds) * scale + 0.5), scale)
    hours, rest = divmod(whole, 3600)
    text = f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"
    return f"{text}.{part}" if tenths else text


def lanes(result: Result, language: Language, scale: float | None = None) -> tuple[Lane, ...]:
    """A lane for each finding that was scored and has a place in time; none for a still picture.

    Its whole width are `scale` seconds, by default the media's own duration.
    """
    length = scale or result.media.duration
    if result.media.kind == "image" or length <= 0:
        return ()
    seen = {person.subject: (person.first_seen, person.last_seen) for person in result.persons}
    found = []
    for finding in result.findings:
        if finding.state != "scored" or finding.subject == "media":
            continue
        start, end = seen.get(finding.subject, (0.0, result.media.duration))
        found.append(
            Lane(
                detector=finding.detector,
                subject=finding.subject,
                title=words(DETECTORS, finding.detector, language),
                name=subject(finding.subject, language),
                x=100 * start / length,
                width=100 * max(0.0, min(end, length) - start) / length,
                probability=finding.probability,
                blocks=tuple(
                    _block(number, segment, length)
                    for number, segment in enumerate(result.segments)
                    if (segment.detector, segment.subject) == (finding.detector, finding.subject)
                ),
            )
        )
    return tuple(found)


def ticks(length: float) -> tuple[tuple[float, str], ...]:
    """Places and times along a timeline: round numbers, not too many."""
    if length <= 0:
        return ()
    step = next((s for s in _STEPS if length / s <= LARGEST_TICKS), length / LARGEST_TICKS)
    count = math.floor(length / step)
    return tuple((100 * n * step / length, clock(n * step, tenths=step < 1)) for n in range(count + 1))


def waterfall(result: Result, language: Language) -> Waterfall | None:
    """The contributions one after the other; None where there is no probability."""
    verdict = result.verdict
    if verdict.prior_log_odds is None or verdict.probability is None:
        return None
    parts = [part for part in result.contributions if part.log_odds]
    sums = list(accumulate((part.log_odds for part in parts), initial=verdict.prior_log_odds))
    place = _scale([0.0, *sums])

    def bar(title: str, name: str, ends: tuple[float, float], kind: str, evidence: tuple[str, ...] = ()) -> Bar:
        low, high = sorted(map(place, ends))
        return Bar(title, name, ends[1] - ends[0], low, high - low, kind, evidence)

    bars = [bar(language.gettext("Before looking"), "", (0.0, sums[0]), "start")]
    for part, ends in zip(parts, pairwise(sums), strict=True):
        kind = "up" if part.log_odds > 0 else "down"
        title, name = words(DETECTORS, part.source, language), subject(part.subject, language)
        bars.append(bar(title, name, ends, kind, tuple(part.evidence)))
    bars.append(bar(language.gettext("The answer"), "", (0.0, sums[-1]), "total"))
    marks = [p for p in (1, 10, 50, 90, 99) if 0 <= place(math.log(p / (100 - p))) <= 100]
    return Waterfall(tuple(bars), tuple((place(math.log(p / (100 - p))), p) for p in marks))


def _scale(values: list[float]) -> Callable[[float], float]:
    """From log-odds to percent of the width, zero and some air included."""
    low, high = min(*values, -2.4) - 0.2, max(*values, 2.4) + 0.2
    return lambda value: 100 * (value - low) / (high - low)


def _block(number: int, segment: Segment, length: float) -> Block:
    start, end = max(0.0, segment.start), min(length, segment.end)
    return Block(
        x=100 * start / length,
        width=100 * max(0.0, end - start) / length,
        start=segment.start,
        end=segment.end,
        probability=segment.probability,
        number=number,
    )
