"""Stage 5: evidence to look at, and the words that rest on it."""

from __future__ import annotations

from dataclasses import dataclass

from unmask.explain.artifacts import Artifacts
from unmask.explain.evidence import build_evidence
from unmask.explain.inputs import EvidenceInputs, ScoredSignal, tools
from unmask.explain.narrative import NarrativeFacts, narrate
from unmask.fusion.fuse import Fused
from unmask.language import translate
from unmask.models.registry import Registry
from unmask.result import Contribution, Evidence, MediaFacts, Narrative, Person, Segment
from unmask.settings import Settings
from unmask.types import Media


@dataclass(frozen=True, slots=True)
class Explained:
    """The fused answer with its evidence filled in, and its narrative."""

    segments: tuple[Segment, ...]
    contributions: tuple[Contribution, ...]
    evidence: tuple[Evidence, ...]
    narrative: Narrative


def explain(
    media: Media,
    fused: Fused,
    *,
    facts: MediaFacts,
    persons: tuple[Person, ...],
    registry: Registry,
    artifacts: Artifacts,
    settings: Settings,
) -> Explained:
    """Draw the evidence into `artifacts` and word the narrative. Raises DecodeFailed when the media can't be reread."""
    inputs = EvidenceInputs(
        label=fused.verdict.label,
        tracks=fused.tracks,
        signals=tuple(ScoredSignal.of(signal, registry.card(signal.detector)) for signal in fused.signals),
        segments=fused.segments,
        speech=fused.speech,
    )
    faces = any(signal.detector == "face" for signal in fused.signals)
    looks = tools(registry.get("face") if faces else None)
    built = build_evidence(media, inputs, looks, artifacts, settings)
    contributions = tuple(built.fill(contribution) for contribution in fused.contributions)
    narrative = narrate(
        NarrativeFacts(
            media=facts,
            verdict=fused.verdict,
            contributions=contributions,
            persons=persons,
            findings=fused.findings,
            segments=built.segments,
            evidence=built.evidence,
            language=translate(settings.language),
        )
    )
    return Explained(built.segments, contributions, built.evidence, narrative)
