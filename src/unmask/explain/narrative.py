"""The built-in wording: every sentence is made from the facts of the result and names the evidence it rests on.

Nothing is said about who is shown, who made a change, or why: pictures and sound do not tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from unmask.explain.lipwords import DETECTOR as LIPS
from unmask.explain.lipwords import lip_sentences, many_not_heard
from unmask.explain.origin import is_origin, origin_ids, origin_sentences
from unmask.explain.words import (
    KINDS,
    REASONS,
    REGIONS,
    clock,
    clock_pair,
    listed,
    number,
    seems,
    sentence_case,
    subject_phrase,
)
from unmask.fusion.combine import AUTHENTIC_BELOW, MANIPULATED_FROM
from unmask.fusion.fuse import CALIBRATED_FACE
from unmask.fusion.origin import SAYS_GENERATED
from unmask.result import (
    Contribution,
    Evidence,
    Finding,
    MediaFacts,
    Narrative,
    Person,
    Segment,
    Sentence,
    Verdict,
)

AUTHOR = "built-in"
MOST_STRETCHES = 4
"""Stretches of one subject that are told one by one; the report lists all."""

MOST_ALIKE = 3
"""Faces of which the same is to be said that are told one by one."""


@dataclass(frozen=True, slots=True)
class NarrativeFacts:
    """All that the wording may use: parts of the result document, evidence filled in."""

    media: MediaFacts
    verdict: Verdict
    contributions: Sequence[Contribution]
    persons: Sequence[Person]
    findings: Sequence[Finding]
    segments: Sequence[Segment]
    evidence: Sequence[Evidence]

    @property
    def kind(self) -> str:
        """What to call the media: "video", "recording" or "picture"."""
        return KINDS[self.media.kind]


def narrate(facts: NarrativeFacts) -> Narrative:
    """Verdict first, then what it rests on, what was not examined, what limits it, and how often it errs."""
    told = [
        _verdict(facts),
        *_why_undecided(facts),
        *_stretches(facts),
        *_whole_findings(facts),
        *lip_sentences(facts.findings, facts.segments, facts.evidence),
        *_most_suspicious(facts),
        *origin_sentences(facts.media, facts.evidence),
        *_unexamined(facts),
        *_limits(facts),
        *_expected_error(facts),
        _scope(facts),
    ]
    order = [item.id for item in facts.evidence]
    sentences = [Sentence(text=s.text, evidence=sorted(s.evidence, key=order.index)) for s in told]
    return Narrative(text=_joined(sentences), sentences=sentences, author=AUTHOR, dropped=[])


def _verdict(facts: NarrativeFacts) -> Sentence:
    verdict, kind = facts.verdict, facts.kind
    if verdict.probability is None or verdict.interval is None:
        text = f"This {kind} could not be assessed: it holds nothing that Unmask is able to examine reliably."
        return Sentence(text=text, evidence=[])
    low, high = (number(end) for end in verdict.interval)
    shown = number(verdict.probability)
    spread = f", with a plausible range from {low} to {high}" if low != high else ""  # none: it was set by a rule
    text = {
        "likely_manipulated": f"This {kind} is likely manipulated: the probability is {shown}{spread}.",
        "likely_authentic": f"This {kind} is likely authentic: nothing that was examined points clearly to a "
        f"manipulation, and the probability of one is {shown}, with a plausible range from {low} to {high}.",
    }.get(
        verdict.label,
        f"The examination of this {kind} came to no conclusion: the probability of a manipulation is {shown}, "
        f"but anything from {low} to {high} is plausible.",
    )
    return Sentence(text=text, evidence=_carrying(facts))


def _carrying(facts: NarrativeFacts) -> list[str]:
    """The first evidence of each contribution, the weightiest first."""
    heavy = sorted(facts.contributions, key=lambda c: (-abs(c.log_odds), c.source, c.subject))
    return list(dict.fromkeys(c.evidence[0] for c in heavy if c.evidence))[:4]


def _why_undecided(facts: NarrativeFacts) -> Iterator[Sentence]:
    if facts.verdict.label != "inconclusive":
        return
    if "interval_too_wide" in facts.verdict.reasons:
        text = "That range is too wide to call it either way, and an honest answer has to stop there."
        yield Sentence(text=text, evidence=[])
    elif "evidence_too_weak" in facts.verdict.reasons:
        yield Sentence(text="What was found points neither way strongly enough to call it.", evidence=[])
    elif SAYS_GENERATED in facts.verdict.reasons:
        text = "The examination points to authentic, but the file itself declares that AI made it."
        yield Sentence(text=text, evidence=origin_ids(facts.evidence))


def _stretches(facts: NarrativeFacts) -> Iterator[Sentence]:
    """One sentence for each subject that has segments, the most probable first."""
    if facts.media.kind == "image":
        return  # a picture has no stretches; its finding says it all
    ordered = sorted(facts.segments, key=lambda s: (s.detector, s.subject, s.start))
    groups = [list(group) for _, group in groupby(ordered, key=lambda s: (s.detector, s.subject))]
    for group in sorted(groups, key=lambda g: (-max(s.probability for s in g), g[0].detector, g[0].subject)):
        yield _stretch(facts, group)


def _stretch(facts: NarrativeFacts, group: Sequence[Segment]) -> Sentence:
    told = sorted(group, key=lambda s: (-s.probability, s.start))[:MOST_STRETCHES]
    told.sort(key=lambda s: s.start)
    subject = subject_phrase(group[0].detector, group[0].subject)
    firm = max(s.probability for s in told) >= MANIPULATED_FROM and facts.verdict.label == "likely_manipulated"
    does = seems(group[0].detector, firm)
    if len(told) == 1:
        text = f"{_when(told[0], facts)} {subject} {does} (probability {number(told[0].probability)})"
    else:
        spans = [f"from {_span(s)} ({number(s.probability)})" for s in told]
        spans[0] = spans[0].replace("(", "(probability ", 1)
        text = f"{sentence_case(subject)} {does} {listed(spans)}"
    text += _where(told)
    if len(group) > len(told):
        text += f"; the report lists all {len(group)} stretches"
    if facts.verdict.label == "likely_authentic":
        text += ", yet the evidence as a whole does not bear that out"
    ids = list(dict.fromkeys(i for s in told for i in s.evidence))
    return Sentence(text=text + ".", evidence=ids)


def _when(segment: Segment, facts: NarrativeFacts) -> str:
    start, end = clock_pair(segment.start, segment.end)
    if segment.start <= 0.5 and segment.end >= facts.media.duration - 0.5:
        return f"From beginning to end ({start} to {end})"
    return f"Between {start} and {end}"


def _span(segment: Segment) -> str:
    start, end = clock_pair(segment.start, segment.end)
    return f"{start} to {end}"


def _where(segments: Sequence[Segment]) -> str:
    strongest = max(segments, key=lambda s: s.probability)
    names = [REGIONS.get(region, region) for region in strongest.regions if strongest.detector == "face"]
    return f", most of all {listed(names)}" if names else ""


def _whole_findings(facts: NarrativeFacts) -> Iterator[Sentence]:
    """Scored findings that no segment speaks for; many quiet faces in one sentence."""
    told = {(s.detector, s.subject) for s in facts.segments} if facts.media.kind != "image" else set()
    scored = [f for f in facts.findings if f.state == "scored" and not is_origin(f.detector)]
    rest = [f for f in scored if (f.detector, f.subject) not in told]
    quiet = [f for f in rest if f.detector == "face" and (f.probability or 0.0) < AUTHENTIC_BELOW]
    if len(quiet) > MOST_ALIKE:
        highest = max(f.probability or 0.0 for f in quiet)
        text = f"{len(quiet)} faces show no clear sign of manipulation (highest probability {number(highest)})."
        yield Sentence(text=text, evidence=[e for f in quiet for e in _evidence_of(facts, f)[:1]])
        rest = [f for f in rest if f not in quiet]
    for finding in rest:
        yield Sentence(text=_whole(facts, finding), evidence=_evidence_of(facts, finding))


def _whole(facts: NarrativeFacts, finding: Finding) -> str:
    assert finding.probability is not None
    subject, verb = subject_phrase(finding.detector, finding.subject), seems(finding.detector, firm=True)
    shown = f"(probability {number(finding.probability)})"
    if finding.probability < AUTHENTIC_BELOW:
        return f"{sentence_case(subject)} shows no clear sign of manipulation {shown}."
    if finding.probability < MANIPULATED_FROM:
        return f"{sentence_case(subject)} gives no clear answer by itself {shown}."
    if facts.media.kind == "image":
        return f"{sentence_case(subject)} {verb} {shown}{_image_regions(facts, finding)}."
    return f"Taken as a whole, {subject} {verb} {shown}, although no single stretch stands out."


def _image_regions(facts: NarrativeFacts, finding: Finding) -> str:
    maps = [e for e in facts.evidence if e.kind == "heat_map" and e.subject == finding.subject]
    names = [REGIONS.get(str(region), str(region)) for region in maps[0].facts.get("strongest", [])] if maps else []
    return f", most of all {listed(names)}" if names else ""


def _evidence_of(facts: NarrativeFacts, finding: Finding) -> list[str]:
    found = (c.evidence for c in facts.contributions if (c.source, c.subject) == (finding.detector, finding.subject))
    return list(next(found, []))


def _most_suspicious(facts: NarrativeFacts) -> Iterator[Sentence]:
    """Where nothing stands out, the worst moment is shown all the same, and said to be just that."""
    if facts.media.kind == "image" or facts.verdict.label == "likely_manipulated":
        return
    maps = [e for e in facts.evidence if e.kind == "heat_map" and e.facts.get("role") == "most_suspicious"]
    for item in sorted(maps, key=lambda e: -float(e.facts["probability"]))[:1]:
        at, probability = clock(float(item.facts["time"])), number(float(item.facts["probability"]))
        text = f"The most suspicious picture of {item.subject} is at {at} ({probability} by itself); "
        yield Sentence(text=text + "it is shown so that you can judge it yourself.", evidence=[item.id])


def _unexamined(facts: NarrativeFacts) -> Iterator[Sentence]:
    """What has no score, and why; many faces with the same reason in one sentence."""
    silent = [f for f in facts.findings if f.state == "not_applicable" and not is_origin(f.detector)]
    for code, text in (("face_too_small", "too small in the picture"), ("too_few_frames", "seen too briefly")):
        alike = [f for f in silent if f.reason == code and f.detector != LIPS]
        if len(alike) > MOST_ALIKE:
            yield Sentence(text=f"{len(alike)} faces are {text} to be examined.", evidence=_input_ids(facts))
            silent = [f for f in silent if f not in alike]
    lips = [f for f in silent if f.detector == LIPS]
    if len(lips) > MOST_ALIKE:
        yield Sentence(text=many_not_heard(len(lips)), evidence=_input_ids(facts))
        silent = [f for f in silent if f not in lips]
    for finding in facts.findings:
        if finding.state == "failed" and not is_origin(finding.detector):
            subject = subject_phrase(finding.detector, finding.subject)
            text = f"The examination of {subject} broke down, so it counts neither for nor against."
            yield Sentence(text=text, evidence=_input_ids(facts))
    for finding in silent:
        yield Sentence(text=_not_examined(facts, finding), evidence=_input_ids(facts))


def _not_examined(facts: NarrativeFacts, finding: Finding) -> str:
    subject = subject_phrase(finding.detector, finding.subject)
    code = finding.reason or ""
    if subject == "the faces":
        causes = {
            "no_face": "No face was found.",
            "no_video": "There is no picture in this file, so no face was examined.",
        }
        return causes.get(code, "No face could be examined.")
    special = {
        "face_too_small": f"{sentence_case(subject)} is too small in the picture to be examined.",
        "too_few_frames": f"{sentence_case(subject)} is seen too briefly to be examined.",
        "no_audio": f"This {facts.kind} has no sound, so {subject} was not examined.",
        "too_little_speech": f"There is too little speech for a reading, so {subject} was not examined.",
    }
    if code == "no_audio" and facts.media.kind == "image":
        return f"A still picture has no sound, so {subject} was not examined."
    plain = f"{sentence_case(REASONS.get(code, 'it does not apply here'))}, so {subject} was not examined."
    return plain if finding.detector == LIPS and code == "face_too_small" else special.get(code, plain)


def _input_ids(facts: NarrativeFacts) -> list[str]:
    return [e.id for e in facts.evidence if e.kind == "provenance_fact" and e.facts.get("what") == "input"][:1]


def _limits(facts: NarrativeFacts) -> Iterator[Sentence]:
    scored = {f.subject for f in facts.findings if f.state == "scored"}
    small = [p for p in facts.persons if p.subject in scored and p.median_face_px < CALIBRATED_FACE]
    if len(small) > MOST_ALIKE:
        text = f"{len(small)} of the faces are small, which makes their readings less certain."
        yield Sentence(text=text, evidence=_input_ids(facts))
        return
    for person in small:
        text = f"The face of {person.subject} is small, about {person.median_face_px:.0f} pixels across, "
        yield Sentence(text=text + "which makes its reading less certain.", evidence=_input_ids(facts))


def _expected_error(facts: NarrativeFacts) -> Iterator[Sentence]:
    error = facts.verdict.expected_error
    if error is None or facts.verdict.label in ("not_assessable",):
        return
    condition = f" ({error.condition})" if error.condition else ""
    alarms = round(error.false_alarm * error.n)
    said = f"{alarms or 'none'} {'were' if alarms > 1 else 'was'}"
    low, high = (f"{100 * end:.1f}".removesuffix(".0") for end in error.interval)
    text = f"Of {error.n:,} real {facts.kind}s like this one{condition} that were measured, {said} called manipulated; "
    yield Sentence(text=text + f"the true share of such mistakes may lie anywhere from {low} to {high} %.", evidence=[])


def _scope(facts: NarrativeFacts) -> Sentence:
    text = f"This is a reading of the {facts.kind} alone: it does not say who is shown, who made a change, or why."
    if facts.verdict.label in ("likely_authentic", "inconclusive"):
        text += " It can't rule out a method that leaves no trace Unmask knows."
    return Sentence(text=text, evidence=[])


def _joined(sentences: Sequence[Sentence]) -> str:
    return " ".join(f"{s.text[:-1]} [{', '.join(s.evidence)}]." if s.evidence else s.text for s in sentences)
