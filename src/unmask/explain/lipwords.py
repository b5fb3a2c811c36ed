"""What is said of lips and voice beside the finding: by how much they part, innocent reasons, and who did not speak."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from unmask.explain.synccurve import USUAL
from unmask.fusion.combine import MANIPULATED_FROM
from unmask.result import Evidence, Finding, Segment, Sentence

DETECTOR = "lip_sync"

STEADY = 0.5
"""Share of the windows that must agree on an offset for it to be told."""

SAME = 0.05
"""Seconds between offsets that agree: one tick, and rounding."""


def lip_sentences(
    findings: Sequence[Finding], segments: Sequence[Segment], evidence: Sequence[Evidence]
) -> Iterator[Sentence]:
    """The offset where most of the time shows the same one, and why lips and voice may part without a forgery."""
    told = {s.subject for s in segments if s.detector == DETECTOR}
    told |= {f.subject for f in findings if f.detector == DETECTOR and (f.probability or 0.0) >= MANIPULATED_FROM}
    curves = [e for e in evidence if e.kind == "sync_curve" and e.subject in told]
    for curve in curves:
        offset = float(curve.facts["offset"])
        alike = [abs(float(one) - offset) <= SAME for one in curve.facts["offsets"]]
        if abs(offset) > USUAL and sum(alike) > STEADY * len(alike):
            when = "late" if offset > 0 else "early"
            text = f"Most of the time the sound comes about {abs(offset):.1f} s too {when} for the lips of "
            yield Sentence(text=f"{text}{curve.subject}.", evidence=[curve.id])
    if curves:
        text = "Lips and voice also part where nobody forged anything: in translated speech, where the speaker is out "
        text += "of the picture, and where a broadcast or a recording of the screen delayed the sound."
        yield Sentence(text=text, evidence=[curve.id for curve in curves])


def many_not_heard(count: int) -> str:
    """One sentence for many persons whose lips were not examined."""
    return f"The lips of {count} people were not examined: they are not seen to speak clearly or for long enough."
