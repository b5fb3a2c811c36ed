from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from markupsafe import Markup

from unmask.errors import SettingsError
from unmask.language import LANGUAGES, marked, translate

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
def test_every_message_of_the_source_is_translated_with_the_same_values(
    code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path, str(ROOT / "scripts")])
    import translations

    assert list(translations.faults(code)) == []


@pytest.mark.parametrize(
    ("code", "row", "decimal"),
    [
        ("en", "a, b and c", "0.93"),
        ("es", "a, b y c", "0,93"),
        ("fr", "a, b et c", "0,93"),
        ("de", "a, b und c", "0,93"),
        ("ar", "a، b وc", "0.93"),
    ],
)
def test_rows_and_numbers_are_written_as_in_the_language(code: str, row: str, decimal: str) -> None:
    language = translate(code)
    assert language.listed(["a", "b", "c"]) == row
    assert language.listed(["a"]) == "a"
    assert language.decimal(0.934, 2) == decimal


def test_digits_are_the_same_in_every_language_so_that_numbers_can_be_compared() -> None:
    for code in LANGUAGES:
        said = translate(code).integer(12345) + translate(code).date(datetime(2026, 11, 22, 10, 4, tzinfo=UTC))
        assert {c for c in said if c.isdigit()} <= set("0123456789")
        assert "2026" in said and "10:04 UTC" in said


def test_only_arabic_runs_from_right_to_left() -> None:
    assert {code for code in LANGUAGES if translate(code).direction == "rtl"} == {"ar"}


def test_text_from_outside_is_never_taken_for_a_message_or_for_markup() -> None:
    language = translate("de")
    assert language.gettext("{before}", before="{x} {0}") == "{x} {0}"
    assert language.html("<b>{name}</b>", name="<i>{x}") == Markup("<b>&lt;i&gt;{x}</b>")


def test_a_language_that_is_not_there_is_an_error() -> None:
    with pytest.raises(SettingsError, match="no such language: 'xx'"):
        translate("xx")


def test_a_message_without_translation_is_shown_in_english() -> None:
    assert translate("fr").gettext(marked("Nobody translated this.")) == "Nobody translated this."
    assert translate("fr").gettext("") == ""
