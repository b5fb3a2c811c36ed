"""What the API answers, as frozen values. What a newer server says besides is kept out, and breaks nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

State = Literal["queued", "running", "done", "failed", "cancelled"]
FINAL: frozenset[str] = frozenset({"done", "failed", "cancelled"})


class Answer(BaseModel):
    """Base of all parts."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Verdict(Answer):
    """The answer in short. `probability` (0 to 1) is None where nothing could be assessed."""

    label: str
    probability: float | None


class Media(Answer):
    """The file as received; what is not known yet is None. Its name is data from outside."""

    name: str
    sha256: str | None
    bytes: int | None
    duration: float | None


class Failure(Answer):
    """Why an analysis failed; the code is stable."""

    code: str
    message: str
    hint: str = ""


class Finding(Answer):
    """What one detector concluded about one subject."""

    detector: str
    subject: str
    state: str
    probability: float | None
    reason: str | None


class Artifact(Answer):
    """A file that the analysis made."""

    name: str
    bytes: int
    sha256: str
    media_type: str


class Analysis(Answer):
    """An analysis as the server knows it. Findings and artifacts are empty in lists."""

    id: str
    state: State
    stage: str | None
    fraction: float
    label: str | None
    media: Media
    verdict: Verdict | None
    error: Failure | None
    created: datetime
    finished: datetime | None
    findings: tuple[Finding, ...] = ()
    artifacts: tuple[Artifact, ...] = ()

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in FINAL


class Page(Answer):
    """A stretch of a list; `next` is the cursor of what follows, None at the end."""

    items: tuple[Analysis, ...]
    next: str | None


class Event(Answer):
    """Something that happened to an analysis: `state`, `progress`, `media` or `finding`, with its place in the row."""

    id: int
    kind: str
    data: dict[str, Any] = Field(default_factory=dict)


class Progress(Answer):
    """How far it is: `upload` or a stage of the analysis, and how much of it is done, 0 to 1."""

    stage: str
    fraction: float


OnProgress = Callable[[Progress], None]


def silent(_: Progress) -> None:
    """A callback that does nothing."""
