"""What a measured error holds for is said in the reader's language."""

from __future__ import annotations

import pytest

from unmask.fusion import conditions as bands
from unmask.language import LANGUAGES, translate
from unmask.language.conditions import CONDITIONS, condition
from unmask.models.expected_error import FILE, Cell, ErrorTable
from unmask.models.registry import HERE


def test_every_condition_of_the_published_errors_and_every_band_is_known() -> None:
    cells = ErrorTable.model_validate_json((HERE / FILE).read_bytes()).cells
    named = [cell.condition for cell in cells]
    named += [Cell(kind=kind, false_alarm=0, interval=(0, 1), n=20).condition for kind in ("video", "audio", "image")]
    named += [name for band in (bands._FACE, bands._VIDEO_BITS, bands._IMAGE_BITS) for _, name in band]
    assert {part for text in named for part in text.split(", ")} <= CONDITIONS.keys()


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
def test_a_condition_is_put_into_words(code: str) -> None:
    said = condition("videos, face 120-200 px, medium compression", translate(code))
    assert not {"face", "medium", "videos"} & set(said.split())
    assert "120" in said and "200" in said


def test_what_is_not_known_is_shown_as_it_is() -> None:
    assert condition("videos, under water", translate("de")) == "Videos, under water"
    assert condition("face over 200 px", translate("en")) == "face over 200 px"
