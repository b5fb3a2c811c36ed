"""The probe of an answer: the media is written anew lightly, judged again, and the spread of the answers is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from unmask.errors import Cancelled, UnmaskError
from unmask.progress import Progress, Stage
from unmask.reencode.light import Rewrite, variants
from unmask.result import Reading, Stability, Verdict
from unmask.types import Media
from unmask.workfolder import work_folder

UNSTABLE = "unstable"
"""The verdict's reason when a light re-encoding gets another label."""

Judge = Callable[[Path, Progress], Verdict]
"""Analyses a file up to its verdict. Raises UnmaskError when it can't."""


def probed(
    media: Media,
    verdict: Verdict,
    judge: Judge,
    progress: Progress,
    ways: Mapping[str, Rewrite] | None = None,
) -> Verdict:
    """The verdict with its stability: label and probability as they are, `unstable` among the reasons if labels differ.

    A re-encoding that fails is a reading with the error's code, and none of its own. The temporary files are gone
    afterwards. `ways` are those of the media's kind unless given. Raises what `progress` raises.
    """
    chosen = variants(media) if ways is None else ways
    readings = [
        _reading(media, name, write, judge, _Part(progress, number, len(chosen)))
        for number, (name, write) in enumerate(chosen.items())
    ]
    told = [r.probability for r in readings if r.probability is not None]
    if verdict.probability is not None:
        told.append(verdict.probability)
    spread = max(told) - min(told) if len(told) > 1 else None
    differs = any(r.label is not None and r.label != verdict.label for r in readings)
    reasons = [*verdict.reasons, UNSTABLE] if differs else verdict.reasons
    return verdict.model_copy(update={"stability": Stability(values=readings, spread=spread), "reasons": reasons})


def _reading(media: Media, name: str, write: Rewrite, judge: Judge, progress: Progress) -> Reading:
    try:
        with work_folder() as work:
            target = work / "variant"
            write(media, target)
            found = judge(target, progress)
    except Cancelled:
        raise
    except UnmaskError as refused:
        return Reading(variant=name, error=refused.code)
    except Exception:  # an encoder that breaks down costs one reading, never the analysis
        return Reading(variant=name, error=UnmaskError.code)
    return Reading(variant=name, label=found.label, probability=found.probability)


@dataclass(frozen=True, slots=True)
class _Part:
    """One variant's share of the progress: its whole analysis counts as a part of the stage `fuse`."""

    whole: Progress
    number: int
    of: int

    def __call__(self, stage: Stage, fraction: float) -> None:
        """Only reading and judging take time."""
        self.whole("fuse", (self.number + (fraction if stage == "media" else 0.0)) / self.of)
