"""The check of a map as facts, and as a picture that stands beside the map."""

from __future__ import annotations

from typing import Any

import numpy as np

from unmask.explain.canvas import BLUE, FAINT, INK, ORANGE, RULE, Canvas
from unmask.explain.faithfulness import Curve, Faithfulness

STYLES = {
    "map": (ORANGE, "solid", 2.4, "this map"),
    "centre": (BLUE, "dashed", 1.6, "blob in the middle"),
    "random": (FAINT, "dotted", 1.6, "random maps"),
}
"""Colour, line, width and name of each curve."""


def check_facts(faithful: Faithfulness) -> dict[str, Any]:
    """The numbers of a check: areas under the curves of the map and of both references, and whether the map holds."""
    return {
        "holds": faithful.holds,
        "beats_centre": faithful.beats_centre,
        "beats_random": faithful.beats_random,
        "deletion": {name: round(curve.deletion_auc, 4) for name, curve in _named(faithful).items()},
        "insertion": {name: round(curve.insertion_auc, 4) for name, curve in _named(faithful).items()},
    }


def draw_check(faithful: Faithfulness) -> bytes:
    """Two curves as SVG: the probability while the places that weigh most are taken away, and while they return."""
    with Canvas(9.2, 2.7) as canvas:
        left, right = canvas.figure.subplots(1, 2, sharey=True)
        for axes, title, verb in ((left, "Taken away", "deletion"), (right, "Put back", "insertion")):
            axes.spines[["top", "right", "left"]].set_visible(False)
            axes.grid(axis="y", color=RULE, linewidth=0.8)
            axes.set_axisbelow(True)
            for name, curve in reversed(_named(faithful).items()):
                colour, dashes, width, words = STYLES[name]
                values = getattr(curve, verb)
                area = getattr(curve, f"{verb}_auc")
                places = np.linspace(0, 100, len(values))
                axes.plot(places, values, color=colour, linestyle=dashes, linewidth=width, label=f"{words} {area:.2f}")
            axes.set_title(title, loc="left", color=INK, fontsize=11, fontweight="bold")
            axes.set_xlabel(f"% {title.lower()}, what weighs most first")
            axes.set_xlim(0, 100)
            axes.set_ylim(0, 1)
            axes.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
            handles, labels = axes.get_legend_handles_labels()
            axes.legend(handles[::-1], labels[::-1], frameon=False, fontsize=9, title="mean height", title_fontsize=9)
        left.set_ylabel("probability")
        return canvas.svg()


def _named(faithful: Faithfulness) -> dict[str, Curve]:
    return {"map": faithful.shown, "centre": faithful.centre, "random": faithful.random}
