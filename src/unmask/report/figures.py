"""Places and sizes for the drawings in the report, in percent of their width, so that they fit any screen."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from unmask.explain.words import DETECTORS, clock, clock_pair, number, sentence_case, subject_phrase
from unmask.result import Contribution, Result, Segment, Verdict

_Place = Callable[[float], float]

LIPS = "lip_sync"
"""The detector whose stretches have a lane of their own beside the face's."""

EDGE = 2.0
"""Percent left free at both ends of a scale, so that marks at the ends are whole."""


@dataclass(frozen=True, slots=True)
class Gauge:
    """Where the probability and its interval stand on a scale from 0 to 1."""

    mark: float
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A segment in a lane."""

    x: float
    width: float
    text: str
    label: str
    link: str | None


@dataclass(frozen=True, slots=True)
class Lane:
    """One person or voice over the media's length: when it was there, and what was found."""

    name: str
    note: str
    x: float
    width: float
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One bar of the waterfall. `factor` tells in words what it does to the odds."""

    name: str
    x: float
    width: float
    end: float
    kind: str
    value: str
    factor: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Waterfall:
    """The way from the prior to the verdict; `zero` is where both answers weigh alike."""

    steps: tuple[Step, ...]
    ticks: tuple[tuple[float, str], ...]
    zero: float


def gauge(verdict: Verdict) -> Gauge | None:
    """The scale of the verdict; None where there is no probability."""
    if verdict.probability is None or verdict.interval is None:
        return None
    ticks = tuple((_scaled(t), text) for t, text in ((0, "0"), (0.25, "0.25"), (0.5, "0.5"), (0.75, "0.75"), (1, "1")))
    low, high = verdict.interval
    return Gauge(_scaled(verdict.probability), _scaled(low), _scaled(high), ticks)


def lanes(result: Result) -> tuple[Lane, ...]:
    """A lane for each person, one for a person's lips where they were scored, one for every other scored subject."""
    if result.media.kind == "image" or result.media.duration <= 0:
        return ()
    length = result.media.duration
    found = []
    for person in result.persons:
        note = f"seen {clock(person.first_seen)} to {clock(person.last_seen)}"
        found.append(_lane(person.subject, note, person.first_seen, person.last_seen, result))
        if any((f.detector, f.subject, f.state) == (LIPS, person.subject, "scored") for f in result.findings):
            found.append(_lane(person.subject, DETECTORS[LIPS], person.first_seen, person.last_seen, result, lips=True))
    apart = {"media", *(p.subject for p in result.persons)}  # what is about the whole file has no place in time
    others = [f for f in result.findings if f.subject not in apart]
    for subject in dict.fromkeys(f.subject for f in others if f.state == "scored"):
        sound = result.media.audio
        end = min(length, sound.start + sound.duration) if sound else length
        found.append(_lane(subject, "sound", sound.start if sound else 0.0, end, result))
    return tuple(found)


def _lane(subject: str, note: str, start: float, end: float, result: Result, *, lips: bool = False) -> Lane:
    """The segments of a subject: those of the lips alone, or all others."""
    length = result.media.duration
    own = [s for s in result.segments if s.subject == subject and (s.detector == LIPS) == lips]
    blocks = tuple(_block(segment, length, result) for segment in own)
    x = _percent(start, length)
    return Lane(sentence_case(subject), note, x, max(0.3, _percent(end, length) - x), blocks)


def _block(segment: Segment, length: float, result: Result) -> Block:
    x = _percent(segment.start, length)
    start, end = clock_pair(segment.start, segment.end)
    shown = number(segment.probability)
    known = {evidence.id for evidence in result.evidence}
    what = sentence_case(subject_phrase(segment.detector, segment.subject))
    return Block(
        x=x,
        width=max(0.0, _percent(segment.end, length) - x),
        text=shown,
        label=f"{what}: {start} to {end}, probability {shown}",
        link=next((number for number in segment.evidence if number in known), None),
    )


def time_ticks(duration: float) -> tuple[tuple[float, str], ...]:
    """At most seven round times along a lane."""
    if duration <= 0:
        return ()
    steps = (0.25, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)
    step = next((s for s in steps if duration / s <= 6), steps[-1])
    count = int(duration / step + 1e-9)
    return tuple((_percent(i * step, duration), clock(i * step, tenths=step < 1)) for i in range(count + 1))


def waterfall(result: Result) -> Waterfall | None:
    """From the prior over the contributions to the verdict's log-odds; None where there are none."""
    verdict = result.verdict
    if verdict.prior_log_odds is None or verdict.probability is None or not result.contributions:
        return None
    prior = verdict.prior_log_odds
    ends = list(accumulate((c.log_odds for c in result.contributions), initial=prior))
    low, high = min(0.0, *ends) - 0.6, max(0.0, *ends) + 0.6

    def place(value: float) -> float:
        return EDGE + (value - low) / (high - low) * (100 - 2 * EDGE)

    before = _factor(prior) if prior else "both answers weigh alike"
    start = _whole_step("Before looking", prior, place, kind="prior", factor=before)
    parts = [_part(c, a, b, place) for c, (a, b) in zip(result.contributions, pairwise(ends), strict=True)]
    shown = f"probability {number(verdict.probability)}"
    answer = _whole_step("Together", ends[-1], place, kind="total", factor=shown)
    return Waterfall((start, *parts, answer), tuple(_odds_ticks(low, high, place)), place(0.0))


def _whole_step(name: str, end: float, place: _Place, *, kind: str, factor: str) -> Step:
    x, width = _bar(0.0, end, place)
    return Step(name, x, width, place(end), kind, _signed(end), factor, ())


def _part(contribution: Contribution, start: float, end: float, place: _Place) -> Step:
    x, width = _bar(start, end, place)
    kind = "up" if contribution.log_odds >= 0 else "down"
    name = _source_name(contribution)
    value = contribution.log_odds
    return Step(name, x, width, place(end), kind, _signed(value), _factor(value), tuple(contribution.evidence))


def _bar(start: float, end: float, place: _Place) -> tuple[float, float]:
    return place(min(start, end)), max(0.25, abs(place(end) - place(start)))


def _source_name(contribution: Contribution) -> str:
    if contribution.source in ("face", "voice", "provenance"):
        return sentence_case(subject_phrase(contribution.source, contribution.subject))
    return f"{DETECTORS.get(contribution.source, contribution.source)}, {contribution.subject}"


def _factor(log_odds: float) -> str:
    """What a contribution does to the odds, in words."""
    times = math.exp(min(abs(log_odds), 50.0))
    shown = f"{times:.0f}" if times >= 9.95 else f"{times:.1f}"
    if shown == "1.0":
        return "leaves the odds as they are"
    return f"raises the odds {shown} times" if log_odds > 0 else f"lowers the odds {shown} times"


def _odds_ticks(low: float, high: float, place: _Place) -> list[tuple[float, str]]:
    marks = (0.001, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99, 0.999)
    return [(place(odds), f"{p:g}") for p in marks if low < (odds := math.log(p / (1 - p))) < high]


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "\N{MINUS SIGN}")


def _scaled(value: float) -> float:
    return EDGE + value * (100 - 2 * EDGE)


def _percent(time: float, length: float) -> float:
    return min(100.0, max(0.0, time / length * 100))


def shares_bar(values: Sequence[float]) -> float:
    """The largest of some shares, at least a fifth: the full width of their bars."""
    return max([0.2, *values])
