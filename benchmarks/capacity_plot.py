"""The picture of a capacity model: clips a day by machines, with the ceilings; and predicted beside measured."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np

from benchmarks.capacity import DAY, Model

INK, MUTED, BLUE, ORANGE, GRID = "#1f2933", "#697586", "#1f5fa8", "#c2571a", "#e3e7ec"
NAME_HEIGHT = 0.05
"""Share of the axis's height that a name takes."""
STYLE: Any = {
    "font.size": 10,
    "svg.fonttype": "none",
    "svg.hashsalt": "unmask",
    "axes.edgecolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


def draw(model: Model, found: Any, path: Path) -> None:
    """Write it in the kind that the path's suffix names."""
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(10.5, 4.8), layout="constrained")
        left, right = figure.subplots(1, 2, width_ratios=(1.9, 1))
        _by_machines(left, model, found)
        _beside_measured(right, found["compared"])
        figure.savefig(path, dpi=150, metadata={"Date": None} if path.suffix == ".svg" else None)


def _by_machines(axes: Any, model: Model, found: Any) -> None:
    rows = found["machines"]
    machines = [row["machines"] for row in rows]
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.plot(machines, [row["clips_a_day_of_workers"] for row in rows], color=MUTED, ls="--", lw=1.3)
    axes.plot(machines, [row["clips_a_day"] for row in rows], color=BLUE, marker="o", ms=5, lw=2)
    last = rows[-1]
    above = {"xytext": (-8, 4), "ha": "right", "color": MUTED}
    below = {"xytext": (10, -14), "color": BLUE}
    never = (machines[4], rows[4]["clips_a_day_of_workers"])
    axes.annotate("workers, never idle", never, textcoords="offset points", **above)
    planned = f"planned: {found['wait_seconds']:.0f} s of waiting at the peak"
    axes.annotate(planned, (machines[2], rows[2]["clips_a_day"]), textcoords="offset points", **below)
    _ceilings(axes, model, last["clips_a_day_of_workers"])
    axes.set_xticks(machines, [str(number) for number in machines])
    axes.set_xlabel(f"machines for workers, {found['processes_of_a_machine']} processes on each")
    axes.set_ylabel("clips a day")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.grid(color=GRID, lw=0.8)
    axes.set_title("Clips a day by machines", loc="left", fontweight="bold", fontsize=11)


def _ceilings(axes: Any, model: Model, most: float) -> None:
    """A line for each shared part, its name at the right; names that would touch stand one above the other."""
    shown = sorted((s for s in model.stations if np.isfinite(s.ceiling)), key=lambda s: s.ceiling)
    levels = [DAY * station.ceiling for station in shown]
    low, _ = axes.get_ylim()
    high = 2 * max([most, *levels])
    axes.set_ylim(low, high)
    for station, level, place in zip(shown, levels, _apart(levels, (high / low) ** NAME_HEIGHT), strict=True):
        axes.axhline(level, color=ORANGE, lw=1)
        beside = axes.get_yaxis_transform()
        axes.plot((1, 1.03), (level, place), transform=beside, color=ORANGE, lw=1, clip_on=False)
        axes.text(1.04, place, f"{station.name} {_rounded(level)}", transform=beside, va="center", color=ORANGE)


def _apart(levels: Sequence[float], factor: float) -> list[float]:
    """Places on a logarithmic axis, each at least `factor` above the one before."""
    places: list[float] = []
    for level in levels:
        places.append(max(level, places[-1] * factor) if places else level)
    return places


def _beside_measured(axes: Any, rows: Sequence[Any]) -> None:
    at = np.arange(len(rows))
    pairs = (("predicted", "predicted_an_hour", BLUE, -0.2), ("measured", "measured_an_hour", MUTED, 0.2))
    for name, key, colour, shift in pairs:
        bars = axes.bar(at + shift, [row[key] for row in rows], 0.38, color=colour, label=name)
        axes.bar_label(bars, [f"{row[key]:.0f}" for row in rows], padding=2, fontsize=9)
    labels = [
        f"{row['processes']}\n{100 * row['relative_error']:+.0f} %".replace("-", "\N{MINUS SIGN}") for row in rows
    ]
    axes.set_xticks(at, labels)
    axes.set_xlabel("worker processes on one machine\n(error of the prediction)")
    axes.set_ylabel("clips an hour")
    axes.set_ylim(top=1.25 * max(max(row["predicted_an_hour"], row["measured_an_hour"]) for row in rows))
    axes.legend(frameon=False, loc="upper left", ncols=2, fontsize=9)
    axes.set_title("Predicted beside measured", loc="left", fontweight="bold", fontsize=11)


def _rounded(value: float) -> str:
    """Two figures, as 12,000 or 3.4 million."""
    figures = float(f"{value:.2g}")
    return f"{figures / 1e6:.3g} million" if figures >= 1e6 else f"{figures:,.0f}"
