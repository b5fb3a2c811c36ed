"""The built-in wording: every sentence is made from the facts of the result and names the evidence it rests on.

Nothing is said about who is shown, who made a change, or why: pictures and sound do not tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from unmask.explain.lipwords import lip_sentences
from unmask.explain.origin import is_origin, origin_sentences
from unmask.explain.words import THIS
from unmask.fusion.combine import AUTHENTIC_BELOW
from unmask.language import ENGLISH, Language
from unmask.result import (
    Contribution,
    Evidence,
    Finding,
    MediaFacts,
    Narrative,
    Person,
    Result,
    Segment,
    Sentence,
    Verdict,
)

AUTHOR = "built-in"

MOST_ALIKE = 3
"""Faces of which the same is to be said that are told one by one."""


@dataclass(frozen=True, slots=True)
class NarrativeFacts:
    """All that the wording may use: parts of the result document, evidence filled in; and in which language."""

    media: MediaFacts
    verdict: Verdict
    contributions: Sequence[Contribution]
    persons: Sequence[Person]
    findings: Sequence[Finding]
    segments: Sequence[Segment]
    evidence: Sequence[Evidence]
    language: Language = ENGLISH

    @classmethod
    def of(cls, result: Result, language: Language = ENGLISH) -> NarrativeFacts:
        """The facts of a finished document."""
        return cls(
            media=result.media,
            verdict=result.verdict,
            contributions=result.contributions,
            persons=result.persons,
            findings=result.findings,
            segments=result.segments,
            evidence=result.evidence,
            language=language,
        )

    @property
    def this(self) -> str:
        """What to call the media within a sentence: "this video", "this recording" or "this picture"."""
        return self.language.gettext(THIS[self.media.kind])

    @property
    def input_ids(self) -> list[str]:
        """The evidence of what there was to examine."""
        return [e.id for e in self.evidence if e.kind == "provenance_fact" and e.facts.get("what") == "input"][:1]

    def evidence_of(self, finding: Finding) -> list[str]:
        """The evidence of a scored finding."""
        key = (finding.detector, finding.subject)
        return list(next((c.evidence for c in self.contributions if (c.source, c.subject) == key), []))

    def untold(self) -> list[Finding]:
        """Scored findings that no segment speaks for; in a picture, all."""
        told = {(s.detector, s.subject) for s in self.segments} if self.media.kind != "image" else set()
        scored = [f for f in self.findings if f.state == "scored" and not is_origin(f.detector)]
        return [f for f in scored if (f.detector, f.subject) not in told]

    def quiet_faces(self) -> list[Finding]:
        """Those of them that say of a face that it shows no clear sign."""
        return [f for f in self.untold() if f.detector == "face" and (f.probability or 0.0) < AUTHENTIC_BELOW]

    def unscored(self, state: str) -> list[Finding]:
        """Findings in a state without a score; the origin has sentences of its own."""
        return [f for f in self.findings if f.state == state and not is_origin(f.detector)]


def told(facts: NarrativeFacts) -> list[tuple[Sentence, bool]]:
    """All sentences in order, and of each whether a language model may put it otherwise.

    Verdict first, then what it rests on, what was not examined, what limits it, and how often it errs. What stands for
    the whole, what the file says of itself, and all that rests on no evidence is always worded by Unmask.
    """
    from unmask.explain.narrative_findings import most_suspicious, stretches, whole_findings
    from unmask.explain.narrative_limits import limits, unexamined
    from unmask.explain.narrative_verdict import expected_error, scope, verdict_sentence, why_undecided
    from unmask.explain.opinions import opinion_sentences

    own, open_ = False, True
    parts = [
        (own, [verdict_sentence(facts), *why_undecided(facts)]),
        (open_, [*stretches(facts), *whole_findings(facts)]),
        (own, list(lip_sentences(facts.findings, facts.segments, facts.evidence, facts.language))),
        (open_, list(most_suspicious(facts))),
        (own, list(opinion_sentences(facts))),
        (own, list(origin_sentences(facts.media, facts.evidence, facts.language))),
        (open_, [*unexamined(facts), *limits(facts)]),
        (own, [*expected_error(facts), scope(facts)]),
    ]
    order = [item.id for item in facts.evidence]
    return [
        (Sentence(text=s.text, evidence=sorted(s.evidence, key=order.index)), free and bool(s.evidence))
        for free, sentences in parts
        for s in sentences
    ]


def narrate(facts: NarrativeFacts) -> Narrative:
    """The built-in narrative."""
    sentences = [sentence for sentence, _ in told(facts)]
    return Narrative(
        text=joined(sentences), sentences=sentences, author=AUTHOR, dropped=[], language=facts.language.code
    )


def renarrate(result: Result, language: Language) -> Result:
    """The document with its built-in narrative in another language; the evidence and all numbers stay."""
    return result.model_copy(update={"narrative": narrate(replace(NarrativeFacts.of(result), language=language))})


def joined(sentences: Sequence[Sentence]) -> str:
    """All sentences as one text, each with the ids of its evidence before its full stop."""
    return " ".join(f"{s.text[:-1]} [{', '.join(s.evidence)}]." if s.evidence else s.text for s in sentences)
