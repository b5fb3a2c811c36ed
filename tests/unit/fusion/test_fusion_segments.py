from fractions import Fraction

from support.scores import card, points
from unmask.fusion.segments import cut_segments
from unmask.types import Signal

CARD = card("face", threshold=1.0)


def signal(values, **kwargs):
    return Signal("face", "person-1", "video", points(values, **kwargs))


def test_a_quiet_signal_has_no_segment():
    assert cut_segments(signal([-2.0] * 40), CARD) == ()


def test_an_empty_signal_has_no_segment():
    assert cut_segments(signal([]), CARD) == ()


def test_a_manipulated_stretch_is_cut_where_it_starts_and_ends():
    (found,) = cut_segments(signal([-3.0] * 40 + [3.0] * 20 + [-3.0] * 40), CARD)
    assert (found.start, found.end) == (Fraction(10), Fraction(15))
    assert found.probability > 0.9


def test_one_odd_frame_is_not_a_segment():
    assert cut_segments(signal([-3.0] * 20 + [9.0] + [-3.0] * 20), CARD) == ()


def test_a_short_dip_is_bridged():
    found = cut_segments(signal([3.0] * 20 + [-3.0] * 4 + [3.0] * 20), CARD)
    assert len(found) == 1


def test_a_long_gap_parts_two_segments():
    assert len(cut_segments(signal([3.0] * 20 + [-3.0] * 20 + [3.0] * 20), CARD)) == 2


def test_overlapping_windows_give_their_middle_so_that_a_segment_is_not_stretched():
    values = [-3.0] * 10 + [3.0] * 8 + [-3.0] * 10
    (found,) = cut_segments(signal(values, step=Fraction(1), length=Fraction(4)), CARD)
    assert (found.start, found.end) == (Fraction(23, 2), Fraction(39, 2))


def test_windows_at_the_ends_reach_to_the_ends():
    (found,) = cut_segments(signal([3.0] * 6, step=Fraction(1), length=Fraction(4)), CARD)
    assert (found.start, found.end) == (0, 9)


def test_a_single_picture_can_be_a_segment():
    (found,) = cut_segments(signal([4.0]), CARD)
    assert found.start == 0
