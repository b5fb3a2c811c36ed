"""What each piece of evidence bears out: the persons, stretches, times, numbers and regions it may be cited for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from unmask.explain.claims import Number, Span
from unmask.explain.lipwords import DETECTOR as LIPS
from unmask.explain.narrative import NarrativeFacts
from unmask.fusion.fuse import CALIBRATED_FACE
from unmask.result import Evidence

CLOSE = 0.5
"""Seconds by which a time that is told may differ from the evidence."""


@dataclass(slots=True)
class Support:
    """One piece of evidence, or several together."""

    subjects: set[str] = field(default_factory=set)
    detectors: set[str] = field(default_factory=set)
    regions: set[str] = field(default_factory=set)
    spans: set[Span] = field(default_factory=set)
    times: set[float] = field(default_factory=set)
    numbers: set[float] = field(default_factory=set)

    def add(self, other: Support) -> None:
        """Take in what another bears out."""
        for name in ("subjects", "detectors", "regions", "spans", "times", "numbers"):
            getattr(self, name).update(getattr(other, name))

    def has_span(self, span: Span) -> bool:
        """Whether start and end belong together, each within half a second."""
        return any(abs(span[0] - a) <= CLOSE + 1e-6 and abs(span[1] - b) <= CLOSE + 1e-6 for a, b in self.spans)

    def has_time(self, time: float) -> bool:
        """Whether something is at that time, within half a second."""
        return any(abs(time - known) <= CLOSE + 1e-6 for known in self.times)

    def has_number(self, number: Number) -> bool:
        """Whether the number is a rounding of one that the evidence holds."""
        return any(number.rounds(known) for known in self.numbers)


def case_file(facts: NarrativeFacts) -> Mapping[str, Support]:
    """By evidence id: its own facts, segments and findings that name it, and for the input all that has no score."""
    file = {item.id: _own(item) for item in facts.evidence}
    grouped = Counter((s.detector, s.subject) for s in facts.segments)
    for segment in facts.segments:
        found = Support(
            subjects={segment.subject},
            detectors={segment.detector},
            regions=set(segment.regions),
            spans={(segment.start, segment.end)},
            numbers={segment.probability, float(grouped[segment.detector, segment.subject])},
        )
        _to_all(file, segment.evidence, found)
    for finding in facts.findings:
        numbers = {v for v in (finding.probability, *(finding.interval or ()), float(finding.samples)) if v is not None}
        found = Support({finding.subject}, {finding.detector}, numbers=numbers)
        _to_all(file, facts.evidence_of(finding) if finding.state == "scored" else facts.input_ids, found)
    for contribution in facts.contributions:
        _to_all(file, contribution.evidence[:1], _verdict(facts))
    _to_all(file, facts.input_ids, _input(facts))
    quiet = facts.quiet_faces()
    for finding in quiet:  # "12 faces show ...": how many there are is seen from all of them
        _to_all(file, facts.evidence_of(finding), Support({"faces"}, numbers={float(len(quiet))}))
    return file


def together(file: Mapping[str, Support], ids: Iterable[str]) -> Support:
    """What the cited evidence bears out."""
    whole = Support()
    for number in ids:
        whole.add(file[number])
    return whole


def _to_all(file: Mapping[str, Support], ids: Sequence[str], found: Support) -> None:
    for number in ids:
        if number in file:
            file[number].add(found)


def _own(item: Evidence) -> Support:
    facts = item.facts
    own = Support({item.subject}, {str(facts.get("detector", ""))})
    own.times.update(float(facts[name]) for name in ("time", "highest_at") if isinstance(facts.get(name), int | float))
    own.regions.update(str(region) for region in facts.get("strongest") or ())
    own.spans.update(_spans(item))
    for name in ("probability", "highest", "median", "points", "windows", "confidence", "speech_seconds", "persons"):
        if isinstance(facts.get(name), int | float):
            own.numbers.add(float(facts[name]))
    if isinstance(facts.get("offset"), int | float):
        own.numbers.add(abs(float(facts["offset"])))
    return own


def _spans(item: Evidence) -> Iterator[Span]:
    facts = item.facts
    pairs: tuple[Any, ...] = (facts.get("segment"), facts.get("window"), (facts.get("start"), facts.get("end")))
    for pair in pairs:
        if pair and all(isinstance(value, int | float) for value in pair):
            yield float(pair[0]), float(pair[1])
    for span in facts.get("segments") or ():
        yield float(span[0]), float(span[1])


def _verdict(facts: NarrativeFacts) -> Support:
    verdict = facts.verdict
    return Support({""}, numbers={v for v in (verdict.probability, *(verdict.interval or ())) if v is not None})


def _input(facts: NarrativeFacts) -> Support:
    """All persons and the size of their faces, how many are small, and how many share a reason for having no score."""
    silent = facts.unscored("not_applicable")
    alike = Counter(f.reason for f in silent)
    alike.update(f.detector for f in silent)
    scored = {f.subject for f in facts.findings if f.state == "scored"}
    small = sum(p.median_face_px < CALIBRATED_FACE for p in facts.persons if p.subject in scored)
    return Support(
        {p.subject for p in facts.persons} | {"faces", "voice", ""},
        {"face", "voice", "lip_sync", "motion"},
        {"mouth"} if any(f.detector == LIPS for f in silent) else set(),
        numbers={*map(float, alike.values()), float(small), *(p.median_face_px for p in facts.persons)},
    )
