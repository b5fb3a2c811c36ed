"""The result document, `unmask.result/1`: what a run answers, as frozen models with a published JSON schema.

Times are seconds on the media's own clock. `verdict.prior_log_odds` plus the contributions is the log-odds of
`verdict.probability`, to 1e-6.
"""

from __future__ import annotations

import math
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from unmask.types import CredentialState, Declared, DeclaredSource, MediaKind, Modality, TraceKind

SCHEMA: Literal["unmask.result/1"] = "unmask.result/1"

Probability = Annotated[float, Field(ge=0.0, le=1.0)]
Span = tuple[Probability, Probability]
FindingState = Literal["scored", "not_applicable", "failed"]
Label = Literal["likely_authentic", "likely_manipulated", "inconclusive", "not_assessable"]
EvidenceKind = Literal[
    "heat_map",
    "face",
    "waterfall",
    "signal_curve",
    "sync_curve",
    "spectrogram",
    "clip",
    "provenance_fact",
    "frame_review",
]

EvidenceSource = Literal["face", "motion", "voice", "lip_sync", "provenance", "quality"]
"""The named kinds of evidence; `quality` is that of the input."""
SUM_TOLERANCE = 1e-6


class Document(BaseModel):
    """Base of all parts: frozen, and nothing that is not declared."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class VideoFacts(Document):
    """The video stream as the container tells it; width and height as displayed."""

    codec: str
    profile: str | None
    pixel_format: str | None
    width: int
    height: int
    rotation: int
    frame_rate: float | None
    variable_frame_rate: bool | None
    frames: int | None
    bit_rate: int | None
    start: float
    duration: float


class AudioFacts(Document):
    """The audio stream as the container tells it."""

    codec: str
    sample_rate: int
    channels: int
    bit_rate: int | None
    start: float
    duration: float


class CredentialFacts(Document):
    """Content credentials (C2PA). Texts are as signed, proven only in the state `trusted`; `types.py` explains all."""

    state: CredentialState
    signer: str
    signer_name: str
    signed_at: str
    software: str
    title: str
    source_types: list[str]
    failures: list[str]
    trust_list: str | None


class DeclarationFacts(Document):
    """The file's own statement that AI made it, or a part of it."""

    source: DeclaredSource
    declares: Declared
    text: str
    generator: str
    trusted: bool


class TraceFacts(Document):
    """A program or camera that left its name in the file."""

    kind: TraceKind
    name: str
    where: str
    text: str


class ProvenanceFacts(Document):
    """What the file says of its origin. Nothing found is unknown, and a sign of nothing."""

    credentials: CredentialFacts
    declarations: list[DeclarationFacts]
    traces: list[TraceFacts]


class MediaFacts(Document):
    """The file as received."""

    name: str
    kind: MediaKind
    sha256: str
    bytes: int
    container: str
    duration: float
    bit_rate: int | None
    video: VideoFacts | None
    audio: AudioFacts | None
    tags: dict[str, str]
    notes: list[str]
    provenance: ProvenanceFacts | None = None


class ExpectedError(Document):
    """How often a real video of this condition is called manipulated, as `measured` on that day (ISO date)."""

    false_alarm: Probability
    interval: Span
    n: int
    condition: str
    measured: str | None = None


class Reading(Document):
    """The answer to the media after one light re-encoding, or the code of the error that there was instead."""

    variant: str
    label: Label | None = None
    probability: Probability | None = None
    error: str | None = None


class Stability(Document):
    """How far light re-encodings move the answer: `spread` is the highest less the lowest probability, own included."""

    values: list[Reading]
    spread: Probability | None


class Verdict(Document):
    """The answer. Probability, interval and expected error are null where nothing could be assessed.

    `stability` is null unless it was probed; labels that differ put `unstable` among the reasons.
    """

    label: Label
    probability: Probability | None
    interval: Span | None
    prior_log_odds: float | None
    reasons: list[str]
    expected_error: ExpectedError | None
    stability: Stability | None = None


class Contribution(Document):
    """What one finding adds to the log-odds of the verdict."""

    source: str
    subject: str
    log_odds: float
    evidence: list[str]


class AttributedPart(Document):
    """What one named kind of evidence adds to the log-odds of the verdict.

    `state` is that of its findings; "absent" where this version looks for no such thing. `evidence` are ids.
    """

    source: EvidenceSource
    log_odds: float
    state: FindingState | Literal["absent"]
    evidence: list[str] = []


