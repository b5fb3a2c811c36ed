"""What the API takes and gives, beside problem documents."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, model_validator

from unmask.db.tables import Analysis, Artifact, Batch, Deletion, Feedback, FindingRow, Judgement, Priority, State
from unmask.result import Label as VerdictLabel
from unmask.result import Probability
from unmask.service.options import Label, Options

EXAMPLE_ID = "01KB0000000000000000000000"
Identity = Annotated[str, Field(pattern=r"^[0-7][0-9A-HJKMNP-TV-Z]{25}$", examples=[EXAMPLE_ID])]

Name = Annotated[
    str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$")
]
"""A word or two that an admin gives something; it is text and never anything else."""


class Given(BaseModel):
    """Base of what clients send: closed, so that a misspelt option is an error and not ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def exactly_one(*names: str) -> Callable[[dict[str, Any]], None]:
    """Say in a schema what a validator asks for: exactly one of these fields, and no null."""

    def say(schema: dict[str, Any]) -> None:
        for name in names:
            field = schema["properties"][name]
            field |= next(kind for kind in field.pop("anyOf") if kind.get("type") != "null")
            field.pop("default", None)
        schema["oneOf"] = [{"required": [name]} for name in names]

    return say


def has_exactly_one(given: BaseModel, *names: str) -> bool:
    """Whether exactly one of these fields was sent, and is no null."""
    sent = given.model_fields_set & set(names)
    return len(sent) == 1 and getattr(given, sent.pop()) is not None


class NewAnalysis(Given):
    """An analysis of what lies at an address, or of a finished upload. Exactly one of the two."""

    url: HttpUrl | None = Field(None, description="Public http or https address of the media.")
    upload: Identity | None = Field(None, description="Id of a finished upload, see `/v1/uploads`.")
    options: Options = Field(default_factory=Options)

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra=exactly_one("url", "upload"))

    @model_validator(mode="after")
    def _has_one_source(self) -> NewAnalysis:
        if not has_exactly_one(self, "url", "upload"):
            raise ValueError("exactly one of url and upload must be given")
        return self


class NewBatch(Given):
    """Analyses that are asked for together. They have the priority `batch`, whatever their options say."""

    items: Annotated[list[NewAnalysis], Field(min_length=1)]
    label: Label | None = None

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={
            "examples": [{"label": "monday", "items": [{"url": "https://media.example.org/interview.mp4"}]}]
        },
    )


class NewRerun(Given):
    """The same media again, with today's models. Options that are left out are those of the earlier analysis."""

    options: Options | None = None


class NewFeedback(Given):
    """A person's judgement of the media."""

    judgement: Judgement = Field(examples=["authentic"])
    comment: str = Field("", max_length=4000, pattern=r"^[^\x00]*$")
    author: str = Field("", max_length=100, pattern=r"^[^\x00]*$")


class MediaOut(BaseModel):
    """The media; what is not known yet is null. `name` is data from outside."""

    name: str = Field(examples=["interview.mp4"])
    sha256: str | None
    bytes: int | None
    duration: float | None = Field(description="Seconds.")
    source_url: str | None
    kept: bool = Field(description="Whether the bytes are in the store.")


class VerdictOut(BaseModel):
    """The answer in short; the report has it in full."""

    label: VerdictLabel
    probability: Probability | None


class ErrorOut(BaseModel):
    """Why it failed."""

    code: str = Field(examples=["not_media"])
    status: int
    message: str
    hint: str


class FindingOut(BaseModel):
    """What one detector concluded about one subject."""

    detector: str
    subject: str
    state: str
    probability: Probability | None
    reason: str | None


class ArtifactOut(BaseModel):
    """A file that the analysis made."""

    name: str = Field(examples=["report.html"])
    bytes: int
    sha256: str
    media_type: str
    url: str


class AnalysisOut(BaseModel):
    """An analysis as lists show it."""

    id: Identity
    state: State
    stage: str | None = Field(description="ingest, media, detect, fuse, explain or report, while it runs.")
    fraction: float = Field(ge=0, le=1, description="How much of the stage is done.")
    priority: Priority
    label: str | None
    media: MediaOut
    verdict: VerdictOut | None = Field(description="Set once it is done.")
    error: ErrorOut | None = Field(description="Set if it failed.")
    options: dict[str, Any]
    batch: str | None
    rerun_of: str | None
    created: datetime
    started: datetime | None
    finished: datetime | None
    expires: datetime | None = Field(description="When it will be deleted.")
    links: dict[str, str]

    @classmethod
    def of(cls, row: Analysis) -> AnalysisOut:
        """From its row."""
        return cls(**_fields(row))


class AnalysisDetail(AnalysisOut):
    """An analysis with what is known of it so far."""

    findings: list[FindingOut]
    artifacts: list[ArtifactOut]

    @classmethod
    def of_all(cls, row: Analysis, findings: list[FindingRow], artifacts: list[Artifact]) -> AnalysisDetail:
        """From all its rows."""
        return cls(
            **_fields(row),
            findings=[
                FindingOut(
                    detector=f.detector, subject=f.subject, state=f.state, probability=f.probability, reason=f.reason
                )
                for f in findings
            ],
            artifacts=[artifact_out(row.id, artifact) for artifact in artifacts],
        )


