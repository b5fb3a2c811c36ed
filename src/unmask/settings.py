"""All settings, as one typed object. Each can be set by an environment variable `UNMASK_<NAME>`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, FilePath, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from unmask.errors import SettingsError
from unmask.llm.models import fault


class Settings(BaseSettings):
    """What a run depends on beside the media and the models. Frozen: a run can't change it on its way."""

    model_config = SettingsConfigDict(env_prefix="UNMASK_", frozen=True, extra="ignore")

    max_bytes: int = Field(4 * 1024**3, gt=0, description="Largest file that is taken, bytes.")
    max_seconds: float = Field(6 * 3600.0, gt=0, description="Longest media that is taken, seconds.")
    max_pixels: int = Field(8192 * 4608, gt=0, description="Most pixels in a picture that is taken.")
    fps: float = Field(4.0, gt=0, le=60, description="Frames looked at in a second of video.")
    shard_seconds: float = Field(30.0, ge=1, description="Length of a shard, seconds.")
    max_faces: int = Field(8, ge=1, le=64, description="Most faces looked at in one frame, the largest first.")
    min_face: float = Field(40.0, ge=8, description="Faces smaller than this (pixels, shorter side) are not scored.")
    evidence_per_subject: int = Field(3, ge=1, le=20, description="Heat maps shown for one person.")
    models: Path | None = Field(None, description="Folder with cards/ and weights/; the package's own when unset.")
    c2pa_trust: FilePath | None = Field(
        None, description="PEM file of the roots whose content credentials are trusted; none are when unset."
    )
    language: Literal["en", "es", "fr", "de", "ar"] = Field("en", description="Language of the words and the report.")
    pdf: bool = Field(True, description="Write `report.pdf` too.")
    clips: bool = Field(True, description="Cut a clip of each stretch that was found in a video.")
    video: bool = Field(False, description="Write `annotated.mp4`, which takes about as long as the video lasts.")
    video_seconds: float = Field(600.0, gt=0, description="Longest annotated film, seconds; of more, a part.")
    signing_key: SecretStr | None = Field(
        None, exclude=True, description="Private key that signs records: a PEM file's path, or the PEM itself."
    )
    keys: Path | None = Field(
        None,
        exclude=True,
        description="Folder of the own key and the trusted ones; in the user's configuration if unset.",
    )
    timestamp_url: str | None = Field(None, description="RFC 3161 server that dates every signature; none when unset.")
    timestamp_roots: FilePath | None = Field(
        None, exclude=True, description="PEM file of the roots whose timestamps `unmask verify` believes."
    )
    llm: str | None = Field(
        None, description="Language model that may reword: provider:name, an OpenAI-compatible URL, or local[:file]."
    )
    llm_seconds: float = Field(60.0, gt=0, le=600, description="Longest wait for one answer of a model, seconds.")
    vision_llm: str | None = Field(None, description="Vision model whose opinion on frames is shown; none when unset.")
    seed: int = Field(20261122, description="Seed of everything that draws at random.")

    @field_validator("llm", "vision_llm")
    @classmethod
    def _names_a_model(cls, spec: str | None) -> str | None:
        if spec and (wrong := fault(spec)):
            raise ValueError(wrong)
        return spec or None


def load(overrides: Mapping[str, Any] | None = None) -> Settings:
    """Settings of the environment, with `overrides` above them; those that are None don't count.

    Raises:
        SettingsError: a value is of the wrong kind or out of its range.
    """
    given = {name: value for name, value in (overrides or {}).items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as wrong:
        faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in wrong.errors())
        raise SettingsError(f"settings can't be used: {faults}") from wrong
