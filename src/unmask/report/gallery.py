"""Evidence made ready for the page: pictures, what they show in words, and the shares of the regions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from unmask.explain.words import (
    REGION_NAMES,
    clock,
    clock_pair,
    number,
    regions_phrase,
    sentence_case,
    signed,
    subject_phrase,
)
from unmask.language import ENGLISH, Language
from unmask.language import marked as _
from unmask.report.checks import check_words, passed, sound_words
from unmask.report.factrows import rows, title
from unmask.report.figures import shares_bar
from unmask.report.safe import LARGEST_CLIP, embed, visible_text
from unmask.result import Evidence, Result

TICK = 0.04
"""Seconds from one offset that was tried to the next."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture in the report; `source` is a data URI, None when the file is missing."""

    source: str | None
    alt: str
    caption: str
    path: str | None
    """Below the document's folder; None when the file is missing."""


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
    film: str | None = None
    """The stretch to look at, as a data URI."""
    file: str = ""
    """Where the stretch lies below the document's folder."""
    check: str = ""
    """What was measured of the map, in words."""
    checked: Picture | None = None
    """The curves of that measure."""


@dataclass(frozen=True, slots=True)
class Group:
    """The evidence about one subject."""

    name: str
    exhibits: tuple[Exhibit, ...]


def gallery(result: Result, folder: Path, language: Language = ENGLISH) -> tuple[Group, ...]:
    """All evidence, grouped by subject in the document's order."""
    makers = {
        "heat_map": _heat_map,
        "face": _heat_map,
        "waterfall": _waterfall,
        "signal_curve": _curve,
        "sync_curve": _sync,
        "spectrogram": _spectrogram,
        "clip": _clip,
    }
    return tuple(
        Group(
            _group_name(subject, language),
            tuple(makers.get(e.kind, other)(e, folder, language) for e in members),
        )
        for subject, members in groupby(result.evidence, key=lambda e: e.subject)
    )


def _picture(folder: Path, artifact: str | None, alt: str, caption: str = "") -> Picture:
    source = embed(folder, artifact)
    return Picture(source, alt, caption, artifact if source else None)


def _group_name(subject: str, language: Language) -> str:
    if subject == "media":
        return language.gettext("The file")
    return language.gettext("The voice") if subject == "voice" else sentence_case(subject)


def _heat_map(evidence: Evidence, folder: Path, language: Language) -> Exhibit:
    facts, more, say = evidence.facts, evidence.facts.get("more", {}), language.gettext
    at = clock(float(facts["time"]), tenths=True)
    subject = visible_text(evidence.subject)
    where = _where(facts, language)
    alts = (
        say("The face of {person} at {time}", person=subject, time=at),
        say("The same face in grey, with heat: {where}", where=where),
        say("The whole picture at {time}, the face framed", time=at),
    )
    shown = passed(facts)
    crop = more.get("crop") if shown else evidence.artifact
    sources = (crop, evidence.artifact if shown else None, more.get("frame"))
    captions = (say("As it was seen"), say("What weighed"), say("Where it is"))
    made = [_picture(folder, s, a, c) for s, a, c in zip(sources, alts, captions, strict=True)]
    return Exhibit(
        id=evidence.id,
        kind="heat_map",
        title=say(
            _("Heat map of the face at {time}") if shown else _("The face at {time}, without a heat map"), time=at
        ),
        text=_heat_text(facts, where, language),
        pictures=tuple(p for p in made if p.source or (shown and p is made[1])),
        shares=_shares(facts, language),
        rows=(),
        check=check_words(facts, language),
        checked=_checked(evidence, folder, language),
    )


def _checked(evidence: Evidence, folder: Path, language: Language) -> Picture | None:
    """The drawing of a map's check; None where there was none."""
    words = check_words(evidence.facts, language)
    path = evidence.facts.get("more", {}).get("check")
    return _picture(folder, path, language.gettext("How the check went. {text}", text=words)) if words else None


def _waterfall(evidence: Evidence, _folder: Path, language: Language) -> Exhibit:
    """The sum with all its digits; the report draws it in a section of its own."""
    facts, say = evidence.facts, language.gettext
    parts = [f"{name} {signed(float(value), 6, language)}" for name, value in facts.get("parts", {}).items()]
    text = say(
        "Before looking {base}; {parts}; together {total} (natural log-odds).",
        base=signed(float(facts["base"]), 6, language),
        parts=", ".join(parts),
        total=signed(float(facts["log_odds"]), 6, language),
    )
    return Exhibit(evidence.id, evidence.kind, say("How the answer adds up"), text, (), (), ())


def _where(facts: Mapping[str, Any], language: Language) -> str:
    """Where the heat is, as a clause."""
    if not passed(facts):
        return language.gettext("its heat map did not pass the check")
    if not facts.get("regions"):
        return language.gettext("nothing in this face speaks for a manipulation")
    strongest = regions_phrase([str(r) for r in facts.get("strongest", [])], language)
    return (
        language.gettext("most heat {where}", where=strongest)
        if strongest
        else language.gettext("no region stands out")
    )


def _heat_text(facts: Mapping[str, Any], where: str, language: Language) -> str:
    say = language.gettext
    shown = number(float(facts["probability"]), language)
    text = say("By itself this face has a probability of {number}; {where}.", number=shown, where=where)
    if facts.get("role") == "most_suspicious":
        no = say("No stretch of this face was found to be manipulated: this is the most suspicious moment of it.")
        return f"{text} {no}"
    if facts.get("segment"):
        start, end = clock_pair(*(float(v) for v in facts["segment"]))
        return f"{text} {say('It stands for the stretch from {start} to {end}.', start=start, end=end)}"
    return text


