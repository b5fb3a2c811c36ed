"""Places and sizes for the drawings in the report, in percent of their width, so that they fit any screen."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from unmask.explain.words import (
    DETECTORS,
    QUALITY,
    UNSCORED,
    clock,
    clock_pair,
    number,
    plain,
    sentence_case,
    signed,
    subject_phrase,
)
from unmask.language import ENGLISH, Language
from unmask.language import marked as _
from unmask.result import AttributedPart, Contribution, Result, Segment, Verdict

_Place = Callable[[float], float]

VOICE = "voice"
"""The subject that all voices of a media are heard as."""

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


def gauge(verdict: Verdict, language: Language = ENGLISH) -> Gauge | None:
    """The scale of the verdict; None where there is no probability."""
    if verdict.probability is None or verdict.interval is None:
        return None
    ticks = tuple((_scaled(t), plain(t, language)) for t in (0, 0.25, 0.5, 0.75, 1))
    low, high = verdict.interval
    return Gauge(_scaled(verdict.probability), _scaled(low), _scaled(high), ticks)


def lanes(result: Result, language: Language = ENGLISH) -> tuple[Lane, ...]:
    """A lane for each person, one for a person's lips where they were scored, one for every other scored subject."""
    if result.media.kind == "image" or result.media.duration <= 0:
        return ()
    length, say = result.media.duration, language.gettext
    found = []
    for person in result.persons:
        seen = (person.first_seen, person.last_seen)
        note = say("seen {start} to {end}", start=clock(seen[0]), end=clock(seen[1]))
        found.append(_lane((person.subject, note), *seen, result, language))
        if any((f.detector, f.subject, f.state) == (LIPS, person.subject, "scored") for f in result.findings):
            found.append(_lane((person.subject, say(DETECTORS[LIPS])), *seen, result, language, lips=True))
    apart = {"media", *(p.subject for p in result.persons)}  # what is about the whole file has no place in time
    others = [f for f in result.findings if f.subject not in apart]
    for subject in dict.fromkeys(f.subject for f in others if f.state == "scored"):
        sound = result.media.audio
        end = min(length, sound.start + sound.duration) if sound else length
        name = say("voice") if subject == VOICE else subject
        begin = sound.start if sound else 0.0
        found.append(_lane((name, say("sound")), begin, end, result, language, subject=subject))
    return tuple(found)


def _lane(
    words: tuple[str, str],
    start: float,
    end: float,
    result: Result,
    language: Language,
    *,
    lips: bool = False,
    subject: str | None = None,
) -> Lane:
    """The segments of a subject (the name, if no other is given): those of the lips alone, or all others.

    `words` are the lane's name and the note under it.
    """
    name, note = words
    length = result.media.duration
    own = [s for s in result.segments if s.subject == (subject or name) and (s.detector == LIPS) == lips]
    blocks = tuple(_block(segment, length, result, language) for segment in own)
    x = _percent(start, length)
    return Lane(sentence_case(name), note, x, max(0.3, _percent(end, length) - x), blocks)


