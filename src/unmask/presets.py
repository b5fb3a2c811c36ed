"""Two ways to spend less or more on a file than usual; docs/performance.md says what they cost and gain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

Preset = Literal["fast", "thorough"]

PRESETS: Mapping[Preset, Mapping[str, Any]] = {
    "fast": {"fps": 1.0, "evidence_per_subject": 1, "pdf": False, "clips": False},
    "thorough": {"fps": 8.0, "evidence_per_subject": 6},
}
"""Settings by name of the preset. What a person sets besides goes before them."""


def with_preset(preset: Preset | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings `given` (None: not given) over those of the preset."""
    return {
        **(PRESETS[preset] if preset else {}),
        **{name: value for name, value in given.items() if value is not None},
    }
