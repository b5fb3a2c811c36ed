"""All settings, as one typed object. Each can be set by an environment variable `UNMASK_<NAME>`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, FilePath, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from unmask.errors import SettingsError


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
    extra_models: Path | None = Field(
        None, description="Folder with cards/ and weights/ of added models; see `unmask models add`."
    )
    wide_faces: bool = Field(
        False, description="Keep a wider crop of each face too; set by itself where an added model needs it."
    )
    c2pa_trust: FilePath | None = Field(
        None, description="PEM file of the roots whose content credentials are trusted; none are when unset."
    )
    seed: int = Field(20261122, description="Seed of everything that draws at random.")


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
