"""Limits of a sandbox. Apart from `Settings`: they change no result, and are not written into one."""

from __future__ import annotations

from functools import cache

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from unmask.settings import load_kind


class SandboxSettings(BaseSettings):
    """Where media are decoded, and what that may take."""

    model_config = SettingsConfigDict(env_prefix="UNMASK_SANDBOX_", frozen=True, extra="ignore")

    enabled: bool = Field(True, description="Decode in processes of their own. Off: in this one, without any limit.")
    memory: int = Field(4 * 1024**3, ge=256 * 1024**2, description="Address space of one sandbox, bytes.")
    silence: float = Field(120.0, gt=0, description="Longest time without any step forward, seconds.")
    processor: float = Field(600.0, gt=0, description="Processor time of one sandbox, seconds; more for long media.")


@cache
def load_sandbox() -> SandboxSettings:
    """The settings of the environment, read once. Raises SettingsError as `load`."""
    return load_kind(SandboxSettings, None)
