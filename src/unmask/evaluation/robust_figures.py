"""Places for the drawing of falls: one row per corruption, the fall as a dot on its interval. Units of an SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from unmask.evaluation.robust_document import Changed

WIDTH, NAMES, ROW, TOP = 560.0, 130.0, 22.0, 8.0
STEP = 0.1


@dataclass(frozen=True, slots=True)
class Fallen:
    """One row: where its dot, its interval and its name stand, and what it says."""

    name: str
    y: float
    mark: float
    low: float
    high: float
    text: str


@dataclass(frozen=True, slots=True)
class Forest:
    """All rows of one subject; `ticks` as (place, text), `zero` where nothing falls."""

    subject: str
    style: int
    rows: tuple[Fallen, ...]
    ticks: tuple[tuple[float, str], ...]
    zero: float
    height: float


def forests(found: Sequence[Changed]) -> tuple[Forest, ...]:
    """A drawing per subject that has a fall, all on one scale."""
    measured = [fall.fall for one in found for fall in one.falls if fall.fall is not None]
    if not measured:
        return ()
    low = math.floor(max(-1.0, min(-STEP, *(f.low for f in measured))) / STEP - 1e-9) * STEP
    high = math.ceil(min(1.0, max(STEP, *(f.high for f in measured))) / STEP + 1e-9) * STEP

    def place(value: float) -> float:
        inside = min(high, max(low, value))
        return NAMES + (inside - low) / (high - low) * (WIDTH - NAMES - 24)

    stride = max(1, round((high - low) / STEP / 6))
    first, last = round(low / STEP), round(high / STEP)
    ticks = tuple(
        (place(n * STEP), f"{n * STEP:+.1f}".replace("-", "\N{MINUS SIGN}") if n else "0")
        for n in range(first, last + 1)
        if n % stride == 0
    )
    subjects = dict.fromkeys(fall.subject for one in found for fall in one.falls if fall.fall is not None)
    drawn = []
    for style, subject in enumerate(subjects):
        rows: list[Fallen] = []
        for one in found:
            fall = one.of(subject)
            if fall is not None and fall.fall is not None:
                value = fall.fall
                text = f"{one.name}: AUC falls by {value.value:.3f} ({value.low:.3f} to {value.high:.3f})"
                y = TOP + ROW * (len(rows) + 0.5)
                rows.append(Fallen(one.name, y, place(value.value), place(value.low), place(value.high), text))
        drawn.append(Forest(subject, style, tuple(rows), ticks, place(0.0), TOP + ROW * len(rows)))
    return tuple(drawn)
