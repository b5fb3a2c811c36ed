"""Unmask: examines a video that somebody doubts and says when, where, in which sound, how sure, and why.

>>> import unmask
>>> result = unmask.analyze("clip.mp4")
>>> result.verdict.label
'likely_manipulated'
"""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING

from unmask.errors import UnmaskError

if TYPE_CHECKING:
    from unmask.result import Result
    from unmask.settings import Settings

    __version__: str

__all__ = ["UnmaskError", "__version__", "analyze"]


def __getattr__(name: str) -> str:
    """The version, read when it is asked for: finding it takes a tenth of what `unmask --help` may."""
    if name != "__version__":
        raise AttributeError(f"module 'unmask' has no attribute {name!r}")
    from importlib.metadata import version

    return version("unmask")


def analyze(
    path: str | PathLike[str],
    out: str | PathLike[str] | None = None,
    settings: Settings | None = None,
    *,
    probe: bool = False,
) -> Result:
    """Analyse one video, sound file or still picture.

    Args:
        path: the file.
        out: folder for the report and the evidence; `PATH.unmask` beside the file when None.
        settings: limits and sampling; those of the environment when None.
        probe: also judge three light re-encodings, for `verdict.stability`; takes some four times as long.

    Returns:
        The result document, also written to `out/result.json`, with `out/report.html` and `out/report.pdf` beside it.

    Raises:
        UnmaskError: with a stable `code`, when the file can't be analysed.
    """
    from pathlib import Path

    from unmask.bootstrap import analyzer

    return analyzer(settings).analyze(Path(path), Path(out) if out is not None else None, probe=probe)
