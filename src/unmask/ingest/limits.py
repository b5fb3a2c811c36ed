"""How much of a media is taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from unmask.settings import Settings


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest file in bytes, the longest media in seconds, the largest picture in pixels."""

    max_bytes: int
    max_seconds: float
    max_pixels: int

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Those of the settings."""
        return cls(settings.max_bytes, settings.max_seconds, settings.max_pixels)
