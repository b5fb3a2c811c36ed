from __future__ import annotations

import pytest

from unmask.explain.words import clock, clock_pair, listed, number, reason_words, subject_phrase


@pytest.mark.parametrize(
    ("seconds", "tenths", "text"),
    [
        (0, False, "00:00"),
        (9.5, False, "00:10"),
        (59.6, False, "01:00"),
        (754, False, "12:34"),
        (3600, False, "1:00:00"),
        (12.34, True, "00:12.3"),
        (59.96, True, "01:00.0"),
        (-0.2, False, "00:00"),
    ],
)
def test_times_read_like_a_player(seconds: float, tenths: bool, text: str) -> None:
    assert clock(seconds, tenths) == text


def test_a_short_stretch_keeps_its_ends_apart() -> None:
    assert clock_pair(3.1, 3.4) == ("00:03.1", "00:03.4")
    assert clock_pair(3.1, 9.4) == ("00:03", "00:09")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.5, "0.50"),
        (0.934, "0.93"),
        (0.9951, "0.995"),
        (0.99975, "over 0.999"),
        (1.0, "over 0.999"),
        (0.0012, "0.001"),
        (0.0, "under 0.001"),
    ],
)
def test_no_probability_is_rounded_to_certainty(value: float, text: str) -> None:
    assert number(value) == text


def test_reasons_are_words_and_what_is_not_a_code_stays_as_it_is() -> None:
    assert reason_words("no_speech") == "no speech was found"
    assert reason_words("voice: no_speech") == "voice: no speech was found"
    assert reason_words("some_new_code") == "some new code"
    assert reason_words("ValueError: bad_name") == "ValueError: bad_name"


def test_subjects_read_within_a_sentence() -> None:
    assert subject_phrase("face", "person-2") == "the face of person-2"
    assert subject_phrase("voice", "voice") == "the voice"
    assert subject_phrase("new_thing", "person-1") == "new thing of person-1"


def test_lists_end_with_and() -> None:
    assert [listed(list("abc")[:n]) for n in (1, 2, 3)] == ["a", "a and b", "a, b and c"]
