"""The register of bad inputs: what one is, and the two ways to add one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.makers import make_video

Maker = Callable[[Path], Path]


@dataclass(frozen=True, slots=True)
class BadInput:
    """A kind of bad input: `make(folder)` gives its path; `code` is the error's, None where it must be analysed.

    `settings` are overrides for it. `note` must be in one of the media's notes where it is analysed.
    """

    name: str
    make: Maker
    code: str | None
    settings: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""


BAD_INPUTS: dict[str, BadInput] = {}


def bad(code: str | None, note: str = "", **settings: Any) -> Callable[[Maker], Maker]:
    """Register the decorated maker under its name (without a leading underscore)."""

    def register(make: Maker) -> Maker:
        name = make.__name__.lstrip("_")
        BAD_INPUTS[name] = BadInput(name, make, code, settings, note)
        return make

    return register


def raw(name: str, code: str | None, data: bytes, file: str = "clip.mp4") -> None:
    """Register a file that is just these bytes."""

    def make(folder: Path) -> Path:
        (folder / file).write_bytes(data)
        return folder / file

    BAD_INPUTS[name] = BadInput(name, make, code)


def changed(folder: Path, change: Callable[[bytes], bytes], suffix: str = ".mp4", **video: Any) -> Path:
    """A small video with its bytes changed; the index of an mp4 comes last, so that it may change its size."""
    path = make_video(folder / f"source{suffix}", **{"faststart": False} | video)
    target = folder / f"clip{suffix}"
    target.write_bytes(change(path.read_bytes()))
    return target
