"""Dubs are read from the likeness of lips and sound, a fifth of a second at a time."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from support.scores import card
from unmask.fusion.dubs import cut, cut_dubs, margins
from unmask.types import FIFTH, LEAD, ScorePoint, Signal, Sync

SHIFTS = 31
OWN = 17
"""The shift at which this person's sound fits: 0.08 s late."""
WINDOW, ROWS = Fraction(22, 5), 20
CARD = card("lip_sync", threshold=1.0)


def likeness(seconds: int, dubbed: tuple[float, float] | None = None, fit: float = 0.4) -> np.ndarray:
    """(5 a second, shifts): noise everywhere, and a peak at the own shift outside the dubbed stretch."""
    rows = np.random.default_rng(5).normal(0.05, 0.2, (5 * seconds, SHIFTS))
    rows[:, OWN - 1 : OWN + 2] += fit * np.asarray([0.8, 1.0, 0.8])
    if dubbed:
        first, last = (round(5 * second) for second in dubbed)
        rows[first:last] = np.random.default_rng(6).normal(0.05, 0.2, (last - first, SHIFTS))
        rows[first:last, 4:7] += 0.2  # by chance another's sound fits some other offset
    return rows


def signal(rows: np.ndarray, levels: np.ndarray | None = None, logit: float = -3.0) -> Signal:
    """The rows as windows of four seconds, one a second, and what each says as a whole."""
    levels = np.full(len(rows), -20.0) if levels is None else levels
    points = []
    for start in range((len(rows) - ROWS - 1) // 5 + 1):
        part = slice(5 * start + 1, 5 * start + 1 + ROWS)
        read = tuple(tuple(int(v) for v in row) for row in np.round(rows[part] * 1000))
        sync = Sync(0.08, 0.5, read, tuple(float(v) for v in levels[part]))
        points.append(ScorePoint(Fraction(start), start + WINDOW, logit, sync=sync))
    return Signal("lip_sync", "person-1", "audio_visual", tuple(points))


def test_rows_lie_where_their_windows_say():
    assert LEAD == FIFTH == Fraction(1, 5)


@pytest.mark.parametrize("dubbed", [(6.0, 9.0), (9.4, 13.0), (3.0, 6.0)])
def test_a_dub_is_found_where_it_is(dubbed):
    (found,) = cut_dubs(signal(likeness(20, dubbed)))
    assert float(found.start) == pytest.approx(dubbed[0], abs=0.8)
    assert float(found.end) == pytest.approx(dubbed[1], abs=0.8)
    assert found.probability >= 0.8
    assert found.points


def test_who_is_in_sync_throughout_or_nowhere_is_not_dubbed():
    assert cut_dubs(signal(likeness(20))) == ()
    assert cut_dubs(signal(likeness(20, fit=0.0))) == ()


def test_a_dub_of_most_of_the_clip_is_left_to_the_windows():
    assert cut_dubs(signal(likeness(20, (4.0, 17.0)))) == ()


def test_a_pause_is_not_a_dub():
    levels = np.full(100, -20.0)
    levels[30:45] = -80.0
    assert cut_dubs(signal(likeness(20, (6.0, 9.0)), levels)) == ()


def test_windows_that_were_not_looked_at_closely_have_no_dubs():
    points = tuple(ScorePoint(p.start, p.end, p.logit) for p in signal(likeness(20)).points)
    assert cut_dubs(Signal("lip_sync", "person-1", "audio_visual", points)) == ()
    assert cut_dubs(Signal("face", "person-1", "video", ())) == ()


def test_seconds_that_nobody_saw_are_no_dub():
    whole = signal(likeness(30))
    holed = tuple(p for p in whole.points if not 8 <= p.start < 16)
    assert cut_dubs(Signal("lip_sync", "person-1", "audio_visual", holed)) == ()


def test_the_dub_stands_for_the_windows_that_smear_it():
    rows = likeness(20, (8.0, 11.0))
    smeared = [replace(p, logit=4.0) if 5 <= p.start <= 10 else p for p in signal(rows).points]
    (found,) = cut(Signal("lip_sync", "person-1", "audio_visual", tuple(smeared)), CARD)
    assert float(found.end - found.start) == pytest.approx(3.0, abs=1.0)


def test_the_margin_is_that_of_the_own_offset_over_all_others():
    rows = likeness(10)
    assert margins(rows).mean() == pytest.approx(0.3, abs=0.15)
    assert margins(likeness(10, fit=0.0)).mean() < 0.05