class Attribution(Document):
    """Shapley values of the verdict over the named kinds of evidence, always all of them and in the same order.

    `base` is the log-odds before anything was looked at. `interval_at_best` is the range that the verdict would have if
    the input were of the quality that the calibration knows well; null where the input is.

    Raises ValueError when base plus parts is not `log_odds` to 1e-6.
    """

    method: Literal["shapley"] = "shapley"
    base: float
    log_odds: float
    parts: list[AttributedPart]
    interval_at_best: Span | None = None

    @model_validator(mode="after")
    def _adds_up(self) -> Attribution:
        total = math.fsum([self.base, *(part.log_odds for part in self.parts)])
        if not abs(total - self.log_odds) <= SUM_TOLERANCE:
            raise ValueError(f"the parts add up to {total}, not to {self.log_odds}")
        return self


class Finding(Document):
    """What one detector concludes about one subject. `reason` is set unless scored; the numbers only if scored."""

    detector: str
    subject: str
    state: FindingState
    probability: Probability | None = None
    interval: Span | None = None
    samples: int = 0
    reason: str | None = None


class Segment(Document):
    """A stretch of time in which a signal is above its threshold."""

    start: float
    end: float
    detector: str
    modality: Modality
    subject: str
    probability: Probability
    regions: list[str]
    evidence: list[str]


class Evidence(Document):
    """Something to look at or listen to. `artifact` is a path below the output folder."""

    id: str
    kind: EvidenceKind
    subject: str
    artifact: str | None
    facts: dict[str, Any]


class Sentence(Document):
    """One sentence of the narrative and the evidence it rests on."""

    text: str
    evidence: list[str]


class Narrative(Document):
    """The explanation in words, in one language (BCP 47 code).

    `author` is "built-in", or names the language model whose sentences passed the check against the evidence. `dropped`
    are sentences of a model that did not pass, each after the codes of the reasons; they are data to look into, not to
    be shown as if they were true. `notes` are codes of what went wrong on the way ("llm_timeout").
    """

    text: str
    sentences: list[Sentence]
    author: str
    dropped: list[str]
    language: str = "en"
    notes: list[str] = []


class Person(Document):
    """One face followed through the media."""

    subject: str
    first_seen: float
    last_seen: float
    frames: int
    median_face_px: float


class ModelUsed(Document):
    """A model that took part; `sha256` is that of its weights."""

    name: str
    version: str
    sha256: str


class RecordedFile(Document):
    """A file that belongs to the record: its path below the document's folder, its size and its hash."""

    name: str
    bytes: int
    sha256: str


class Record(Document):
    """What closes the record: the program that made it, and hashes of the settings and of every file beside it."""

    software: str
    settings_sha256: str
    files: list[RecordedFile]


class Timestamp(Document):
    """A third party's word on when the signature existed: an RFC 3161 response, base64, and who gave it."""

    server: str
    token: str


class Signature(Document):
    """Ed25519 over the canonical document (RFC 8785) without this field; `key` and `value` are base64.

    `timestamp` is over key and value; `timestamp_error` says why there is none although one was asked for.
    """

    algorithm: Literal["ed25519"]
    key: str
    value: str
    timestamp: Timestamp | None = None
    timestamp_error: str | None = None


class Result(Document):
    """One analysis of one media."""

    schema_id: Literal["unmask.result/1"] = Field(SCHEMA, alias="schema")
    analysis: str
    created: datetime
    media: MediaFacts
    verdict: Verdict
    contributions: list[Contribution]
    attribution: Attribution | None = None
    persons: list[Person]
    findings: list[Finding]
    segments: list[Segment]
    evidence: list[Evidence]
    narrative: Narrative
    models: list[ModelUsed]
    settings: dict[str, Any]
    timings: dict[str, float]
    record: Record | None = None
    signature: Signature | None = None

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    def to_json(self, indent: int | None = None) -> str:
        """The document as JSON text, keys as in the published schema."""
        return self.model_dump_json(by_alias=True, indent=indent)

    @classmethod
    def from_json(cls, text: str | bytes) -> Result:
        """Read a document back. Raises pydantic's ValidationError when it does not fit the schema."""
        return cls.model_validate_json(text)
