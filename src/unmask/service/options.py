"""What a client may ask of one analysis."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, HttpUrl

from unmask.db.tables import Priority

Label = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]
DetectorName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,49}(:[a-z0-9][a-z0-9_-]{0,40})?$")]
"""Of a shipped detector, or of an added model: `face:NAME`, `voice:NAME`."""


class Options(BaseModel):
    """Options of one analysis; what is left out follows the server's settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fps: float | None = Field(None, ge=0.1, le=60, description="Frames looked at in a second of video.")
    detectors: list[DetectorName] | None = Field(
        None, min_length=1, max_length=20, description="Only these detectors; all when left out. See `GET /v1/models`."
    )
    probe: bool = Field(False, description="Judge three light re-encodings too; takes some four times as long.")
    video: bool | None = Field(
        None, description="Draw faces, heat and findings into a copy of the video too; takes about as long as it lasts."
    )
    narrative: Literal["built_in", "model"] | None = Field(
        None,
        description="Who words the explanation; left out, the server's language model if it has one, or else Unmask.",
    )
    language: str | None = Field(
        None,
        pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$",
        description="Language of the words and the report, for example fr; the server's where there is none such.",
    )
    retention_days: float | None = Field(
        None,
        ge=0,
        le=36_500,
        description="Days until it is deleted. 0: its media leaves the store as soon as it ended.",
    )
    keep_record: bool = Field(False, description="Keep the signed record when retention deletes the rest.")
    webhook: HttpUrl | None = Field(None, description="Address that is told when the analysis ends.")
    priority: Priority = Field("interactive", description="Interactive analyses go before those of a batch.")
    label: Label | None = Field(None, description="A word of your own, to find it again.")