class AnalysisPage(BaseModel):
    """A stretch of a list, the newest first. `next` is the cursor of what follows, null at the end."""

    items: list[AnalysisOut]
    next: str | None


class BatchOut(BaseModel):
    """A batch: how many analyses it has, how many of them are in each state, and what came of those that are done.

    Those that were deleted meanwhile are among the total only.
    """

    id: Identity
    label: str | None
    total: int
    states: dict[State, int]
    verdicts: dict[VerdictLabel, int]
    created: datetime
    links: dict[str, str]

    @classmethod
    def of(cls, row: Batch, states: dict[State, int], verdicts: dict[VerdictLabel, int]) -> BatchOut:
        """From its row."""
        links = {"self": f"/v1/batches/{row.id}", "analyses": f"/v1/analyses?batch={row.id}"}
        counts: dict[str, Any] = {"total": row.total, "states": states, "verdicts": verdicts}
        return cls(id=row.id, label=row.label, created=row.created_at, links=links, **counts)


class BatchPage(BaseModel):
    """A stretch of the list, the newest first. `next` is the cursor of what follows, null at the end."""

    items: list[BatchOut]
    next: str | None


class FeedbackOut(BaseModel):
    """A judgement that was given."""

    id: Identity
    judgement: Judgement
    comment: str
    author: str
    created: datetime

    @classmethod
    def of(cls, row: Feedback) -> FeedbackOut:
        """From its row."""
        return cls(id=row.id, judgement=row.judgement, comment=row.comment, author=row.author, created=row.created_at)


Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
"""A time as it stands in a receipt, letter by letter: its digest covers it."""


class Receipt(BaseModel):
    """The proof of a deletion; `unmask verify` checks it.

    `digest` is the SHA-256 of the canonical form (RFC 8785) without `digest`, `signature` and `unsigned`, and the
    signature (Ed25519) covers the canonical form without the last two.
    """

    model_config = ConfigDict(extra="allow")

    schema_id: str = Field(alias="schema", examples=["unmask.deletion/1"])
    analysis: str
    requested: Moment
    completed: Moment | None = Field(description="Null while objects are still to be removed.")
    media: dict[str, Any] | None
    rows: dict[str, int]
    objects: list[dict[str, Any]]
    remaining: int | None = Field(description="Objects that were found when it was looked for afterwards.")
    digest: str | None = None
    signature: dict[str, str] | None = Field(None, description="`algorithm`, `key` and `value`, as in a result.")
    unsigned: str | None = Field(None, description="Why there is no signature.", examples=["no_key"])

    @classmethod
    def of(cls, row: Deletion) -> Receipt:
        """From its row."""
        return cls(**row.receipt)


class ModelOut(BaseModel):
    """A model of this server."""

    name: str = Field(examples=["face"])
    version: str
    title: str
    sha256: str
    created: str
    parameters: int | None = Field(None, description="Null where nobody counted them.")
    input: str | None = None
    source: str | None = Field(None, description="Where it comes from, if it was added to those that ship.")
    metrics: list[dict[str, Any]] = Field(description="Over data of which nothing trained; intervals are 95 %.")
    limits: list[str]


class Models(BaseModel):
    """All models, added ones too, and the names of the detectors that `options.detectors` may choose from."""

    models: list[ModelOut]
    detectors: list[str]


class Health(BaseModel):
    """Whether the server is well; of each part that it needs, "ok" or what is wrong."""

    status: str = Field(examples=["ok"])
    version: str
    checks: dict[str, str] = Field(default_factory=dict)


def artifact_out(analysis: str, artifact: Artifact) -> ArtifactOut:
    """An artifact from its row."""
    return ArtifactOut(
        name=artifact.name,
        bytes=artifact.size,
        sha256=artifact.sha256,
        media_type=artifact.media_type,
        url=f"/v1/analyses/{analysis}/artifacts/{artifact.name}",
    )


def _fields(row: Analysis) -> dict[str, Any]:
    here = f"/v1/analyses/{row.id}"
    links = {"self": here, "events": f"{here}/events"}
    if row.state == "done":
        links |= {form: f"{here}/report.{form}" for form in ("json", "html", "pdf")}
    failed = row.error_code is not None
    return {
        "id": row.id,
        "state": row.state,
        "stage": row.stage if row.state == "running" else None,
        "fraction": row.fraction,
        "priority": row.priority,
        "label": row.label,
        "media": {
            "name": row.media_name,
            "sha256": row.media_sha256,
            "bytes": row.media_bytes,
            "duration": row.duration,
            "source_url": row.source_url,
            "kept": row.media_held,
        },
        "verdict": {"label": row.verdict, "probability": row.probability} if row.verdict else None,
        "error": {
            "code": row.error_code,
            "status": row.error_status or 500,
            "message": row.error_message or "",
            "hint": row.error_hint or "",
        }
        if failed
        else None,
        "options": row.options,
        "batch": row.batch_id,
        "rerun_of": row.rerun_of,
        "created": row.created_at,
        "started": row.started_at,
        "finished": row.finished_at,
        "expires": row.expires_at,
        "links": links,
    }
