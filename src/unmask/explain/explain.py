"""Stage 5: evidence to look at, and the words that rest on it."""

from __future__ import annotations

from dataclasses import dataclass

from unmask.explain.artifacts import Artifacts
from unmask.explain.evidence import build_evidence
from unmask.explain.inputs import EvidenceInputs, ScoredSignal, tools
from unmask.explain.narrative import NarrativeFacts
from unmask.explain.narrative_model import word
from unmask.explain.opinions import Kept, opinions
from unmask.explain.shapley import attribute_verdict
from unmask.fusion.fuse import Fused
from unmask.language import translate
from unmask.models.registry import Registry
from unmask.result import Attribution, Contribution, Evidence, MediaFacts, Narrative, Person, Segment
from unmask.settings import Settings
from unmask.types import Media


@dataclass(frozen=True, slots=True)
class Explained:
    """The fused answer with its evidence filled in, and its narrative."""

    segments: tuple[Segment, ...]
    contributions: tuple[Contribution, ...]
    evidence: tuple[Evidence, ...]
    narrative: Narrative
    attribution: Attribution | None = None


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
        attribution=attribute_verdict(media, fused),
    )
    scored = {signal.detector for signal in fused.signals}
    face, voice = (registry.get(name) if name in scored else None for name in ("face", "voice"))
    looks = tools(face, voice, registry.folder)
    kept = Kept(artifacts)
    built = build_evidence(media, inputs, looks, kept, settings)
    opinion, notes = opinions(built.evidence, kept.pictures, settings)
    evidence = (*built.evidence, *opinion)
    contributions = tuple(built.fill(contribution) for contribution in fused.contributions)
    narrative = word(
        NarrativeFacts(
            media=facts,
            verdict=fused.verdict,
            contributions=contributions,
            persons=persons,
            findings=fused.findings,
            segments=built.segments,
            evidence=evidence,
            language=translate(settings.language),
        ),
        settings,
    )
    narrative = narrative.model_copy(update={"notes": [*narrative.notes, *notes]})
    return Explained(built.segments, contributions, evidence, narrative, built.attribution)
