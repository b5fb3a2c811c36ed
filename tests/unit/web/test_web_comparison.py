"""Two results side by side: one scale, pairs that add up, and sentences that say what differs."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from support.seeded import Told, result
from unmask.language import translate
from unmask.result import Finding
from unmask.service.agreement import Agreement, Week
from unmask.service.difference import compare
from unmask.web import comparison
from unmask.web.differing import in_words
from unmask.web.judgements import chart

EN = translate("en")
ONE, TWO = "01KB0000000000000000000000", "01KB0000000000000000000001"


def made(identity, told=None, sha256="a" * 64):
    return result(identity, told or Told(), "clip.mp4", sha256, 1000)


def sentences(a, b):
    return in_words(compare(a, b), (a, b), EN)


def test_the_same_twice_differs_in_nothing():
    told = sentences(made(ONE), made(TWO))
    assert told == [
        "Both come to the same answer: Likely manipulated.",
        "The probability of a manipulation is the same: 96.8 %.",
        "Both examined the very same file.",
        "The models are the same.",
    ]


def test_another_number_for_the_same_file_models_and_settings_is_the_programs_doing():
    assert sentences(made(ONE), made(TWO, Told(face=0.4)))[-1] == (
        "File, models and settings are the same: the program itself changed between the two."
    )


def test_files_that_differ_are_told_to_be_so_with_a_word_on_the_numbers_of_persons():
    told = sentences(made(ONE), made(TWO, Told(face=-4.0, voice=-2.0), sha256="b" * 64))
    assert "These are two different files: what differs may lie in the files themselves." in told
    assert "Persons are numbered in each file anew: person-1 in A need not be person-1 in B." in told
    assert "The plausible ranges do not overlap: the two contradict each other." in told
    assert not any("program itself" in sentence for sentence in told)


def test_a_probability_that_only_one_has_is_no_difference_in_points():
    base = made(TWO)
    verdict = base.verdict.model_copy(
        update={"label": "not_assessable", "probability": None, "interval": None, "prior_log_odds": None}
    )
    none = base.model_copy(update={"verdict": verdict, "contributions": [], "findings": []})
    told = sentences(made(ONE), none)
    assert "Only A has a probability." in told
    assert not any("points" in sentence for sentence in told)
    assert "Face (person-1): only in A, with 93.1 %. In the other: not there." in told


@pytest.mark.parametrize("code", ["es", "fr", "de", "ar"])
def test_every_sentence_is_said_in_every_language(code):
    a, b = made(ONE), made(TWO, Told(face=-1, voice=None, versions=(("face", "9.0.0"),), fps=1.0), sha256="b" * 64)
    english, other = sentences(a, b), in_words(compare(a, b), (a, b), translate(code))
    assert len(english) == len(other) >= 9
    assert not set(english) & set(other)


def test_lanes_have_the_scale_of_the_longer_media_and_a_reason_where_there_is_none():
    a, b = made(ONE, Told(seconds=30.0)), made(TWO, Told(voice=None, seconds=15.0))
    lines = comparison.timelines((a, b), EN)
    assert lines.seconds == 30.0
    assert [(pair.title, pair.subject) for pair in lines.pairs] == [
        ("Face", "person-1"),
        ("Face", "person-2"),
        ("Voice", "the voice"),
    ]
    face, voice = lines.pairs[0], lines.pairs[2]
    assert [strip.film for strip in face.strips] == [100.0, 50.0]
    first, second = (strip.lane.blocks[0] for strip in face.strips)
    assert second.x == pytest.approx(first.x / 2)
    assert second.width == pytest.approx(first.width / 2)
    assert voice.strips[1].lane is None
    assert voice.strips[1].why == "no speech was found"


def test_what_each_source_adds_is_a_pair_on_one_scale_around_the_middle():
    a, b = made(ONE, Told(face=2.0, voice=1.0)), made(TWO, Told(face=-4.0, voice=None))
    rows = comparison.weights(compare(a, b), (a, b), EN)
    assert [(row.kind, [side.value for side in row.sides]) for row in rows] == [
        ("start", [0.0, 0.0]),
        ("part", [2.0, -4.0]),
        ("part", [-0.5, -0.5]),
        ("part", [1.0, None]),
        ("total", [2.5, -4.5]),
    ]
    left, right = rows[1].sides[1], rows[1].sides[0]
    assert left.x + left.width == pytest.approx(50.0)
    assert right.x == 50.0
    assert left.width == pytest.approx(2 * right.width)
    assert all(0 <= side.x <= side.x + side.width <= 100 for row in rows for side in row.sides)


def test_a_still_picture_beside_a_film_has_no_lane():
    base = made(TWO)
    still = base.model_copy(update={"media": base.media.model_copy(update={"kind": "image", "duration": 0.0})})
    lines = comparison.timelines((made(ONE), still), EN)
    assert all(pair.strips[1].lane is None and pair.strips[1].film == 0.0 for pair in lines.pairs)
    assert comparison.timelines((still, still), EN).pairs == ()


def test_models_and_settings_stand_with_both_their_values():
    a, b = made(ONE), made(TWO, Told(versions=(("face", "0.2.0"), ("motion", "1.0.0")), fps=8.0))
    rows = {row.title: row for row in comparison.models((a, b), EN)}
    assert rows["Face"].same
    assert not rows["Voice"].same
    assert rows["Voice"].values[1] == ""
    assert rows["Movement"].values[0] == ""
    (fps,) = comparison.settings(compare(a, b), (a, b))
    assert (fps.code, fps.values) == ("fps", ("4.0", "8.0"))


def test_a_finding_that_failed_says_why():
    base = made(TWO)
    failed = Finding(detector="face", subject="person-1", state="failed", reason="decode_failed")
    other = base.model_copy(update={"findings": [failed, *base.findings[1:]]})
    assert any("only in A" in sentence and "Face (person-1)" in sentence for sentence in sentences(made(ONE), other))


def week(number, agreed, disagreed, left_open=0):
    return Week(date(2026, 10, 5) + timedelta(weeks=number), Agreement(agreed, disagreed, left_open))


def test_a_week_without_anything_to_compare_breaks_the_line_and_is_no_zero():
    drawn = chart([week(0, 3, 1), week(1, 4, 0), week(2, 0, 0, 5), week(3, 1, 1), week(4, 2, 2)])
    assert [point.y for point in drawn.points] == [25.0, 0.0, None, 50.0, 50.0]
    assert len(drawn.lines) == len(drawn.bands) == 2
    assert drawn.lines[0] == "100.00,25.00 300.00,0.00"
    assert drawn.most == 5
    assert [round(point.volume) for point in drawn.points] == [80, 80, 100, 40, 80]
    for point in drawn.points:
        if point.band is not None:
            assert 0 <= point.band[0] <= point.y <= point.band[1] <= 100


@pytest.mark.parametrize("count", [0, 1, 3, 60, 300])
def test_a_chart_has_no_more_ticks_than_fit(count):
    drawn = chart([week(n, 1, 0) for n in range(count)])
    assert len(drawn.ticks) <= 8
    assert len(drawn.points) == count
