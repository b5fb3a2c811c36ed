"""What is kept of one analysed file: verdict, findings, stretches and condition. The truth stays in the manifest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from unmask.errors import UnmaskError
from unmask.fusion.conditions import Traits, traits
from unmask.fusion.fuse import Fused
from unmask.result import FindingState, Label
from unmask.types import Media

SCHEMA: Literal["unmask.evaluation.file/1"] = "unmask.evaluation.file/1"
INTERNAL = "internal"
"""The code of a file on which Unmask itself broke down; such a file is tried again by the next run."""


class Part(BaseModel):
    """Base of all documents of an evaluation: frozen and closed."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Estimate(Part):
    """A number with its 95 % interval."""

    value: float
    low: float
    high: float


class Found(Part):
    """One finding: `probability` only when scored, `reason` only when not.

    Of a model that nobody `calibrated`, `probability` is the network's own answer, and `pooled` its pooled logit,
    around which single points scatter by `noise`.
    """

    detector: str
    subject: str
    state: FindingState
    probability: float | None = None
    reason: str | None = None
    calibrated: bool = True
    pooled: float | None = None
    noise: float | None = None


class Stretch(Part):
    """A segment that was reported, seconds."""

    detector: str
    start: float
    end: float
    probability: float


@dataclass(frozen=True, slots=True)
class Judged:
    """One file after the stages: what detectors beside the verdict say of it, and what the gauges read."""

    media: Media
    fused: Fused
    beside: tuple[Found, ...] = ()
    skin: float | None = None
    pitch: float | None = None


class Outcome(Part):
    """One file's answer, or the code of the error that there was instead.

    `key` names the file, models and settings that it belongs to; `seconds` is the wall-clock time it took.
    """

    schema_id: Literal["unmask.evaluation.file/1"] = Field(SCHEMA, alias="schema")
    key: str
    file: str
    seconds: float
    error: str | None = None
    message: str | None = None
    label: Label | None = None
    probability: float | None = None
    findings: list[Found] = []
    stretches: list[Stretch] = []
    traits: Traits | None = None

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    def score(self, subject: str) -> float | None:
        """Probability of a manipulation by the verdict or by a detector: of several persons, the highest."""
        if subject == VERDICT:
            return self.probability
        found = [f.probability for f in self.findings if f.detector == subject and f.probability is not None]
        return max(found, default=None)

    def calibrated(self, subject: str) -> bool:
        """Whether the numbers of a subject are probabilities of ours, not a network's own answer."""
        return all(f.calibrated for f in self.findings if f.detector == subject)

    def absent(self, subject: str) -> bool:
        """Whether the file has no such stream at all, so that a detector owes no answer."""
        return any(f.detector == subject and f.reason in ("no_audio", "no_video") for f in self.findings)


VERDICT = "verdict"
"""The name of the verdict among the subjects that are measured, beside the detectors' names."""


def outcome(key: str, judged: Judged, seconds: float) -> Outcome:
    """The compact record of a file that was analysed."""
    media, fused = judged.media, judged.fused
    return Outcome(
        key=key,
        file=media.name,
        seconds=round(seconds, 3),
        label=fused.verdict.label,
        probability=fused.verdict.probability,
        findings=[
            Found(detector=f.detector, subject=f.subject, state=f.state, probability=f.probability, reason=f.reason)
            for f in fused.findings
        ]
        + list(judged.beside),
        stretches=[
            Stretch(detector=s.detector, start=s.start, end=s.end, probability=s.probability) for s in fused.segments
        ],
        traits=replace(traits(media, fused.tracks), skin=judged.skin, pitch=judged.pitch),
    )


def failure(key: str, name: str, broken: Exception, seconds: float) -> Outcome:
    """The record of a file that could not be analysed."""
    code = broken.code if isinstance(broken, UnmaskError) else INTERNAL
    message = broken.message if isinstance(broken, UnmaskError) else f"{type(broken).__name__}: {broken}"
    return Outcome(key=key, file=name, seconds=round(seconds, 3), error=code, message=message[:300])


def detectors_in(outcomes: Sequence[Outcome]) -> list[str]:
    """Names of the detectors that any file has a finding of, in the order in which they first appear."""
    return list(dict.fromkeys(f.detector for one in outcomes for f in one.findings))
