"""The words in drawings, in every language: translated, joined and turned as the script asks, inside the page."""

from __future__ import annotations

import io
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from support import fakemedia as drawn
from unmask.explain.artifacts import Folder
from unmask.explain.canvas import Canvas
from unmask.explain.checks import draw_check
from unmask.explain.curves import Curve, draw_curve
from unmask.explain.evidence import build_evidence
from unmask.explain.faithfulness import Curve as CheckCurve
from unmask.explain.faithfulness import Faithfulness
from unmask.explain.inputs import EvidenceInputs
from unmask.explain.soundshares import SoundShares
from unmask.explain.spectrogram import draw_spectrogram
from unmask.explain.synccurve import SyncCurve, draw_sync
from unmask.explain.waterfall import draw_waterfall
from unmask.language import LANGUAGES, Language, translate
from unmask.result import AttributedPart, Attribution
from unmask.settings import Settings
from unmask.types import SAMPLE_RATE, Interval, Sound

TIMES = tuple(float(i) for i in range(15))
FALLING = CheckCurve(tuple(np.linspace(0.9, 0.1, 9)), tuple(np.linspace(0.1, 0.9, 9)))
CHECK = Faithfulness(shown=FALLING, centre=FALLING, random=FALLING)
SOURCES = ("face", "motion", "voice", "lip_sync", "provenance", "quality")
STATES = ("scored", "absent", "scored", "not_applicable", "failed", "scored")
PARTS = [
    AttributedPart(source=source, state=state, log_odds=value)
    for source, state, value in zip(SOURCES, STATES, (2.1, 0.0, 1.3, 0.0, 0.0, -0.4), strict=True)
]


def curve(detector: str, subject: str) -> Curve:
    return Curve(
        detector=detector,
        subject=subject,
        start=0.0,
        end=15.0,
        times=TIMES,
        probabilities=tuple(0.2 + t / 20 for t in TIMES),
        step=1.0,
        threshold=0.6,
        segments=((8.0, 15.0, 0.93),),
    )


def spectrogram(language: Language) -> bytes:
    noise = np.random.default_rng(2).normal(0, 0.1, 6 * SAMPLE_RATE).astype(np.float32)
    shares = SoundShares(
        values=np.linspace(-0.5, 0.6, 32).reshape(4, 8),
        base=0.0,
        logit=1.0,
        seconds=tuple(np.arange(9) / 2),
        hertz=(0, 1000, 2000, 4000, 8000),
        faithful=CHECK,
    )
    weighs = Interval(Fraction(4), Fraction(8))
    return draw_spectrogram(Sound(Fraction(3), noise), [weighs], weighs, shares, language)


DRAWINGS: dict[str, Callable[[Language], bytes]] = {
    "face": lambda language: draw_curve(curve("face", "person-12"), language),
    "voice": lambda language: draw_curve(curve("voice", "voice"), language),
    "lips": lambda language: draw_curve(curve("lip_sync", "person-12"), language),
    "sync": lambda language: draw_sync(
        SyncCurve("person-12", 15.0, TIMES, (0.4,) * 15, tuple(t / 14 for t in TIMES), ((2.0, 5.0),)), language
    ),
    "sum": lambda language: draw_waterfall(Attribution(base=0.0, log_odds=3.0, parts=PARTS), language),
    "check": lambda language: draw_check(CHECK, language),
    "sound": spectrogram,
}


@cache
def words(name: str, code: str) -> list[tuple[str, Any]]:
    """Each text of a drawing in a language, with its place as shares of the figure (x0, y0, x1, y1)."""
    from matplotlib.text import Text

    found: list[tuple[str, Any]] = []

    def look(canvas: Canvas, *args: Any, **kwargs: Any) -> bytes:
        figure = canvas.figure
        figure.draw_without_rendering()
        shown = (text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip())
        shares = figure.transFigure.inverted()
        found.extend((text.get_text(), text.get_window_extent().transformed(shares)) for text in shown)
        return b""

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Canvas, "svg", look)
        patch.setattr(Canvas, "png", look)
        DRAWINGS[name](translate(code))
    return found


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("name", DRAWINGS)
def test_every_word_lies_inside_the_drawing(name: str, code: str) -> None:
    found = words(name, code)
    assert len(found) > 5
    for text, box in found:
        assert min(box.x0, box.y0) >= -0.002, text
        assert max(box.x1, box.y1) <= 1.002, text


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
@pytest.mark.parametrize("name", DRAWINGS)
def test_no_english_word_is_left_in_another_language(name: str, code: str) -> None:
    english = {text for text, _ in words(name, "en") if any(letter.isalpha() for letter in text)}
    assert len(english) > 1
    assert {text for text, _ in words(name, code)} & english == set()


def test_numbers_are_written_as_the_language_writes_them() -> None:
    assert {"Zusammen: 0,95", "+2,10", "\N{MINUS SIGN}0,40", "0,95"} <= {text for text, _ in words("sum", "de")}


@pytest.mark.parametrize(("code", "side"), [("en", "left"), ("ar", "right")])
def test_a_title_stands_where_a_line_begins(code: str, side: str) -> None:
    box = max((box for _, box in words("voice", code)), key=lambda box: box.y1)
    assert (box.x0 + box.x1 < 1) == (side == "left")


@pytest.mark.parametrize("code", LANGUAGES)
def test_what_lies_above_the_sound_does_not_touch_its_title(code: str) -> None:
    above = sorted((box for _, box in words("sound", code) if box.y0 > 0.9), key=lambda box: box.x0)
    assert len(above) == 3
    assert all(left.x1 < right.x0 for left, right in pairwise(above))


def ink(text: str) -> np.ndarray:
    """Columns of a picture that hold ink of the text, cut to it."""
    with Canvas(6, 1, translate("ar")) as canvas:
        canvas.figure.text(0.1, 0.4, canvas.written(text), fontsize=24)
        picture = np.asarray(Image.open(io.BytesIO(canvas.png())).convert("L"))
    columns = np.flatnonzero((picture < 128).any(axis=0))
    return picture[:, columns[0] : columns[-1] + 1] < 128


def test_arabic_letters_are_joined_and_run_to_the_left() -> None:
    word = "كلام"
    joined, apart = ink(word), ink("\N{ZERO WIDTH NON-JOINER}".join(word))
    assert joined.shape[1] < 0.9 * apart.shape[1]
    both = ink(f"ab {word}")  # it begins with Latin letters, and still the line begins on the right
    np.testing.assert_array_equal(both[:, : joined.shape[1]], joined)


def test_evidence_is_drawn_in_the_language_of_the_settings(tmp_path: Path) -> None:
    track, signal = drawn.face_signal("person-1", 0.14, [(10, 22, 0.93)], 1)
    sum_of = Attribution(base=0.0, log_odds=3.0, parts=PARTS)
    inputs = EvidenceInputs("likely_manipulated", (track,), (drawn.scored(signal),), (), drawn.SPEECH, sum_of)
    built = build_evidence(drawn.media(), inputs, drawn.tools(), Folder(tmp_path), Settings(language="fr"))
    (shown,) = (e for e in built.evidence if e.kind == "waterfall")
    assert built.attribution is not None
    assert (tmp_path / str(shown.artifact)).read_bytes() == draw_waterfall(built.attribution, translate("fr"))
