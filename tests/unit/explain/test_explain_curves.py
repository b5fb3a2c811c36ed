from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from unmask.explain.canvas import ORANGE, Canvas, clock_axis
from unmask.explain.curves import MOST_POINTS, Curve, draw_curve, smoothed

TIMES = tuple(i * 0.25 for i in range(120))
CURVE = Curve(
    subject="person-1",
    detector="face",
    start=0.0,
    end=30.0,
    times=TIMES,
    probabilities=tuple(0.9 if 10 <= t < 20 else 0.1 for t in TIMES),
    step=0.25,
    threshold=0.8,
    segments=((10.0, 20.0, 0.93),),
)


def strokes(svg: bytes, colour: str) -> int:
    return svg.decode().count(f"stroke: {colour}")


def test_a_curve_is_a_whole_svg_that_refers_to_nothing_outside() -> None:
    svg = draw_curve(CURVE)
    root = ElementTree.fromstring(svg)
    assert root.tag.endswith("svg")
    links = [value for e in root.iter() for key, value in e.attrib.items() if key.endswith("href")]
    assert all(link.startswith("#") for link in links)


def test_the_same_numbers_give_the_same_bytes() -> None:
    assert draw_curve(CURVE) == draw_curve(CURVE)


def test_a_changed_number_changes_the_picture() -> None:
    moved = replace(CURVE, probabilities=(0.2, *CURVE.probabilities[1:]))
    assert draw_curve(moved) != draw_curve(CURVE)


def test_every_segment_is_marked() -> None:
    two = replace(CURVE, segments=((2.0, 4.0, 0.7), (10.0, 20.0, 0.93)))
    assert strokes(draw_curve(replace(CURVE, segments=())), ORANGE) == 0
    assert strokes(draw_curve(two), ORANGE) == 2 * strokes(draw_curve(CURVE), ORANGE) > 0


def test_a_gap_in_the_scores_is_a_gap_in_the_line() -> None:
    kept = [i for i, t in enumerate(TIMES) if not 22 < t < 25]
    gap = replace(CURVE, times=tuple(TIMES[i] for i in kept), probabilities=tuple(CURVE.probabilities[i] for i in kept))
    line = "stroke: #1f6fb2; stroke-width: 2"
    assert draw_curve(CURVE).decode().count(line) == 1
    assert draw_curve(gap).decode().count(line) == 2


def test_an_hour_of_scores_is_drawn_in_the_space_of_few() -> None:
    count = 3600 * 4
    values = np.random.default_rng(0).random(count)
    hour = replace(
        CURVE, end=3600.0, times=tuple(i / 4 for i in range(count)), probabilities=tuple(values), segments=()
    )
    assert count > 20 * MOST_POINTS
    assert len(draw_curve(hour)) < 250_000


def test_one_odd_score_does_not_move_the_line() -> None:
    values = np.full(20, 0.1)
    values[9] = 0.99
    assert smoothed(values).max() == pytest.approx(0.1)


def test_the_clock_axis_uses_round_steps_within_its_ends() -> None:
    with Canvas(8, 3) as canvas:
        axes = canvas.axes()
        clock_axis(axes, 10.0, 130.0)
        labels = [label.get_text() for label in axes.get_xticklabels()]
        assert labels == ["00:15", "00:30", "00:45", "01:00", "01:15", "01:30", "01:45", "02:00"] or labels == [
            "00:30",
            "01:00",
            "01:30",
            "02:00",
        ]
        clock_axis(axes, 0.0, 0.5)
        assert [label.get_text() for label in axes.get_xticklabels()][:2] == ["00:00.0", "00:00.1"]


def test_a_drawing_that_fails_leaves_the_next_one_free() -> None:
    with pytest.raises(ZeroDivisionError), Canvas(2, 2):
        raise ZeroDivisionError
    assert draw_curve(CURVE)
