"""How lips and sound fit over the timeline: how clearly, and at which shift of the sound."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from unmask.explain.canvas import BLUE, FAINT, ORANGE, RULE, Canvas, clock_axis
from unmask.explain.words import plain
from unmask.language import ENGLISH, Language

if TYPE_CHECKING:
    from matplotlib.axes import Axes

USUAL = 0.12
"""Seconds of offset, either way, that recording and encoding cause in honest video; the network's `NEAR`."""

FARTHEST = 0.6
"""Seconds by which the sound was shifted to find where it fits best."""

MOST_CONFIDENT = 0.5
"""Least height of the confidence axis, so that noise does not fill it."""


@dataclass(frozen=True, slots=True)
class SyncCurve:
    """What is drawn of one person, a value for every window in the order of time.

    `times` are the windows' middles in seconds, `offsets` seconds by which the sound comes late, `confidences` how
    clearly it fits there (0..2). `segments` are (start, end) of the stretches that were found out of sync.
    """

    subject: str
    end: float
    times: tuple[float, ...]
    offsets: tuple[float, ...]
    confidences: tuple[float, ...]
    segments: tuple[tuple[float, float], ...]


def draw_sync(curve: SyncCurve, language: Language = ENGLISH) -> bytes:
    """Two curves as SVG over the media's clock: confidence above, offset below with the usual range shaded."""
    with Canvas(9.2, 4.4, language) as canvas:
        above, below = canvas.figure.subplots(2, 1, sharex=True)
        for axes in (above, below):
            axes.spines[["top", "right", "left"]].set_visible(False)
            axes.set_axisbelow(True)
            axes.grid(axis="y", color=RULE, linewidth=0.8)
            for start, end in curve.segments:
                axes.axvspan(start, end, color=ORANGE, alpha=0.16, linewidth=0, zorder=1)
        _line(above, curve.times, curve.confidences)
        above.set_ylim(0, max(MOST_CONFIDENT, 1.1 * max(curve.confidences)))
        above.yaxis.set_major_formatter(lambda value, _place: plain(round(value, 6), language))
        above.set_ylabel(canvas.say("confidence"))
        canvas.title(above, canvas.say("How the sound fits the lips of {person}", person=curve.subject))
        _line(below, curve.times, curve.offsets)
        below.axhspan(-USUAL, USUAL, color=FAINT, alpha=0.12, linewidth=0, zorder=0)
        below.set_ylim(-1.1 * FARTHEST, 1.1 * FARTHEST)
        far = plain(FARTHEST, language)
        early, late = canvas.say("{seconds} s early", seconds=far), canvas.say("{seconds} s late", seconds=far)
        below.set_yticks([-FARTHEST, 0, FARTHEST], [early, canvas.say("in time"), late])
        below.set_ylabel(canvas.say("sound is"))
        clock_axis(below, 0.0, curve.end)
        return canvas.svg()


def _line(axes: Axes, times: tuple[float, ...], values: tuple[float, ...]) -> None:
    """Dots, joined where windows follow each other."""
    gaps = [b - a for a, b in pairwise(times)]
    step = min(gaps, default=1.0)
    breaks = [i + 1 for i, gap in enumerate(gaps) if gap > 2.1 * step]
    axes.scatter(np.array(times), np.array(values), s=12, color=BLUE, linewidths=0, zorder=4)
    for first, last in pairwise([0, *breaks, len(times)]):
        axes.plot(times[first:last], values[first:last], color=BLUE, linewidth=1.6, zorder=3)
