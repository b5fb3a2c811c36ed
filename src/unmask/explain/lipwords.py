"""What is said of lips and voice beside the finding: by how much they part, innocent reasons, and who did not speak."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from unmask.explain.synccurve import USUAL
from unmask.fusion.combine import MANIPULATED_FROM
from unmask.language import ENGLISH, Language
from unmask.result import Evidence, Finding, Segment, Sentence

DETECTOR = "lip_sync"

STEADY = 0.5
"""Share of the windows that must agree on an offset for it to be told."""

SAME = 0.05
"""Seconds between offsets that agree: one tick, and rounding."""


def lip_sentences(
    findings: Sequence[Finding],
    segments: Sequence[Segment],
    evidence: Sequence[Evidence],
    language: Language = ENGLISH,
) -> Iterator[Sentence]:
    """The offset where most of the time shows the same one, and why lips and voice may part without a forgery."""
    told = {s.subject for s in segments if s.detector == DETECTOR}
    told |= {f.subject for f in findings if f.detector == DETECTOR and (f.probability or 0.0) >= MANIPULATED_FROM}
    curves = [e for e in evidence if e.kind == "sync_curve" and e.subject in told]
    for curve in curves:
        offset = float(curve.facts["offset"])
        alike = [abs(float(one) - offset) <= SAME for one in curve.facts["offsets"]]
        if abs(offset) > USUAL and sum(alike) > STEADY * len(alike):
            yield Sentence(text=_steady_offset(offset, curve.subject, language), evidence=[curve.id])
    if curves:
        text = language.gettext(
            "Lips and voice also part where nobody forged anything: in translated speech, where the speaker is out "
            "of the picture, and where a broadcast or a recording of the screen delayed the sound."
        )
        yield Sentence(text=text, evidence=[curve.id for curve in curves])


def _steady_offset(offset: float, person: str, language: Language) -> str:
    values = {"seconds": language.decimal(abs(offset), 1), "person": person}
    if offset > 0:
        return language.gettext(
            "Most of the time the sound comes about {seconds} s too late for the lips of {person}.", **values
        )
    return language.gettext(
        "Most of the time the sound comes about {seconds} s too early for the lips of {person}.", **values
    )


def many_not_heard(count: int, language: Language = ENGLISH) -> str:
    """One sentence for many persons whose lips were not examined."""
    return language.ngettext(
        "The lips of {count} person were not examined: that person is not seen to speak clearly or for long enough.",
        "The lips of {count} people were not examined: they are not seen to speak clearly or for long enough.",
        count,
    )
