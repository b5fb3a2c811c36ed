"""The sample clips that can be tried with one click: `setup.py` puts them into a built package."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).parent.parent
_PLACES = (_PACKAGE / "samples", _PACKAGE.parent.parent / "samples")
"""Inside the package, or beside a checkout's `src`."""


@cache
def files() -> dict[str, Path]:
    """Each sample by its name."""
    for place in _PLACES:
        found = {path.name: path for path in sorted(place.glob("*.mp4"))}
        if found:
            return found
    return {}


def names() -> list[str]:
    """What there is to try."""
    return list(files())
