"""The evidence of a result as the page shows it: its pictures and sounds, and where in the film it belongs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Literal

from unmask.result import Evidence, Result

_FORMS: Mapping[str, Literal["image", "audio", "video"]] = {
    ".png": "image",
    ".jpg": "image",
    ".svg": "image",
    ".webp": "image",
    ".wav": "audio",
    ".m4a": "audio",
    ".mp4": "video",
    ".webm": "video",
}
ORIGIN = "provenance_fact"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the player jumps to: a stretch, or a moment where both are the same. Seconds."""

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class File:
    """A file to show; `name` is the artifact's."""

    form: Literal["image", "audio", "video"]
    name: str


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A piece of evidence with its files."""

    evidence: Evidence
    place: Place | None
    files: tuple[File, ...]
    regions: tuple[tuple[str, float], ...]


def exhibits(result: Result, there: Set[str]) -> tuple[Exhibit, ...]:
    """All evidence but the facts on the origin, which have a panel of their own, with those files that are `there`."""
    return tuple(
        Exhibit(piece, place(piece), _files(piece, there), _regions(piece.facts))
        for piece in result.evidence
        if piece.kind != ORIGIN
    )


def place(piece: Evidence) -> Place | None:
    """Where a piece of evidence is in the film."""
    facts = piece.facts
    for start, end in (("start", "end"), ("time", "time"), ("highest_at", "highest_at")):
        first, last = facts.get(start), facts.get(end)
        if isinstance(first, int | float) and isinstance(last, int | float):
            return Place(float(first), float(last))
    return None


def places(result: Result) -> dict[str, Place]:
    """Where each sentence belongs, by its number as text: the segment that shares most evidence, or its evidence."""
    by_id = {piece.id: place(piece) for piece in result.evidence}
    found = {}
    for number, sentence in enumerate(result.narrative.sentences):
        where = _of_segments(result, sentence.evidence) or next(filter(None, map(by_id.get, sentence.evidence)), None)
        if where is not None:
            found[str(number)] = where
    return found


def _of_segments(result: Result, evidence: Sequence[str]) -> Place | None:
    wanted = set(evidence)

    def likeness(other: Sequence[str]) -> float:
        return len(wanted & set(other)) / (len(wanted | set(other)) or 1)

    best = max(result.segments, key=lambda segment: likeness(segment.evidence), default=None)
    return Place(best.start, best.end) if best is not None and likeness(best.evidence) else None


def _files(piece: Evidence, there: Set[str]) -> tuple[File, ...]:
    more = piece.facts.get("more")
    names = [piece.artifact, *(more.values() if isinstance(more, dict) else ())]
    found = []
    for name in names:
        form = _FORMS.get(PurePosixPath(name).suffix) if isinstance(name, str) else None
        if form is not None and name in there:
            found.append(File(form, name))
    return tuple(found)


def _regions(facts: Mapping[str, Any]) -> tuple[tuple[str, float], ...]:
    """Shares of the heat by region, the largest first."""
    shares = facts.get("regions")
    if not isinstance(shares, dict):
        return ()
    return tuple(sorted(((str(k), float(v)) for k, v in shares.items()), key=lambda item: -item[1])[:4])
