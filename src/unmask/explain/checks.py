"""The check of a map as facts, and as a picture that stands beside the map."""

from __future__ import annotations

from typing import Any

import numpy as np

from unmask.explain.canvas import BLUE, FAINT, ORANGE, RULE, Canvas
from unmask.explain.faithfulness import Curve, Faithfulness
from unmask.explain.words import plain
from unmask.language import ENGLISH, Language
from unmask.language import marked as _

STYLES = {
    "map": (ORANGE, "solid", 2.4, _("this map")),
    "centre": (BLUE, "dashed", 1.6, _("blob in the middle")),
    "random": (FAINT, "dotted", 1.6, _("random maps")),
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


SIDES = {
    "deletion": (_("Taken away"), _("% taken away, what weighs most first")),
    "insertion": (_("Put back"), _("% put back, what weighs most first")),
}
"""Title and axis of each half."""


def draw_check(faithful: Faithfulness, language: Language = ENGLISH) -> bytes:
    """Two curves as SVG: the probability while the places that weigh most are taken away, and while they return."""
    with Canvas(9.2, 2.7, language) as canvas:
        left, right = canvas.figure.subplots(1, 2, sharey=True)
        for axes, (verb, (title, scale)) in zip((left, right), SIDES.items(), strict=True):
            axes.spines[["top", "right", "left"]].set_visible(False)
            axes.grid(axis="y", color=RULE, linewidth=0.8)
            axes.set_axisbelow(True)
            for name, curve in reversed(_named(faithful).items()):
                colour, dashes, width, words = STYLES[name]
                values = getattr(curve, verb)
                area = getattr(curve, f"{verb}_auc")
                places = np.linspace(0, 100, len(values))
                label = canvas.written(f"{language.gettext(words)} {language.decimal(area, 2)}")
                axes.plot(places, values, color=colour, linestyle=dashes, linewidth=width, label=label)
            canvas.title(axes, canvas.say(title), size=11)
            axes.set_xlabel(canvas.say(scale))
            axes.set_xlim(0, 100)
            axes.set_ylim(0, 1)
            axes.set_yticks([0, 0.5, 1], ["0", plain(0.5, language), "1"])
            handles, labels = axes.get_legend_handles_labels()
            heading = canvas.say("mean height")
            axes.legend(
                handles[::-1],
                labels[::-1],
                title=heading,
                markerfirst=canvas.begins == "left",
                alignment=canvas.begins,
                frameon=False,
                fontsize=9,
                title_fontsize=9,
            )
        left.set_ylabel(canvas.say("probability"))
        return canvas.svg()


def _named(faithful: Faithfulness) -> dict[str, Curve]:
    return {"map": faithful.shown, "centre": faithful.centre, "random": faithful.random}
