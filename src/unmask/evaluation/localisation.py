"""Temporal localisation: how well the reported stretches lie on the true ones.

Average precision at an overlap, as for temporal action detection (Caba Heilbron et al., ActivityNet, CVPR 2015): all
stretches of all files in the order of their probability; each true stretch can be found once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from unmask.evaluation.document import Localisation
from unmask.evaluation.metrics import FEW_DRAWS, estimate
from unmask.evaluation.outcome import Estimate, Stretch
from unmask.training.statistics import group_draws

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Located:
    """One file: its true stretches (none for a real one), and what was reported as (start, end, probability)."""

    true: tuple[Span, ...]
    reported: tuple[tuple[float, float, float], ...]
    group: str


def iou(one: Span, other: Span) -> float:
    """Intersection over union of two stretches of time, 0 to 1."""
    both = min(one[1], other[1]) - max(one[0], other[0])
    either = max(one[1], other[1]) - min(one[0], other[0])
    return max(0.0, both) / either if either > 0 else 0.0


def merged(stretches: Sequence[Stretch]) -> tuple[tuple[float, float, float], ...]:
    """Stretches of several persons or detectors that overlap, taken as one with the highest probability."""
    found: list[tuple[float, float, float]] = []
    for one in sorted(stretches, key=lambda s: s.start):
        if found and one.start <= found[-1][1]:
            start, end, probability = found[-1]
            found[-1] = (start, max(end, one.end), max(probability, one.probability))
        else:
            found.append((one.start, one.end, one.probability))
    return tuple(found)


def average_precision_at(files: Sequence[Located], overlap: float) -> float:
    """Average precision, 0 to 1: the area under the interpolated precision over recall.

    Raises ValueError when there is no true stretch.
    """
    total = sum(len(file.true) for file in files)
    if total == 0:
        raise ValueError("no true stretch")
    ranked = sorted(
        ((p, number, (a, b)) for number, file in enumerate(files) for a, b, p in file.reported), key=lambda r: -r[0]
    )
    open_ones = [list(file.true) for file in files]
    hits = []
    for _, number, span in ranked:
        best = max(open_ones[number], key=lambda true: iou(span, true), default=None)
        hit = best is not None and iou(span, best) >= overlap
        if hit and best is not None:
            open_ones[number].remove(best)
        hits.append(hit)
    if not hits:
        return 0.0
    found = np.cumsum(hits)
    precision = np.maximum.accumulate((found / np.arange(1, len(hits) + 1))[::-1])[::-1]
    return float(np.sum(precision[np.asarray(hits)]) / total)


def localise(files: Sequence[Located], *, draws: int = FEW_DRAWS, seed: int = 0) -> Localisation | None:
    """AP at 0.5 and 0.75 with intervals by group; None when no file says where it was altered."""
    if not any(file.true for file in files):
        return None
    altered = np.array([bool(file.true) for file in files])
    samples = group_draws(altered, [file.group for file in files], draws=draws, seed=seed)

    groups = len({file.group for file in files if file.true})

    def measured(overlap: float) -> Estimate:
        drawn = [average_precision_at([files[i] for i in sample], overlap) for sample in samples]
        return estimate(average_precision_at(files, overlap), drawn, groups)

    return Localisation(
        n_files=len(files),
        n_true=sum(len(file.true) for file in files),
        n_reported=sum(len(file.reported) for file in files),
        ap_50=measured(0.5),
        ap_75=measured(0.75),
    )
