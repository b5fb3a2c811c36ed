"""The result document as a file."""

from __future__ import annotations

from pathlib import Path

from unmask.result import Result

NAME = "result.json"


def write_json(result: Result, folder: Path) -> Path:
    """Write `result.json` into an existing folder; returns its path."""
    path = folder / NAME
    path.write_text(result.to_json(indent=2) + "\n", encoding="utf-8")
    return path
