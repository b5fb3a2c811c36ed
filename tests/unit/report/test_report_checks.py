"""The report on maps that passed their check, maps that did not, and the sum over the kinds of evidence."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from support import fakeresult as fake
from unmask.explain.shapley import SOURCES
from unmask.explain.waterfall import draw_waterfall
from unmask.language import LANGUAGES, translate
from unmask.report.figures import waterfall
from unmask.report.html import render_html
from unmask.result import AttributedPart, Attribution, Contribution, Evidence, Result

VALUES = {"face": 1.25, "voice": -0.5, "provenance": 0.0, "quality": 0.0}


def check(holds: bool) -> dict[str, Any]:
    map_ = (0.31, 0.72) if holds else (0.52, 0.48)
    return {
        "holds": holds,
        "beats_centre": holds,
        "beats_random": holds,
        "deletion": {"map": map_[0], "centre": 0.47, "random": 0.5},
        "insertion": {"map": map_[1], "centre": 0.53, "random": 0.5},
    }


def face(number: str, folder: Path, holds: bool) -> Evidence:
    names = ("overlay.png", "crop.png", "frame.png", "check.png") if holds else ("crop.png", "frame.png", "check.png")
    sink = io.BytesIO()
    Image.new("RGB", (8, 8), (90, 120, 60)).save(sink, "PNG")
    for name in names:
        (folder / f"{number}-{name}").write_bytes(sink.getvalue())
    more = {name.partition(".")[0]: f"{number}-{name}" for name in names[1:]}
    facts = {
        "detector": "face",
        "time": 4.25,
        "probability": 0.81,
        "role": "segment",
        "segment": [3.0, 6.0],
        "regions": {"eyes": 0.7, "mouth": 0.3} if holds else {},
        "areas": {"eyes": 0.2, "mouth": 0.1},
        "strongest": ["eyes"] if holds else [],
        "check": check(holds),
        "more": more,
    }
    kind: Any = "heat_map" if holds else "face"
    return Evidence(id=number, kind=kind, subject="person-1", artifact=f"{number}-{names[0]}", facts=facts)


def attribution() -> Attribution:
    states: dict[str, Any] = {"motion": "absent", "lip_sync": "not_applicable", "provenance": "not_applicable"}
    parts = [
        AttributedPart(source=s, log_odds=VALUES.get(s, 0.0), state=states.get(s, "scored"), evidence=["E1"])
        for s in SOURCES
    ]
    return Attribution(base=0.0, log_odds=0.75, parts=parts, interval_at_best=(0.5, 0.8))


@pytest.fixture
def result(tmp_path: Path) -> Result:
    empty = fake.not_assessable(tmp_path)
    pieces = [face("E1", tmp_path, holds=True), face("E2", tmp_path, holds=False)]
    (tmp_path / "E3.svg").write_bytes(draw_waterfall(attribution()))
    facts = {"what": "sum", "base": 0.0, "log_odds": 0.75, "parts": VALUES}
    pieces.append(Evidence(id="E3", kind="waterfall", subject="media", artifact="E3.svg", facts=facts))
    contributions = [
        Contribution(source=source, subject="person-1", log_odds=VALUES[source], evidence=["E1"])
        for source in ("face", "voice")
    ]
    return empty.model_copy(
        update={
            "verdict": fake.verdict("inconclusive", 0.75, (0.4, 0.9)),
            "contributions": contributions,
            "attribution": attribution(),
            "evidence": pieces,
        }
    )


def test_the_numbers_of_the_check_stand_beside_the_picture(result: Result, tmp_path: Path) -> None:
    page = render_html(result, tmp_path)
    shown = page[page.index('id="E1"') : page.index('id="E2"')]
    assert "the mean probability is 0.31 (blob in the middle 0.47, random maps 0.50)" in shown
    assert "it is 0.72 (0.53, 0.50)" in shown
    assert "What weighed" in shown


def test_a_map_that_failed_is_not_shown_and_the_report_says_so(result: Result, tmp_path: Path) -> None:
    page = render_html(result, tmp_path)
    failed = page[page.index('id="E2"') : page.index('id="E3"')]
    assert "did not pass its check, so it is not shown and is no evidence" in failed
    assert "without a heat map" in failed
    assert "What weighed" not in failed
    assert "Share of the heat" not in failed
    assert failed.count("<img") == 3  # face, frame, and the curves of the check


def test_the_bars_are_the_kinds_of_evidence_and_add_up(result: Result) -> None:
    drawn = waterfall(result)
    assert drawn is not None
    _, *parts, total = drawn.steps
    assert len(parts) == len(SOURCES)
    assert [step.value for step in parts] == ["+1.25", "+0.00", "\N{MINUS SIGN}0.50", "+0.00", "+0.00", "+0.00"]
    assert total.value == "+0.75"
    factors = dict(zip(SOURCES, (step.factor for step in parts), strict=True))
    assert factors["motion"] == "not looked for"
    assert factors["lip_sync"] == "does not apply here"
    assert factors["quality"] == "widens the range, moves nothing"


def test_the_sum_on_the_page_has_all_its_digits(result: Result, tmp_path: Path) -> None:
    page = render_html(result, tmp_path)
    piece = page[page.index('id="E3"') :]
    assert "face +1.250000, voice \N{MINUS SIGN}0.500000" in piece
    assert "together +0.750000" in piece
    assert math.fsum(VALUES.values()) == 0.75


@pytest.mark.parametrize("code", sorted(LANGUAGES))
def test_every_language_tells_of_the_check(result: Result, tmp_path: Path, code: str) -> None:
    page = render_html(result, tmp_path, translate(code))
    for english in ("did not pass its check", "Quality of the input", "not looked for"):
        assert (english in page) == (code == "en")
