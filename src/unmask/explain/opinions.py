"""The vision model's opinion on the pictures that weigh most, as evidence of its own kind and in built-in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from unmask.detectors.frame_review import NAME, QUESTIONS, WEIGHT, Shown, review
from unmask.explain.artifacts import Artifacts
from unmask.explain.narrative import NarrativeFacts
from unmask.explain.words import clock
from unmask.llm.errors import LlmError
from unmask.llm.models import open_model, shown_name
from unmask.result import Evidence, Sentence
from unmask.settings import Settings

MOST = 3
"""Pictures that are shown to a model: those with the highest scores."""


@dataclass(slots=True)
class Kept:
    """Artifacts that also remember the pictures, so that they need not be read back."""

    artifacts: Artifacts
    pictures: dict[str, bytes] = field(default_factory=dict)

    def write(self, name: str, data: bytes) -> str:
        """Store the file, and keep it in mind when it is a frame or a face."""
        path = self.artifacts.write(name, data)
        if name.endswith(("crop.png", "frame.jpg")):
            self.pictures[path] = data
        return path


def opinions(
    evidence: Sequence[Evidence], pictures: dict[str, bytes], settings: Settings
) -> tuple[list[Evidence], list[str]]:
    """The opinions, numbered after `evidence`, and notes on what went wrong; nothing where no model is set."""
    chosen = [(item, shown) for item in _strongest(evidence) if (shown := _shown(item, pictures))][:MOST]
    if settings.vision_llm is None or not chosen:
        return [], []
    found: list[Evidence] = []
    try:
        with open_model(settings.vision_llm, seconds=settings.llm_seconds, seed=settings.seed) as model:
            for item, shown in chosen:
                answers = review(model, shown, settings.llm_seconds)
                facts = {
                    "detector": NAME,
                    "opinion": True,
                    "weight": WEIGHT,
                    "model": shown_name(settings.vision_llm),
                    "of": item.id,
                    "time": item.facts["time"],
                    "answers": answers.model_dump(),
                }
                number = f"E{len(evidence) + len(found) + 1}"
                found.append(Evidence(id=number, kind="frame_review", subject=item.subject, artifact=None, facts=facts))
    except LlmError as failed:
        return found, [f"{NAME}: {failed.code}"]
    return found, []


def _strongest(evidence: Sequence[Evidence]) -> list[Evidence]:
    faces = [e for e in evidence if e.kind in ("heat_map", "face")]
    return sorted(faces, key=lambda e: (e.facts.get("role") != "segment", -float(e.facts["probability"]), e.id))


def _shown(item: Evidence, pictures: dict[str, bytes]) -> Shown | None:
    names = [item.artifact, *item.facts.get("more", {}).values()]
    frame = next((pictures[n] for n in names if n in pictures and n.endswith("frame.jpg")), None)
    crop = next((pictures[n] for n in names if n in pictures and n.endswith("crop.png")), None)
    return None if frame is None or crop is None else Shown(frame, crop)


def opinion_sentences(facts: NarrativeFacts) -> Iterator[Sentence]:
    """One sentence for each opinion, which says that it is no more than that."""
    for item in facts.evidence:
        if item.kind != "frame_review":
            continue
        odd = [
            facts.language.gettext(words) for name, words in QUESTIONS.items() if item.facts["answers"][name] == "odd"
        ]
        values = {"person": item.subject, "time": clock(float(item.facts["time"]))}
        if odd:
            text = facts.language.gettext(
                "A vision model, asked for its opinion on the picture of {person} at {time}, calls this odd: {things}; "
                "that is an opinion and adds nothing to the score.",
                things=facts.language.listed(odd),
                **values,
            )
        else:
            text = facts.language.gettext(
                "A vision model, asked for its opinion on the picture of {person} at {time}, finds nothing odd; that "
                "is an opinion and adds nothing to the score.",
                **values,
            )
        yield Sentence(text=text, evidence=[item.id])