def _shares(facts: Mapping[str, Any], language: Language) -> tuple[Share, ...]:
    found, even = facts.get("regions", {}), facts.get("areas", {})
    full = shares_bar([float(v) for v in (*found.values(), *even.values())])
    ordered = sorted(found.items(), key=lambda item: -float(item[1]))
    return tuple(
        Share(
            language.gettext(REGION_NAMES[name]) if name in REGION_NAMES else name,
            language.gettext("{number} %", number=f"{float(share) * 100:.0f}"),
            float(share) / full * 100,
            float(even.get(name, 0.0)) / full * 100,
        )
        for name, share in ordered
    )


def _curve(evidence: Evidence, folder: Path, language: Language) -> Exhibit:
    facts, say = evidence.facts, language.gettext
    subject = subject_phrase(str(facts.get("detector", "")), visible_text(evidence.subject), language)
    spans = []
    for a, b, p in facts["segments"]:
        start, end = clock_pair(float(a), float(b))
        shown = number(float(p), language)
        spans.append(say("{start} to {end} ({probability})", start=start, end=end, probability=shown))
    text = say(
        "Highest {highest} at {time}, median {median}, over {count} scores.",
        highest=number(float(facts["highest"]), language),
        time=clock(float(facts["highest_at"])),
        median=number(float(facts["median"]), language),
        count=language.integer(int(facts["points"])),
    )
    shaded = say("Shaded: {stretches}.", stretches=language.listed(spans))
    text = f"{text} {shaded if spans else say('No stretch stays above the threshold.')}"
    picture = _picture(folder, evidence.artifact, say("Curve over time. {text}", text=text))
    title = sentence_case(say("{subject} over time", subject=subject))
    return Exhibit(evidence.id, evidence.kind, title, text, (picture,), (), ())


def _sync(evidence: Evidence, folder: Path, language: Language) -> Exhibit:
    facts, say = evidence.facts, language.gettext
    offset, windows = float(facts["offset"]), int(facts["windows"])
    if abs(offset) < TICK / 2:
        moved = say("as it is")
    else:
        late = _("if it came {seconds} s earlier") if offset > 0 else _("if it came {seconds} s later")
        moved = say(late, seconds=language.decimal(abs(offset), 2))
    fits = language.ngettext(
        "Over one window of four seconds the sound fits the lips best {moved}, with a confidence of {confidence}.",
        "Over {count} windows of four seconds the sound fits the lips best {moved}, with a confidence of {confidence} "
        "(medians).",
        windows,
        moved=moved,
        confidence=language.decimal(float(facts["confidence"]), 2),
    )
    means = say(
        "Where sound and lips belong together, the offset stays in the shaded band; an offset that wanders, with "
        "little confidence, means that the sound fits nowhere."
    )
    text = f"{fits} {means}"
    picture = _picture(folder, evidence.artifact, say("Offset and confidence over time. {text}", text=text))
    return Exhibit(evidence.id, evidence.kind, say("Sound against lips over time"), text, (picture,), (), ())


def _spectrogram(evidence: Evidence, folder: Path, language: Language) -> Exhibit:
    facts, say = evidence.facts, language.gettext
    start, end = clock_pair(float(facts["start"]), float(facts["end"]))
    low, high = (clock(float(v), tenths=True) for v in facts["window"])
    text = say(
        "From {start} to {end}. The stretch from {low} to {high} weighs most: by itself it sounds manipulated with a "
        "probability of {number}.",
        start=start,
        end=end,
        low=low,
        high=high,
        number=number(float(facts["probability"]), language),
    )
    picture = _picture(folder, evidence.artifact, say("Spectrogram of the sound. {text}", text=text))
    sound = embed(folder, facts.get("more", {}).get("voice"))
    colours = sound_words(facts, language)
    return Exhibit(
        id=evidence.id,
        kind=evidence.kind,
        title=say("Sound that weighs most"),
        text=f"{text} {colours}" if colours else text,
        pictures=(picture,),
        shares=(),
        rows=(),
        sound=sound,
        check=check_words(facts, language),
        checked=_checked(evidence, folder, language),
    )


def other(evidence: Evidence, folder: Path, language: Language) -> Exhibit:
    """Facts as rows; a picture where there is one."""
    name = title(evidence.kind, evidence.facts, language)
    picture = _picture(folder, evidence.artifact, name)
    pictures = (picture,) if picture.source else ()
    return Exhibit(evidence.id, evidence.kind, name, "", pictures, (), rows(evidence.facts, language))


def _clip(evidence: Evidence, folder: Path, language: Language) -> Exhibit:
    facts, say = evidence.facts, language.gettext
    start, end = clock_pair(float(facts["start"]), float(facts["end"]))
    text = language.ngettext(
        "The one picture that begins in this stretch, with its sound; nothing is drawn on it.",
        "The {count} pictures that begin in this stretch, with their sound; nothing is drawn on them.",
        int(facts["frames"]),
    )
    if facts.get("cut_short"):
        text = f"{text} {say('The stretch goes on; this is its beginning.')}"
    name = say("Clip from {start} to {end}", start=start, end=end)
    film = embed(folder, evidence.artifact, LARGEST_CLIP)
    return Exhibit(evidence.id, evidence.kind, name, text, (), (), (), film=film, file=evidence.artifact or "")
