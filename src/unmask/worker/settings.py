"""What the worker side depends on beside the service's settings. Each is an environment variable `UNMASK_<NAME>`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from unmask.settings import ServiceSettings, load_kind


class WorkerSettings(ServiceSettings):
    """The service's settings and the workers' own. Seconds and bytes throughout.

    `lease` is how long a silent worker counts as alive, `visibility` how long the broker keeps a message that nobody
    acknowledged: it must be longer than the longest unit, or a unit would be handed out again while it is worked on.
    """

    workers: int | None = Field(None, ge=1, le=256, description="Worker processes of `unmask serve` without a broker.")
    analyzer: str = Field("unmask.bootstrap:analyzer", description="The composition root: MODULE:FUNCTION.")
    warm: bool = Field(True, description="Whether idle workers without a broker load the networks beforehand.")
    lease: float = Field(30.0, ge=2, description="Seconds without a sign of life after which a worker is dead.")
    heartbeat: float = Field(0.5, gt=0, description="Seconds between two looks at whether a unit goes on.")
    unit_seconds: float = Field(1800.0, ge=5, description="Longest time for one unit of work, seconds.")
    unit_memory: int = Field(6 * 1024**3, ge=64 * 1024**2, description="Most memory of a worker process, bytes.")
    visibility: float = Field(3600.0, ge=10, description="Seconds the broker waits for an acknowledgement.")
    most_attempts: int = Field(8, ge=1, description="Tries of a unit whose failures may pass.")
    backoff: float = Field(1.0, gt=0, description="Seconds before the second try; doubled for every further one.")
    most_backoff: float = Field(60.0, gt=0, description="Most seconds between two tries.")
    broker_prefix: str = Field("unmask:", description="Prefix of all keys in the broker.")
    tell_again: float = Field(300.0, ge=1, description="Seconds after which the broker is told again of a unit.")
    drain: float = Field(25.0, ge=0, description="Seconds that a worker which shall stop goes on with its unit.")
    cache: Path | None = Field(None, description="Folder for media on a worker; `data`/cache when unset.")
    cache_bytes: int = Field(20 * 1024**3, ge=0, description="Most bytes of media kept on a worker between units.")
    cache_seconds: float = Field(900.0, ge=0, description="Seconds after its last use that a worker keeps a media.")
    sweep: float = Field(0.5, gt=0, description="Seconds between two looks for units that nobody was told of.")
    retention_every: float = Field(60.0, gt=0, description="Seconds between two looks for what is to be deleted.")
    log_format: Literal["json", "text"] | None = Field(None, description="Text on a terminal, JSON lines elsewhere.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level that is logged.")
    trace: Literal["off", "log", "otlp"] = Field("off", description="Where OpenTelemetry spans go.")

    @model_validator(mode="after")
    def _in_order(self) -> WorkerSettings:
        if self.visibility <= self.unit_seconds:
            raise ValueError("visibility must be longer than unit_seconds")
        if self.heartbeat * 3 > self.lease:
            raise ValueError("lease must be at least three heartbeats")
        return self

    def cache_folder(self) -> Path:
        """Where a worker keeps media."""
        return (self.cache or self.data / "cache").resolve()

    def worker_count(self) -> int:
        """Worker processes of the embedded mode: as many as half the processors, for each uses several threads."""
        return self.workers or max(1, (os.cpu_count() or 1) // 2)


def load_worker(overrides: Mapping[str, Any] | None = None) -> WorkerSettings:
    """The settings of the environment, with `overrides` above them; those that are None don't count.

    Raises:
        SettingsError: a value is of the wrong kind, out of its range, or contradicts another.
    """
    return load_kind(WorkerSettings, overrides)
