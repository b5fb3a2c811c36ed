"""The page in every language, and clips on it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from support import fakeresult as fake
from support.makevideo import steady, write_video
from unmask.explain.narrative import renarrate
from unmask.language import LANGUAGES, translate
from unmask.report.html import render_html
from unmask.report.safe import LARGEST_CLIP
from unmask.result import Evidence, Result

ENGLISH = ("What was examined", "What limits this answer", "The file", "What the words mean")
"""Headings of the page."""


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Path]:
    folder = Path(tmp_path_factory.mktemp("languages"))
    result = fake.declared(folder)
    found = [fake.segment(10, 22, "voice", "voice", 0.93)]
    return result.model_copy(update={"segments": found}), folder


@pytest.mark.parametrize("code", sorted(LANGUAGES))
def test_the_page_speaks_the_language_and_runs_in_its_direction(code: str, plain: tuple[Result, Path]) -> None:
    result, folder = plain
    page = render_html(renarrate(result, translate(code)), folder)
    direction = "rtl" if code == "ar" else "ltr"
    assert f'<html lang="{code}" dir="{direction}">' in page
    for english in ENGLISH:
        assert (f">{english}<" in page) == (code == "en"), english


def test_dates_and_numbers_are_written_as_the_language_writes_them(plain: tuple[Result, Path]) -> None:
    page = render_html(plain[0], plain[1], translate("de"))
    assert "22. November 2026, 10:04 UTC" in page
    assert "7.604.112 Byte" in page
    assert "0,75" in page


def test_hashes_and_drawings_run_from_left_to_right_on_every_page() -> None:
    style = (Path(render_html.__code__.co_filename).parent / "templates" / "report.css").read_text()
    assert re.search(r"code\{[^}]*direction:ltr", style)
    assert re.search(r"svg\{[^}]*direction:ltr", style)
    for physical in (
        "text-align:left",
        "text-align:right",
        "padding-left",
        "margin-left",
        "margin-right",
        "padding-right",
    ):
        assert physical not in style, physical


def with_clip(result: Result, folder: Path) -> Result:
    (folder / "evidence").mkdir(exist_ok=True)
    write_video(folder / "evidence" / "e9-clip.mp4", steady(10))
    facts = {"detector": "voice", "start": 1.0, "end": 3.0, "frames": 50, "cut_short": True}
    clip = Evidence(id="E9", kind="clip", subject="voice", artifact="evidence/e9-clip.mp4", facts=facts)
    return result.model_copy(update={"evidence": [*result.evidence, clip]})


def test_a_clip_is_in_the_page_itself(tmp_path: Path) -> None:
    page = render_html(with_clip(fake.not_assessable(tmp_path), tmp_path), tmp_path)
    assert page.count('src="data:video/mp4;base64,') == 1
    assert "media-src data:" in page
    assert "Clip from 00:01 to 00:03" in page
    assert "The stretch goes on; this is its beginning." in page


def test_a_large_clip_stays_beside_the_page_and_is_named(tmp_path: Path) -> None:
    result = with_clip(fake.not_assessable(tmp_path), tmp_path)
    path = tmp_path / "evidence" / "e9-clip.mp4"
    path.write_bytes(path.read_bytes() + bytes(LARGEST_CLIP))
    page = render_html(result, tmp_path)
    assert "data:video" not in page
    assert "<code>evidence/e9-clip.mp4</code>" in page


NASTY = "<img src=x onerror=alert(1)> invoice\u202egpj.exe\nsecond line \U0001f600 " + "W" * 300
"""A tag, a change of direction, a new line, an emoji, and a word without an end."""


@pytest.mark.parametrize("code", ["en", "ar"])
def test_a_name_that_means_harm_stays_text_in_every_direction_of_writing(code: str, tmp_path: Path) -> None:
    result = fake.not_assessable(tmp_path)
    media = result.media.model_copy(update={"name": NASTY, "tags": {NASTY: NASTY}})
    page = render_html(result.model_copy(update={"media": media}), tmp_path, translate(code))
    assert "<img src=x" not in page
    assert page.count("&lt;img src=x onerror=alert(1)&gt;") >= 4  # title, heading, row, tag
    assert "\u202e" not in page
    assert 'title="RIGHT-TO-LEFT OVERRIDE">U+202E</span>' in page
    assert "U+000A" in page
    assert "\U0001f600" in page
    assert re.search(r"bdi,code\{overflow-wrap:anywhere\}", page)
