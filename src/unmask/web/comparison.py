"""Two results side by side, A and B, as values: lanes on one scale, contributions, models and settings in pairs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from unmask.language import Language
from unmask.result import Finding, ModelUsed, Result
from unmask.service.difference import Difference
from unmask.web import view
from unmask.web.view import Lane
from unmask.web.words import DETECTORS, reason, subject, words

NAMES = ("A", "B")
_HALF = 46.0
"""Percent of the width that the longest bar takes to one side of the middle."""


@dataclass(frozen=True, slots=True)
class Strip:
    """What one of the two says in a pair of lanes: a lane, or the reason why there is none."""

    name: str
    lane: Lane | None
    why: str
    film: float


@dataclass(frozen=True, slots=True)
class Pair:
    """The lanes of both about one signal and one subject."""

    title: str
    subject: str
    strips: tuple[Strip, Strip]


@dataclass(frozen=True, slots=True)
class Timelines:
    """Pairs of lanes whose width is the longer of the two media; `ticks` are (place, time)."""

    pairs: tuple[Pair, ...]
    ticks: tuple[tuple[float, str], ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Weight:
    """A bar from the middle of the width to one side; `value` is in log-odds, None where there is nothing."""

    name: str
    value: float | None
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Weights:
    """What one source adds in both: `kind` is "start", "part" or "total"."""

    title: str
    subject: str
    kind: str
    sides: tuple[Weight, Weight]


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table of models and settings."""

    title: str
    code: str
    values: tuple[str, str]
    same: bool


def timelines(results: tuple[Result, Result], language: Language) -> Timelines:
    """All lanes that one of them has, in the order of A; none where neither has a place in time."""
    seconds = max((r.media.duration for r in results if r.media.kind != "image"), default=0.0)
    found = tuple({(lane.detector, lane.subject): lane for lane in view.lanes(r, language, seconds)} for r in results)

    def strip(number: int, key: tuple[str, str]) -> Strip:
        result = results[number]
        still = result.media.kind == "image" or seconds <= 0
        film = 0.0 if still else 100 * min(result.media.duration, seconds) / seconds
        return Strip(NAMES[number], found[number].get(key), _why(result, key, language), film)

    pairs = tuple(
        Pair(words(DETECTORS, key[0], language), subject(key[1], language), (strip(0, key), strip(1, key)))
        for key in {**found[0], **found[1]}
    )
    return Timelines(pairs, view.ticks(seconds), seconds)


def weights(difference: Difference, results: tuple[Result, Result], language: Language) -> tuple[Weights, ...]:
    """The prior, what each source adds, and the sum; empty where neither has a probability."""
    priors = tuple(r.verdict.prior_log_odds for r in results)
    if priors == (None, None):
        return ()
    parts = [(c.source, c.subject, (c.before, c.after)) for c in difference.contributions if c.before or c.after]
    sums = tuple(
        None if prior is None else prior + math.fsum(values[i] or 0.0 for *_, values in parts)
        for i, prior in enumerate(priors)
    )
    ends = [value for pair in (priors, sums, *(values for *_, values in parts)) for value in pair if value is not None]
    longest = max((abs(value) for value in ends), default=0.0) or 1.0

    def pair(title: str, name: str, kind: str, values: tuple[float | None, ...]) -> Weights:
        first, second = (_weight(n, v, longest) for n, v in zip(NAMES, values, strict=True))
        return Weights(title, name, kind, (first, second))

    rows = [pair(language.gettext("Before looking"), "", "start", priors)]
    for source, who, values in parts:
        rows.append(pair(words(DETECTORS, source, language), subject(who, language), "part", values))
    rows.append(pair(language.gettext("The answer"), "", "total", sums))
    return tuple(rows)


def models(results: tuple[Result, Result], language: Language) -> tuple[Row, ...]:
    """Each model with its version in both."""
    by_name: tuple[Mapping[str, ModelUsed], ...] = tuple({m.name: m for m in r.models} for r in results)
    rows = []
    for name in {**by_name[0], **by_name[1]}:
        a, b = (found.get(name) for found in by_name)
        values = (_version(a), _version(b))
        same = a is not None and b is not None and a.sha256 == b.sha256
        rows.append(Row(words(DETECTORS, name, language), "", values, same))
    return tuple(rows)


def settings(difference: Difference, results: tuple[Result, Result]) -> tuple[Row, ...]:
    """The settings that are not the same, under their own names."""
    return tuple(
        Row("", name, (_plain(results[0].settings.get(name)), _plain(results[1].settings.get(name))), same=False)
        for name in difference.settings_changed
    )


def _why(result: Result, key: tuple[str, str], language: Language) -> str:
    finding: Finding | None = next((f for f in result.findings if (f.detector, f.subject) == key), None)
    if finding is None or finding.state == "scored":
        return language.gettext("not there")
    return reason(finding.reason or "", language)


def _weight(name: str, value: float | None, longest: float) -> Weight:
    width = _HALF * abs(value or 0.0) / longest
    return Weight(name, value, 50.0 - (width if (value or 0.0) < 0 else 0.0), width)


def _version(model: ModelUsed | None) -> str:
    return "" if model is None else f"{model.version} ({model.sha256[:8]})"


def _plain(value: Any) -> str:
    return "" if value is None else str(value)
