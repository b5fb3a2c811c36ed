"""One signal over the timeline: a picture that a reader who knows no statistics can follow."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from unmask.explain.canvas import BLUE, FAINT, ORANGE, RULE, Canvas, clock_axis
from unmask.explain.words import how_much, number, plain
from unmask.fusion.segments import SMOOTH
from unmask.language import ENGLISH, Language

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]

MOST_POINTS = 600
"""More points than this are drawn as the range and the middle of neighbours: a curve has about as many pixels."""


@dataclass(frozen=True, slots=True)
class Curve:
    """What is drawn. `times` are the middles of the scored stretches, `probabilities` theirs; both in order of time.

    `step` is the usual distance of two times, in seconds: a gap of more than twice as much is left open.
    `segments` are (start, end, probability); `threshold` is the probability from which a segment is cut.
    """

    subject: str
    detector: str
    start: float
    end: float
    times: tuple[float, ...]
    probabilities: tuple[float, ...]
    step: float
    threshold: float
    segments: tuple[tuple[float, float, float], ...]


def draw_curve(curve: Curve, language: Language = ENGLISH) -> bytes:
    """The curve as SVG: probability 0 to 1 upwards, the media's clock to the right, segments shaded."""
    with Canvas(9.2, 3.1, language) as canvas:
        axes = canvas.axes()
        for start, end, probability in curve.segments:
            _shade(axes, curve, (start, end), number(probability, language))
        axes.axhline(curve.threshold, color=FAINT, linewidth=1.1, dashes=(5, 3), zorder=2)
        _line(axes, curve)
        _scales(canvas, axes, curve)
        return canvas.svg()


def smoothed(values: Array, width: int = SMOOTH) -> Array:
    """Running median, as segments are cut from it; fewer neighbours at the ends."""
    half = width // 2
    return np.array([np.median(values[max(0, i - half) : i + half + 1]) for i in range(len(values))])


def _line(axes: Axes, curve: Curve) -> None:
    times, raw = np.array(curve.times, np.float64), np.array(curve.probabilities, np.float64)
    middle, step = smoothed(raw), curve.step
    if len(times) > MOST_POINTS:
        times, low, middle, high = _thinned(times, raw, middle)
        step = float(np.median(np.diff(times)))
        for run in _runs(times, step):
            axes.fill_between(times[run], low[run], high[run], color=BLUE, alpha=0.18, linewidth=0, zorder=3)
    else:
        axes.scatter(times, raw, s=9, color=BLUE, alpha=0.4, linewidths=0, zorder=4)
    for run in _runs(times, step):
        lonely = len(times[run]) == 1
        axes.plot(times[run], middle[run], color=BLUE, linewidth=2, marker="o" if lonely else "", ms=4, zorder=5)


def _thinned(times: Array, raw: Array, middle: Array) -> tuple[Array, Array, Array, Array]:
    """Neighbours put together: mean time, lowest, middle and highest value."""
    parts = np.array_split(np.arange(len(times)), MOST_POINTS)
    return (
        np.array([times[p].mean() for p in parts]),
        np.array([raw[p].min() for p in parts]),
        np.array([np.median(middle[p]) for p in parts]),
        np.array([raw[p].max() for p in parts]),
    )


def _runs(times: Array, step: float) -> list[slice]:
    """Stretches without a gap: where nothing was scored, nothing is drawn."""
    breaks = np.flatnonzero(np.diff(times) > 2.1 * step) + 1
    edges = [0, *breaks.tolist(), len(times)]
    return [slice(a, b) for a, b in pairwise(edges)]


def _shade(axes: Axes, curve: Curve, span: tuple[float, float], probability: str) -> None:
    start, end = span
    axes.axvspan(start, end, color=ORANGE, alpha=0.16, linewidth=0, zorder=1)
    axes.plot([start, end], [1.0, 1.0], color=ORANGE, linewidth=5, solid_capstyle="butt", zorder=6, clip_on=False)
    if end - start > 0.06 * (curve.end - curve.start):
        axes.annotate(
            probability,
            ((start + end) / 2, 1.0),
            xytext=(0, 6),
            textcoords="offset points",
            ha="center",
            va="bottom",
            color=ORANGE,
            fontweight="bold",
        )


def _scales(canvas: Canvas, axes: Axes, curve: Curve) -> None:
    language = canvas.language
    axes.set_ylim(-0.02, 1.0)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "", plain(0.5, language), "", "1"])
    axes.grid(axis="y", color=RULE, linewidth=0.8)
    clock_axis(axes, curve.start, curve.end)
    canvas.title(axes, canvas.written(how_much(curve.detector, curve.subject, language)), pad=24)
    axes.annotate(
        canvas.say("finding\nfrom {probability}", probability=number(curve.threshold, language)),
        (1, curve.threshold),
        xycoords=("axes fraction", "data"),
        xytext=(5, 0),
        textcoords="offset points",
        va="center",
        color=FAINT,
        fontsize=9,
    )
    axes.set_ylabel(canvas.say("probability"))
