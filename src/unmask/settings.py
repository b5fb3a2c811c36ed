"""All settings, as one typed object. Each can be set by an environment variable `UNMASK_<NAME>`.

Secrets need not stand in the environment: with `UNMASK_SETTINGS_DIR=/run/secrets` the file `/run/secrets/unmask_<name>`
gives the setting of that name. The environment goes before such a file.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import Field, FilePath, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from unmask.errors import SettingsError
from unmask.llm.models import fault

LanguageCode = Literal["en", "es", "fr", "de", "ar"]
"""The languages that there are catalogues of."""


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
    device: Literal["auto", "cpu", "gpu"] = Field(
        "auto", description="What the networks run on; a graphics card is used where TensorFlow can, unless cpu."
    )
    extra_models: Path | None = Field(
        None, description="Folder with cards/ and weights/ of added models; see `unmask models add`."
    )
    wide_faces: bool = Field(
        False, description="Keep a wider crop of each face too; set by itself where an added model needs it."
    )
    c2pa_trust: FilePath | None = Field(
        None, description="PEM file of the roots whose content credentials are trusted; none are when unset."
    )
    language: LanguageCode = Field("en", description="Language of the words and the report.")
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
    return load_kind(Settings, overrides)


Kind = TypeVar("Kind", bound=BaseSettings)


def load_kind(kind: type[Kind], overrides: Mapping[str, Any] | None) -> Kind:
    """Settings of a kind from environment and secrets' folder. Raises SettingsError as `load`."""
    given = {name: value for name, value in (overrides or {}).items() if value is not None}
    if (folder := os.environ.get("UNMASK_SETTINGS_DIR")) and Path(folder).is_dir():
        given["_secrets_dir"] = folder
    try:
        return kind(**given)
    except ValidationError as wrong:
        faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in wrong.errors())
        raise SettingsError(f"settings can't be used: {faults}") from wrong
    except OSError as wrong:  # a path that the system refuses even to look at
        raise SettingsError(f"settings can't be used: {wrong.strerror}") from wrong


class ServiceSettings(BaseSettings):
    """What the service depends on beside an analysis's own settings: addresses, secrets, limits.

    Apart from `Settings`, because those are written into every result, and secrets don't belong there. With nothing
    set, everything lies below `data`: SQLite, a folder as store, no broker.
    """

    model_config = SettingsConfigDict(env_prefix="UNMASK_", frozen=True, extra="ignore")

    data: Path = Field(Path("unmask-data"), description="Folder of the embedded mode: database, store, work files.")
    database_url: SecretStr | None = Field(
        None, description="postgresql://USER:PASSWORD@HOST/NAME, or sqlite:///PATH; a file below `data` when unset."
    )
    broker_url: SecretStr | None = Field(
        None, description="redis://HOST:PORT/N of the Celery broker; worker processes without a broker when unset."
    )
    storage_url: str | None = Field(
        None, description="s3://BUCKET/PREFIX, file:///PATH or memory:; the folder `data`/store when unset."
    )
    storage_endpoint: str | None = Field(None, description="Address of an S3 server that is not Amazon's.")
    storage_public_endpoint: str | None = Field(
        None, description="Address of the same S3 server as clients reach it, for presigned links."
    )
    storage_region: str = Field("us-east-1", description="Region of the S3 bucket.")
    storage_key: SecretStr | None = Field(None, description="S3 access key; AWS's own variables count when unset.")
    storage_secret: SecretStr | None = Field(None, description="S3 secret key.")
    storage_encryption: Literal["none", "AES256", "aws:kms"] = Field(
        "none", description="Server-side encryption that is asked of the S3 server for every object."
    )
    storage_kms_key: str | None = Field(None, description="Key id for aws:kms; the bucket's default when unset.")
    presign: bool = Field(True, description="Answer artifacts with a link to the store, where the store can.")
    presign_seconds: int = Field(300, ge=10, le=7 * 86_400, description="How long a presigned link holds.")
    keyless: bool = Field(False, description="Serve without keys; only on a loopback address, see `unmask serve`.")
    max_upload_bytes: int = Field(4 * 1024**3, gt=0, description="Largest upload, bytes; `max_bytes` holds as well.")
    upload_seconds: int = Field(86_400, ge=60, description="How long an unfinished upload is kept.")
    url_seconds: float = Field(600, gt=0, description="Longest time for fetching a media by its address, seconds.")
    url_hosts: tuple[str, ...] = Field(
        (), description='JSON list; only these hosts are fetched from and sent to, ".example.org" with all below it.'
    )
    url_allow_networks: tuple[str, ...] = Field(
        (), description="JSON list of networks (CIDR) that may be fetched from and sent to although not public."
    )
    webhook_seconds: float = Field(10, gt=0, le=60, description="Longest time for one attempt at a webhook, seconds.")
    rate_per_minute: int = Field(600, ge=1, description="Requests a minute of a key that has no rate of its own.")
    rate_burst: int = Field(120, ge=1, description="Requests at once of a key that has no burst of its own.")
    metrics_port: int | None = Field(None, ge=1, le=65_535, description="Port for /metrics of workers and beat.")
    metrics_host: str = Field("127.0.0.1", description="Address on which workers and beat serve /metrics.")
    max_batch: int = Field(1000, ge=1, le=100_000, description="Most items in one batch.")
    retention_days: float | None = Field(
        None, ge=0, description="Days until an analysis is deleted, unless it or its project says otherwise."
    )

    def database(self) -> str:
        """SQLAlchemy's address of the database."""
        if self.database_url is None:
            return f"sqlite:///{(self.data / 'unmask.sqlite3').resolve()}"
        url = self.database_url.get_secret_value()
        for plain in ("postgresql://", "postgres://"):
            if url.startswith(plain):
                return "postgresql+psycopg://" + url.removeprefix(plain)
        return url

    def storage(self) -> str:
        """The store's address; a folder below `data` when none is set."""
        return self.storage_url or (self.data / "store").resolve().as_uri()


def load_service(overrides: Mapping[str, Any] | None = None) -> ServiceSettings:
    """The service's settings from the environment, with `overrides` above them; those that are None don't count.

    Raises:
        SettingsError: a value is of the wrong kind or out of its range.
    """
    return load_kind(ServiceSettings, overrides)
