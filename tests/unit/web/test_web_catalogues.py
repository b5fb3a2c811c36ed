"""Every message of the page is said in every language, with the same values in it."""

import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

import unmask.web
from unmask.language import LANGUAGES, translate
from unmask.language.catalogue import CATALOGUES
from unmask.web.language import choose

WEB = Path(unmask.web.__file__).parent
KEYWORDS = {"gettext": None, "_": None, "marked": None, "ngettext": (1, 2)}
MAY_LACK = {"{count}"}
"""A form for exactly one or two needs no number."""
OTHERS = sorted(set(LANGUAGES) - {"en"})


def used():
    """All messages of the sources; a pair where a number decides."""
    found = set()
    for path in (*WEB.rglob("*.py"), *WEB.rglob("*.j2")):
        method = "jinja2.ext:babel_extract" if path.suffix == ".j2" else "python"
        for _line, message, _comments, _context in extract_from_file(method, path, keywords=KEYWORDS):
            if isinstance(message, str) or all(isinstance(part, str) for part in message):
                found.add(message)
    return found


def catalogue(code, part="web"):
    with (CATALOGUES / code / f"{part}.po").open("rb") as file:
        return {message.id: message for message in read_po(file) if message.id}


def shared(code):
    """What the page says in words of the report: a message is in one catalogue only."""
    return catalogue(code, "words").keys() | catalogue(code, "report").keys()


@pytest.mark.parametrize("code", OTHERS)
def test_nothing_is_left_in_english_and_nothing_is_left_over(code):
    there, wanted = catalogue(code), used()
    assert len(wanted) > 250
    assert wanted - there.keys() - shared(code) == set()
    assert {m for m in there if m not in wanted} == set()
    assert [m for m, message in there.items() if not all(_forms(message.string))] == []


@pytest.mark.parametrize("code", OTHERS)
def test_a_translation_has_the_values_of_its_message_and_no_others(code):
    for identity, message in catalogue(code).items():
        wanted = _values(identity if isinstance(identity, str) else identity[1])
        for form in _forms(message.string):
            assert _values(form) | MAY_LACK >= wanted, (identity, form)
            assert _values(form) <= wanted, (identity, form)


@pytest.mark.parametrize("code", OTHERS)
def test_the_form_for_a_number_is_that_languages(code):
    said = {translate(code).ngettext("{count} stretch", "{count} stretches", n) for n in (0, 1, 2, 5, 11, 100)}
    assert len(said) > 2
    assert not any("stretch" in text for text in said)


@pytest.mark.parametrize(
    ("cookie", "accepted", "chosen"),
    [
        (None, "", "en"),
        (None, "pt-BR, fr-CA;q=0.8, de;q=0.5", "fr"),
        ("ar", "fr", "ar"),
        ("xx", "de-AT", "de"),
        (None, ";;;,,,=*", "en"),
    ],
)
def test_the_language_is_what_was_chosen_then_what_the_browser_asks_for(cookie, accepted, chosen):
    assert choose(cookie, accepted).code == chosen


def test_arabic_runs_from_right_to_left():
    assert translate("ar").direction == "rtl"
    assert translate("de").direction == "ltr"


def test_numbers_have_the_sign_for_decimals_of_the_language():
    assert translate("de").decimal(0.5, 2) == "0,50"
    assert translate("en").decimal(0.5, 2) == "0.50"


def _forms(text):
    return [text] if isinstance(text, str) else list(text)


def _values(text):
    return set(re.findall(r"\{\w+\}", text))
