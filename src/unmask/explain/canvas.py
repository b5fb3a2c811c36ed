"""Figures without a screen and without a date, so that the same numbers give the same bytes.

Words are put into any language by the text engine of Matplotlib 3.11, which joins Arabic letters and turns their order.
"""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING, Any, Literal, cast

from unmask.language import ENGLISH, Language

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK = "#1d2733"
FAINT = "#66727f"
RULE = "#d5dbe1"
PAPER = "#ffffff"
BLUE = "#1f6fb2"
ORANGE = "#c8500a"
"""Blue and orange differ in hue and in lightness: they stay apart for colour-blind eyes and in print."""
RIGHT_TO_LEFT_MARK = "\u200f"
"""Begins a label, so that its direction is the language's even where it begins with a name in Latin letters."""

_LOCK = threading.Lock()  # matplotlib's settings belong to the whole process
_STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib, so that every machine draws the same
    "font.size": 10.5,
    "axes.edgecolor": RULE,
    "axes.labelcolor": FAINT,
    "axes.linewidth": 1.0,
    "text.color": INK,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.major.size": 4,
    "ytick.major.size": 0,
    "svg.fonttype": "path",
    "svg.hashsalt": "unmask",
}


class Canvas:
    """One figure of a given size in inches; `with Canvas(9, 3) as canvas:` draws in Unmask's style.

    `begins` and `ends` are the sides where a line of the language begins and ends. Axes run to the right
    in all of them.
    """

    def __init__(self, width: float, height: float, language: Language = ENGLISH) -> None:
        self._size = (width, height)
        self.language = language
        self.begins: Literal["left", "right"] = "right" if language.direction == "rtl" else "left"
        self.ends: Literal["left", "right"] = "left" if language.direction == "rtl" else "right"
        self._context: Any = None

    def __enter__(self) -> Canvas:
        from matplotlib import rc_context
        from matplotlib.figure import Figure

        _LOCK.acquire()
        try:
            self._context = rc_context(cast(Any, _STYLE))  # matplotlib's stub wants each key as a literal
            self._context.__enter__()
            self.figure: Figure = Figure(figsize=self._size, facecolor=PAPER, layout="constrained")
        except BaseException:
            _LOCK.release()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        try:
            self._context.__exit__(*error)
        finally:
            _LOCK.release()

    def axes(self) -> Axes:
        """The one pair of axes, with nothing around it but what can be read."""
        axes = self.figure.add_subplot()
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.set_axisbelow(True)
        return axes

    def say(self, message: str, /, **values: object) -> str:
        """The message in the figure's language, `{name}` replaced by the value of that name."""
        return self.written(self.language.gettext(message, **values))

    def written(self, text: str) -> str:
        """Text that is in the figure's language already, with the direction of that language."""
        return RIGHT_TO_LEFT_MARK + text if self.language.direction == "rtl" else text

    def title(self, axes: Axes, text: str, *, pad: float | None = None, size: float = 12) -> None:
        """A title over the axes, on the side where a line begins."""
        axes.set_title(text, loc=self.begins, color=INK, fontsize=size, fontweight="bold", pad=pad)

    def svg(self) -> bytes:
        """The figure as SVG, its letters as outlines."""
        sink = io.BytesIO()
        self.figure.savefig(sink, format="svg", metadata={"Date": None, "Creator": None})
        return sink.getvalue()

    def png(self, dpi: int = 130, *, every_colour: bool = False) -> bytes:
        """The figure as PNG of 256 colours: a colour scale needs no more, and the file is a third.

        `every_colour` keeps them all, where several scales lie over each other.
        """
        from PIL import Image

        drawn, sink = io.BytesIO(), io.BytesIO()
        self.figure.savefig(drawn, format="png", dpi=dpi, metadata={"Software": None})
        picture = Image.open(drawn).convert("RGB")
        reduced = picture if every_colour else picture.quantize(256, dither=Image.Dither.NONE)
        reduced.save(sink, "PNG", optimize=True)
        return sink.getvalue()


def clock_axis(axes: Axes, start: float, end: float) -> None:
    """Time along the bottom, in minutes and seconds, with round steps."""
    from unmask.explain.words import clock

    length = max(end - start, 1e-3)
    step = next((s for s in _STEPS if length / s <= 8), _STEPS[-1])
    first = int(-(-start // step)) if step >= 1 else round(-(-start // step))
    ticks = [i * step for i in range(first, int(end / step + 1e-9) + 1)]
    axes.set_xlim(start, end)
    axes.set_xticks(ticks, [clock(tick, tenths=step < 1) for tick in ticks])


_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)
