"""Evidence made ready for the page: pictures, what they show in words, and the shares of the regions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from unmask.explain.words import (
    REGION_NAMES,
    REGIONS,
    clock,
    clock_pair,
    listed,
    looks,
    number,
    sentence_case,
    subject_phrase,
)
from unmask.report.figures import shares_bar
from unmask.report.safe import embed, visible_text
from unmask.result import Evidence, Result

TICK = 0.04
"""Seconds from one offset that was tried to the next."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture in the page; `source` is a data URI, None when the file is missing."""

    source: str | None
    alt: str
    caption: str


@dataclass(frozen=True, slots=True)
class Share:
    """The share of one region: bar and mark in percent of the bar's full width."""

    name: str
    percent: str
    bar: float
    even: float


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One piece of evidence on the page."""

    id: str
    kind: str
    title: str
    text: str
    pictures: tuple[Picture, ...]
    shares: tuple[Share, ...]
    rows: tuple[tuple[str, str], ...]
    sound: str | None = None
    """The stretch to listen to, as a data URI."""


@dataclass(frozen=True, slots=True)
class Group:
    """The evidence about one subject."""

    name: str
    exhibits: tuple[Exhibit, ...]


def gallery(result: Result, folder: Path) -> tuple[Group, ...]:
    """All evidence, grouped by subject in the document's order."""
    makers = {"heat_map": _heat_map, "signal_curve": _curve, "sync_curve": _sync, "spectrogram": _spectrogram}
    return tuple(
        Group(_group_name(subject), tuple(makers.get(e.kind, _other)(e, folder) for e in members))
        for subject, members in groupby(result.evidence, key=lambda e: e.subject)
    )


def _group_name(subject: str) -> str:
    return {"media": "The file", "voice": "The voice"}.get(subject, sentence_case(subject))


def _heat_map(evidence: Evidence, folder: Path) -> Exhibit:
    facts, more = evidence.facts, evidence.facts.get("more", {})
    at = clock(float(facts["time"]), tenths=True)
    subject = visible_text(evidence.subject)
    names = [REGIONS.get(str(r), str(r)) for r in facts.get("strongest", [])]
    where = f"most heat {listed(names)}" if names else "no region stands out"
    if not facts.get("regions"):
        where = "nothing in this face speaks for a manipulation"
    pictures = (
        Picture(embed(folder, more.get("crop")), f"The face of {subject} at {at}", "As it was seen"),
        Picture(embed(folder, evidence.artifact), f"The same face in grey, with heat: {where}", "What weighed"),
        Picture(embed(folder, more.get("frame")), f"The whole picture at {at}, the face framed", "Where it is"),
    )
    text = f"By itself this face has a probability of {number(float(facts['probability']))}; {where}."
    if facts.get("role") == "most_suspicious":
        text += " No stretch of this face was found to be manipulated: this is the most suspicious moment of it."
    elif facts.get("segment"):
        start, end = clock_pair(*(float(v) for v in facts["segment"]))
        text += f" It stands for the stretch from {start} to {end}."
    return Exhibit(
        id=evidence.id,
        kind=evidence.kind,
        title=f"Heat map of the face at {at}",
        text=text,
        pictures=tuple(p for p in pictures if p.source or p.caption == "What weighed"),
        shares=_shares(facts),
        rows=(),
    )


def _shares(facts: Mapping[str, Any]) -> tuple[Share, ...]:
    found, even = facts.get("regions", {}), facts.get("areas", {})
    full = shares_bar([float(v) for v in (*found.values(), *even.values())])
    ordered = sorted(found.items(), key=lambda item: -float(item[1]))
    return tuple(
        Share(
            REGION_NAMES.get(name, name),
            f"{float(share) * 100:.0f} %",
            float(share) / full * 100,
            float(even.get(name, 0.0)) / full * 100,
        )
        for name, share in ordered
    )


def _curve(evidence: Evidence, folder: Path) -> Exhibit:
    facts = evidence.facts
    detector = str(facts.get("detector", ""))
    subject = subject_phrase(detector, visible_text(evidence.subject))
    spans = [f"{' to '.join(clock_pair(float(a), float(b)))} ({number(float(p))})" for a, b, p in facts["segments"]]
    found = f"Shaded: {listed(spans)}." if spans else "No stretch stays above the threshold."
    text = (
        f"Highest {number(float(facts['highest']))} at {clock(float(facts['highest_at']))}, median "
        f"{number(float(facts['median']))}, over {facts['points']} scores. {found}"
    )
    picture = Picture(embed(folder, evidence.artifact), f"Curve over time. {text}", "")
    return Exhibit(evidence.id, evidence.kind, f"{sentence_case(subject)} over time", text, (picture,), (), ())


def _sync(evidence: Evidence, folder: Path) -> Exhibit:
    facts = evidence.facts
    offset, windows = float(facts["offset"]), int(facts["windows"])
    moved = f"if it came {abs(offset):.2f} s {'earlier' if offset > 0 else 'later'}"
    text = (
        f"Over {windows} {'window' if windows == 1 else 'windows'} of four seconds the sound fits the lips best "
        f"{'as it is' if abs(offset) < TICK / 2 else moved}, with a confidence of {float(facts['confidence']):.2f} "
        "(medians). Where sound and lips belong together, the offset stays in the shaded band; an offset that wanders, "
        "with little confidence, means that the sound fits nowhere."
    )
    picture = Picture(embed(folder, evidence.artifact), f"Offset and confidence over time. {text}", "")
    return Exhibit(evidence.id, evidence.kind, "Sound against lips over time", text, (picture,), (), ())


def _spectrogram(evidence: Evidence, folder: Path) -> Exhibit:
    facts = evidence.facts
    start, end = clock_pair(float(facts["start"]), float(facts["end"]))
    low, high = (clock(float(v), tenths=True) for v in facts["window"])
    text = (
        f"From {start} to {end}. The stretch from {low} to {high} weighs most: by itself it "
        f"{looks('voice')} manipulated with a probability of {number(float(facts['probability']))}."
    )
    picture = Picture(embed(folder, evidence.artifact), f"Spectrogram of the sound. {text}", "")
    sound = embed(folder, facts.get("more", {}).get("voice"))
    return Exhibit(evidence.id, evidence.kind, "Sound that weighs most", text, (picture,), (), (), sound)


def _other(evidence: Evidence, folder: Path) -> Exhibit:
    """Facts as rows; a picture where there is one."""
    source = embed(folder, evidence.artifact)
    pictures = (Picture(source, visible_text(evidence.kind.replace("_", " ")), ""),) if source else ()
    what = evidence.facts.get("what")
    titles = {"input": "What there was to examine", "origin": "What the file says of its origin"}
    title = titles.get(str(what), sentence_case(evidence.kind.replace("_", " ")))
    hidden = ("what", "detector", "more")
    rows = tuple((_label(key), _value(value)) for key, value in evidence.facts.items() if key not in hidden)
    return Exhibit(evidence.id, evidence.kind, title, "", pictures, (), rows)


def _label(key: str) -> str:
    known = {
        "has_picture": "Has a picture",
        "has_sound": "Has sound",
        "face_px": "Median face, pixels",
        "speech_seconds": "Speech, seconds",
        "duration": "Length, seconds",
        "credentials": "Content credentials",
        "declares_ai": "Declares AI",
        "named": "Names found",
        "signed_at": "Signed at",
    }
    return known.get(key, sentence_case(key.replace("_", " ")))


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_value(part)}" for key, part in value.items()) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(_value(part) for part in value) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
