"""The panel under an annotated film: what was found, and a timeline with a hand. Text is drawn once per finding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from unmask.explain.words import LABELS, clock, clock_pair, number, seems, sentence_case
from unmask.language import Language
from unmask.report.figures import Lane, lanes
from unmask.result import Result, Segment
from unmask.types import ImageArray

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

MOST_LANES = 4
MOST_TOLD = 2
"""Findings told at a time, the most probable first."""
GROUND = (20, 25, 31)
INK = (231, 234, 238)
SOFT = (161, 173, 185)
RAIL = (48, 57, 66)
THERE = (81, 96, 111)
HIT = (255, 157, 99)
TONES = {
    "likely_manipulated": HIT,
    "likely_authentic": (116, 183, 242),
    "inconclusive": (184, 168, 238),
    "not_assessable": SOFT,
}
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


@dataclass(frozen=True, slots=True)
class _Scale:
    """Sizes in pixels, by the film's width."""

    width: int
    text: int
    line: int
    margin: int
    lane: int
    names: int


class Panel:
    """Draws the panel of one result for films of one width. `height` is even."""

    def __init__(self, result: Result, language: Language, width: int) -> None:
        self._result = result
        self._language = language
        text = int(np.clip(width / 46, 12, 22))
        self._scale = _Scale(width, text, round(text * 1.55), round(text * 0.9), round(text * 0.95), round(text * 6.5))
        self._lanes: Sequence[Lane] = lanes(result, language)[:MOST_LANES]
        scale = self._scale
        self._top = scale.margin + (1 + MOST_TOLD) * scale.line + scale.margin // 2
        rows = len(self._lanes) * scale.lane
        self.height = (self._top + rows + scale.line + scale.margin // 2) // 2 * 2
        self._drawn: tuple[tuple[int, ...], ImageArray] | None = None

    def at(self, time: float) -> ImageArray:
        """RGB uint8 (height, width, 3) for that time of the media."""
        import cv2

        now = tuple(i for i, s in enumerate(self._result.segments) if s.start <= time < s.end)
        if self._drawn is None or self._drawn[0] != now:
            self._drawn = (now, self._base([self._result.segments[i] for i in now]))
        image = self._drawn[1].copy()
        scale, x = self._scale, round(self._place(time))
        bottom = self._top + len(self._lanes) * scale.lane
        cv2.line(image, (x, self._top - 3), (x, bottom + 3), INK, max(2, scale.text // 8), cv2.LINE_AA)
        label = self._label(clock(time, tenths=True))
        left = int(np.clip(x - label.shape[1] // 2, scale.margin, scale.width - label.shape[1] - scale.margin))
        top = bottom + 5
        height = min(label.shape[0], self.height - top)
        image[top : top + height, left : left + label.shape[1]] = label[:height]
        return image

    def _place(self, time: float) -> float:
        """Where a time is on the timeline, in pixels."""
        scale = self._scale
        left, right = scale.names + scale.margin, scale.width - scale.margin
        return left + (right - left) * min(1.0, max(0.0, time / max(self._result.media.duration, 1e-6)))

    def _base(self, now: Sequence[Segment]) -> ImageArray:
        """All but the hand."""
        from PIL import Image, ImageDraw

        scale, language, verdict = self._scale, self._language, self._result.verdict
        picture = Image.new("RGB", (scale.width, self.height), GROUND)
        pen = ImageDraw.Draw(picture)
        answer = language.gettext(LABELS[verdict.label])
        if verdict.probability is not None:
            shown = number(verdict.probability, language)
            answer = f"{answer} \N{MIDDLE DOT} {language.gettext('probability {number}', number=shown)}"
        self._write(pen, answer, scale.margin // 2, TONES[verdict.label], bold=True)
        told = [self._told(s) for s in sorted(now, key=lambda s: -s.probability)]
        more = f" {ELLIPSIS}" if len(told) > MOST_TOLD else ""
        lines = [*told[: MOST_TOLD - 1], "".join(told[MOST_TOLD - 1 : MOST_TOLD]) + more]
        for row, line in enumerate(lines if told else [language.gettext("No finding at this moment")], 1):
            self._write(pen, line, scale.margin // 2 + row * scale.line, INK if told else SOFT)
        self._timeline(pen)
        return np.asarray(picture, np.uint8)

    def _told(self, segment: Segment) -> str:
        start, end = clock_pair(segment.start, segment.end)
        firm = self._result.verdict.label == "likely_manipulated"
        return self._language.gettext(
            "{finding}, {start} to {end} ({probability})",
            finding=sentence_case(seems(segment.detector, segment.subject, firm, self._language)),
            start=start,
            end=end,
            probability=number(segment.probability, self._language),
        )

    def _timeline(self, pen: ImageDraw) -> None:
        scale = self._scale
        left, right = scale.names + scale.margin, scale.width - scale.margin
        for row, lane in enumerate(self._lanes):
            top = self._top + row * scale.lane
            middle = top + scale.lane // 2
            name = _fitting(lane.name, font(round(scale.text * 0.8)), scale.names - scale.margin)
            pen.text((scale.margin, middle), name, font=font(round(scale.text * 0.8)), fill=SOFT, anchor="lm")
            thick = max(2, scale.lane // 6)
            for begin, width, colour, half in (
                (0.0, 100.0, RAIL, thick),
                (lane.x, lane.width, THERE, thick),
                *((b.x, b.width, HIT, scale.lane // 3) for b in lane.blocks),
            ):
                a = left + (right - left) * begin / 100
                b = max(a + 2, left + (right - left) * (begin + width) / 100)
                pen.rectangle((a, middle - half, b, middle + half), fill=colour)

    def _write(self, pen: ImageDraw, text: str, top: int, colour: tuple[int, int, int], *, bold: bool = False) -> None:
        """A line of text from the side where this language begins, cut to what fits."""
        scale, face = self._scale, font(self._scale.text, bold)
        line = _fitting(text, face, scale.width - 2 * scale.margin)
        if self._language.direction == "rtl":
            place = (scale.width - scale.margin, top)
            pen.text(place, line, font=face, fill=colour, anchor="ra", direction="rtl")
        else:
            pen.text((scale.margin, top), line, font=face, fill=colour, anchor="la")

    def _label(self, text: str) -> ImageArray:
        return _label(text, round(self._scale.text * 0.8))


@lru_cache(maxsize=64)
def _label(text: str, size: int) -> ImageArray:
    from PIL import Image, ImageDraw

    face = font(size)
    box = face.getbbox(text)
    picture = Image.new("RGB", (int(box[2]) + 4, int(box[3]) + 4), GROUND)
    ImageDraw.Draw(picture).text((2, 0), text, font=face, fill=INK)
    return np.asarray(picture, np.uint8)


def _fitting(text: str, face: FreeTypeFont, width: float) -> str:
    """The text, its end cut off where it is too long."""
    if face.getlength(text) <= width:
        return text
    while text and face.getlength(text + ELLIPSIS) > width:
        text = text[:-1]
    return text.rstrip() + ELLIPSIS


@lru_cache(maxsize=16)
def font(size: int, bold: bool = False) -> FreeTypeFont:
    """DejaVu Sans, which comes with Matplotlib and covers Latin and Arabic."""
    import matplotlib
    from PIL import ImageFont

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    return ImageFont.truetype(str(folder / ("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf")), size)