def _block(segment: Segment, length: float, result: Result, language: Language) -> Block:
    x = _percent(segment.start, length)
    start, end = clock_pair(segment.start, segment.end)
    shown = number(segment.probability, language)
    known = {evidence.id for evidence in result.evidence}
    what = sentence_case(subject_phrase(segment.detector, segment.subject, language))
    return Block(
        x=x,
        width=max(0.0, _percent(segment.end, length) - x),
        text=shown,
        label=language.gettext(
            "{subject}: {start} to {end}, probability {probability}",
            subject=what,
            start=start,
            end=end,
            probability=shown,
        ),
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


def waterfall(result: Result, language: Language = ENGLISH) -> Waterfall | None:
    """From the prior over the contributions to the verdict's log-odds; None where there are none."""
    verdict = result.verdict
    if verdict.prior_log_odds is None or verdict.probability is None or not result.contributions:
        return None
    prior, say = verdict.prior_log_odds, language.gettext
    bars = _kinds(result, language) if result.attribution else _findings(result, language)
    ends = list(accumulate((bar.log_odds for bar in bars), initial=prior))
    low, high = min(0.0, *ends) - 0.6, max(0.0, *ends) + 0.6

    def place(value: float) -> float:
        return EDGE + (value - low) / (high - low) * (100 - 2 * EDGE)

    before = _factor(prior, language) if prior else say("both answers weigh alike")
    start = _whole_step(say("Before looking"), prior, place, ("prior", before), language)
    parts = [_part(bar, a, b, place, language) for bar, (a, b) in zip(bars, pairwise(ends), strict=True)]
    shown = say("probability {number}", number=number(verdict.probability, language))
    answer = _whole_step(say("Together"), ends[-1], place, ("total", shown), language)
    return Waterfall((start, *parts, answer), tuple(_odds_ticks(low, high, place, language)), place(0.0))


def _whole_step(name: str, end: float, place: _Place, kind: tuple[str, str], language: Language) -> Step:
    x, width = _bar(0.0, end, place)
    return Step(name, x, width, place(end), kind[0], signed(end, 2, language), kind[1], ())


@dataclass(frozen=True, slots=True)
class _Addend:
    """One bar before it has a place; `factor` is what it does, in words."""

    name: str
    log_odds: float
    factor: str
    evidence: tuple[str, ...]


def _findings(result: Result, language: Language) -> list[_Addend]:
    """A bar for each finding that counts."""
    return [
        _Addend(_source_name(c, language), c.log_odds, _factor(c.log_odds, language), tuple(c.evidence))
        for c in result.contributions
    ]


def _kinds(result: Result, language: Language) -> list[_Addend]:
    """A bar for each kind of evidence, whether it counted or not: the same ones in every report."""
    assert result.attribution is not None
    return [
        _Addend(_kind_name(p, result, language), p.log_odds, _effect(p, result, language), tuple(p.evidence))
        for p in result.attribution.parts
    ]


def _kind_name(part: AttributedPart, result: Result, language: Language) -> str:
    if part.source == "quality":
        return language.gettext(QUALITY)
    own = [c for c in result.contributions if c.source == part.source]
    return _source_name(own[0], language) if len(own) == 1 else language.gettext(DETECTORS[part.source])


def _effect(part: AttributedPart, result: Result, language: Language) -> str:
    """What a kind of evidence does to the odds, or why it does nothing."""
    say = language.gettext
    if part.state != "scored":
        return say(UNSCORED[part.state])
    if part.source == "quality" and part.log_odds == 0.0 and result.attribution is not None:
        widened = result.attribution.interval_at_best is not None
        return say(_("widens the range, moves nothing") if widened else _("as the calibration knows it"))
    return _factor(part.log_odds, language)


def _part(bar: _Addend, start: float, end: float, place: _Place, language: Language) -> Step:
    x, width = _bar(start, end, place)
    kind = "up" if bar.log_odds >= 0 else "down"
    return Step(bar.name, x, width, place(end), kind, signed(bar.log_odds, 2, language), bar.factor, bar.evidence)


def _bar(start: float, end: float, place: _Place) -> tuple[float, float]:
    return place(min(start, end)), max(0.25, abs(place(end) - place(start)))


def _source_name(contribution: Contribution, language: Language) -> str:
    if contribution.source in ("face", "voice", "provenance"):
        return sentence_case(subject_phrase(contribution.source, contribution.subject, language))
    known = DETECTORS.get(contribution.source)
    return f"{language.gettext(known) if known else contribution.source}, {contribution.subject}"


def _factor(log_odds: float, language: Language) -> str:
    """What a contribution does to the odds, in words."""
    times = math.exp(min(abs(log_odds), 50.0))
    if round(times, 1) == 1.0:
        return language.gettext("leaves the odds as they are")
    shown = language.decimal(times, 0 if times >= 9.95 else 1)
    if log_odds > 0:
        return language.gettext("raises the odds {number} times", number=shown)
    return language.gettext("lowers the odds {number} times", number=shown)


def _odds_ticks(low: float, high: float, place: _Place, language: Language) -> list[tuple[float, str]]:
    marks = (0.001, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99, 0.999)
    return [(place(odds), plain(p, language)) for p in marks if low < (odds := math.log(p / (1 - p))) < high]


def _scaled(value: float) -> float:
    return EDGE + value * (100 - 2 * EDGE)


def _percent(time: float, length: float) -> float:
    return min(100.0, max(0.0, time / length * 100))


def shares_bar(values: Sequence[float]) -> float:
    """The largest of some shares, at least a fifth: the full width of their bars."""
    return max([0.2, *values])
