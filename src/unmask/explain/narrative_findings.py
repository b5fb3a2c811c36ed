"""Sentences on what was found: stretches of time, subjects taken as a whole, and the most suspicious picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from unmask.explain.narrative import MOST_ALIKE, NarrativeFacts
from unmask.explain.words import clock, clock_pair, number, regions_phrase, seems, sentence_case, subject_phrase
from unmask.fusion.combine import AUTHENTIC_BELOW, MANIPULATED_FROM
from unmask.result import Finding, Segment, Sentence

FACES = ("heat_map", "face")
"""Kinds of evidence that show a face at a time, with its map or without."""

MOST_STRETCHES = 4
"""Stretches of one subject that are told one by one; the report lists all."""


def stretches(facts: NarrativeFacts) -> Iterator[Sentence]:
    """One sentence for each subject that has segments, the most probable first."""
    if facts.media.kind == "image":
        return  # a picture has no stretches; its finding says it all
    ordered = sorted(facts.segments, key=lambda s: (s.detector, s.subject, s.start))
    groups = [list(group) for _, group in groupby(ordered, key=lambda s: (s.detector, s.subject))]
    for group in sorted(groups, key=lambda g: (-max(s.probability for s in g), g[0].detector, g[0].subject)):
        yield _stretch(facts, group)


def _stretch(facts: NarrativeFacts, group: Sequence[Segment]) -> Sentence:
    language, say = facts.language, facts.language.gettext
    told = sorted(group, key=lambda s: (-s.probability, s.start))[:MOST_STRETCHES]
    told.sort(key=lambda s: s.start)
    firm = max(s.probability for s in told) >= MANIPULATED_FROM and facts.verdict.label == "likely_manipulated"
    seeming = seems(group[0].detector, group[0].subject, firm, language)
    text = _one(facts, told[0], seeming) if len(told) == 1 else _several(facts, told, seeming)
    if where := _where(facts, told):
        text = say("{text}, most of all {where}", text=text, where=where)
    if len(group) > len(told):
        text = language.ngettext(
            "{text}; the report lists all {count} stretches",
            "{text}; the report lists all {count} stretches",
            len(group),
            text=text,
        )
    if facts.verdict.label == "likely_authentic":
        text = say("{text}, yet the evidence as a whole does not bear that out", text=text)
    ids = list(dict.fromkeys(i for s in told for i in s.evidence))
    return Sentence(text=sentence_case(text) + ".", evidence=ids)


def _one(facts: NarrativeFacts, segment: Segment, seeming: str) -> str:
    start, end = clock_pair(segment.start, segment.end)
    values = {
        "start": start,
        "end": end,
        "seeming": seeming,
        "probability": number(segment.probability, facts.language),
    }
    if segment.start <= 0.5 and segment.end >= facts.media.duration - 0.5:
        return facts.language.gettext(
            "From beginning to end ({start} to {end}) {seeming} (probability {probability})", **values
        )
    return facts.language.gettext("Between {start} and {end} {seeming} (probability {probability})", **values)


def _several(facts: NarrativeFacts, told: Sequence[Segment], seeming: str) -> str:
    say = facts.language.gettext
    spans = []
    for number_, segment in enumerate(told):
        start, end = clock_pair(segment.start, segment.end)
        values = {"start": start, "end": end, "probability": number(segment.probability, facts.language)}
        first = say("from {start} to {end} (probability {probability})", **values)
        spans.append(first if number_ == 0 else say("from {start} to {end} ({probability})", **values))
    return say("{seeming} {stretches}", seeming=seeming, stretches=facts.language.listed(spans))


def _where(facts: NarrativeFacts, segments: Sequence[Segment]) -> str:
    strongest = max(segments, key=lambda s: s.probability)
    return regions_phrase(strongest.regions, facts.language) if strongest.detector == "face" else ""


def whole_findings(facts: NarrativeFacts) -> Iterator[Sentence]:
    """Scored findings that no segment speaks for; many quiet faces in one sentence."""
    rest, quiet = facts.untold(), facts.quiet_faces()
    if len(quiet) > MOST_ALIKE:
        text = facts.language.ngettext(
            "{count} face shows no clear sign of manipulation (highest probability {probability}).",
            "{count} faces show no clear sign of manipulation (highest probability {probability}).",
            len(quiet),
            probability=number(max(f.probability or 0.0 for f in quiet), facts.language),
        )
        yield Sentence(text=text, evidence=[e for f in quiet for e in facts.evidence_of(f)[:1]])
        rest = [f for f in rest if f not in quiet]
    for finding in rest:
        yield Sentence(text=sentence_case(_whole(facts, finding)), evidence=facts.evidence_of(finding))


def _whole(facts: NarrativeFacts, finding: Finding) -> str:
    assert finding.probability is not None
    language, say = facts.language, facts.language.gettext
    values = {
        "subject": subject_phrase(finding.detector, finding.subject, language),
        "seeming": seems(finding.detector, finding.subject, firm=True, language=language),
        "probability": number(finding.probability, language),
    }
    if finding.probability < AUTHENTIC_BELOW:
        return say("{subject} shows no clear sign of manipulation (probability {probability}).", **values)
    if finding.probability < MANIPULATED_FROM:
        return say("{subject} gives no clear answer by itself (probability {probability}).", **values)
    if facts.media.kind != "image":
        return say(
            "Taken as a whole, {seeming} (probability {probability}), although no single stretch stands out.", **values
        )
    if where := _image_regions(facts, finding):
        return say("{seeming} (probability {probability}), most of all {where}.", where=where, **values)
    return say("{seeming} (probability {probability}).", **values)


def _image_regions(facts: NarrativeFacts, finding: Finding) -> str:
    maps = [e for e in facts.evidence if e.kind == "heat_map" and e.subject == finding.subject]
    return regions_phrase([str(r) for r in maps[0].facts.get("strongest", [])], facts.language) if maps else ""


def most_suspicious(facts: NarrativeFacts) -> Iterator[Sentence]:
    """Where nothing stands out, the worst moment is shown all the same, and said to be just that."""
    if facts.media.kind == "image" or facts.verdict.label == "likely_manipulated":
        return
    maps = [e for e in facts.evidence if e.kind in FACES and e.facts.get("role") == "most_suspicious"]
    for item in sorted(maps, key=lambda e: -float(e.facts["probability"]))[:1]:
        text = facts.language.gettext(
            "The most suspicious picture of {person} is at {time} ({probability} by itself); it is shown so that you "
            "can judge it yourself.",
            person=item.subject,
            time=clock(float(item.facts["time"])),
            probability=number(float(item.facts["probability"]), facts.language),
        )
        yield Sentence(text=text, evidence=[item.id])
