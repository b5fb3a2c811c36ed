"""How the answer adds up, as a picture: from before looking, over each kind of evidence, to the answer."""

from __future__ import annotations

import math
from itertools import accumulate, pairwise

from unmask.explain.canvas import BLUE, FAINT, INK, ORANGE, RULE, Canvas
from unmask.explain.words import DETECTORS, QUALITY, UNSCORED, number, plain, signed
from unmask.language import ENGLISH, Language
from unmask.language import marked as _
from unmask.result import AttributedPart, Attribution

NAMES = {**DETECTORS, "face": _("Faces"), "quality": QUALITY}
SCALE = _("probability of a manipulation (the scale is that of log-odds, on which evidence adds up)")
MARKS = (0.001, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99, 0.999)


def draw_waterfall(attribution: Attribution, language: Language = ENGLISH) -> bytes:
    """The bars as SVG; natural log-odds to the right, the probabilities that they stand for below."""
    parts = attribution.parts
    ends = list(accumulate((part.log_odds for part in parts), initial=attribution.base))
    with Canvas(9.2, 0.44 * (len(parts) + 2) + 1.0, language) as canvas:
        axes = canvas.axes()
        axes.axvline(0.0, color=FAINT, linewidth=1, dashes=(4, 3), zorder=1)
        rows = [(canvas.say("Before looking"), 0.0, attribution.base, FAINT)]
        for part, (start, end) in zip(parts, pairwise(ends), strict=True):
            rows.append((_name(part, canvas), start, end, ORANGE if end >= start else BLUE))
        total = attribution.log_odds
        answer = canvas.say("Together: {probability}", probability=number(_probability(total), language))
        rows.append((answer, 0.0, total, INK))
        span = max(0.5, max(*ends, total, 0.0) - min(*ends, total, 0.0))
        for row, (_, start, end, colour) in enumerate(rows):
            height = 0.56 if abs(end - start) > 1e-9 else 0.3
            axes.barh(row, max(abs(end - start), 0.004 * span), left=min(start, end), height=height, color=colour)
            if row + 1 < len(rows) - 1:
                axes.plot([end, end], [row + 0.28, row + 0.72], color=RULE, linewidth=1.2, zorder=0)
            shown = end if row in (0, len(rows) - 1) else end - start
            axes.annotate(
                signed(shown, 2, language),
                (max(start, end), row),
                xytext=(6, 0),
                textcoords="offset points",
                va="center",
                color=colour if abs(end - start) > 1e-9 else FAINT,
                fontweight="bold",
            )
        axes.set_ylim(len(rows) - 0.4, -0.7)
        axes.set_yticks(range(len(rows)), [name for name, *_ in rows])
        axes.tick_params(axis="y", labelcolor=INK)
        low, high = min(0.0, *ends) - 0.15 * span, max(0.0, *ends) + 0.25 * span
        axes.set_xlim(low, high)
        marks = [p for p in MARKS if low < math.log(p / (1 - p)) < high]
        axes.set_xticks([math.log(p / (1 - p)) for p in marks], [plain(p, language) for p in marks])
        canvas.figure.supxlabel(canvas.say(SCALE), color=FAINT, fontsize=10.5)  # longer than the axes in some languages
        canvas.title(axes, canvas.say("How the answer adds up"))
        return canvas.svg()


def _name(part: AttributedPart, canvas: Canvas) -> str:
    say = canvas.language.gettext
    name = say(NAMES[part.source]) if part.source in NAMES else part.source
    return canvas.written(f"{name} ({say(UNSCORED[part.state])})" if part.state in UNSCORED else name)


def _probability(log_odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-log_odds))
