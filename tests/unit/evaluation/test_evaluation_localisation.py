import pytest

from unmask.evaluation.localisation import Located, average_precision_at, iou, localise, merged
from unmask.evaluation.outcome import Stretch


def file(true, reported, group="p"):
    return Located(tuple(true), tuple(reported), group)


def test_overlap_is_intersection_over_union():
    assert iou((0, 4), (2, 6)) == pytest.approx(2 / 6)
    assert iou((0, 1), (2, 3)) == 0.0
    assert iou((1, 2), (1, 2)) == 1.0


def test_stretches_on_the_mark_have_full_precision_and_half_wide_ones_only_at_the_lower_overlap():
    exact, loose = file([(4, 8)], [(4, 8, 0.9)]), file([(4, 8)], [(4, 10, 0.9)])
    assert average_precision_at([exact], 0.75) == 1.0
    assert average_precision_at([loose], 0.5) == 1.0
    assert average_precision_at([loose], 0.75) == 0.0


def test_a_second_report_of_the_same_stretch_is_a_false_one():
    twice = file([(4, 8), (20, 24)], [(4, 8, 0.9), (4.1, 8, 0.8), (20, 24, 0.7)])
    assert average_precision_at([twice], 0.5) == pytest.approx((1 + 2 / 3) / 2)


def test_reports_in_real_files_cost_precision_when_they_are_surer():
    fake = file([(4, 8)], [(4, 8, 0.8)])
    assert average_precision_at([fake, file([], [(0, 3, 0.9)])], 0.5) == 0.5
    assert average_precision_at([fake, file([], [(0, 3, 0.7)])], 0.5) == 1.0


def test_a_stretch_in_another_file_is_no_hit():
    assert average_precision_at([file([(4, 8)], []), file([(30, 40)], [(4, 8, 0.9)])], 0.5) == 0.0


def test_nothing_reported_is_zero_and_nothing_true_has_no_number():
    assert average_precision_at([file([(0, 1)], [])], 0.5) == 0.0
    assert localise([file([], [(0, 1, 0.9)])]) is None
    with pytest.raises(ValueError, match="no true"):
        average_precision_at([file([], [])], 0.5)


def test_overlapping_stretches_of_two_persons_count_once():
    found = merged(
        [
            Stretch(detector="face", start=5, end=9, probability=0.9),
            Stretch(detector="face", start=1, end=6, probability=0.7),
            Stretch(detector="voice", start=20, end=21, probability=0.6),
        ]
    )
    assert found == ((1, 9, 0.9), (20, 21, 0.6))


def test_intervals_hold_the_value():
    files = [file([(4, 8)], [(4, 8, 0.9)] if i % 2 else [], f"p{i}") for i in range(20)]
    found = localise(files)
    assert found.ap_50.value == 0.5
    assert 0.2 < found.ap_50.low < 0.5 < found.ap_50.high < 0.8
    assert (found.n_files, found.n_true, found.n_reported) == (20, 20, 10)
