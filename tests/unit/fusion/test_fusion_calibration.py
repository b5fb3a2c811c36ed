from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.scores import CALIBRATION, points
from unmask.fusion.calibration import LIMIT, sigmoid, split_windows, strength, subject_strength
from unmask.fusion.pooling import log_mean_exp, pool

logits = st.lists(st.floats(-8, 8), min_size=1, max_size=60)


def test_pooling_nothing_is_an_error_and_not_a_number():
    with pytest.raises(ValueError, match="nothing to pool"):
        pool(np.zeros(0, np.float32))


def test_pooling_looks_at_the_upper_half():
    assert pool(np.array([0, 0, 4, 2], np.float32)) == 3.0


@given(logits)
def test_pooling_does_not_depend_on_order(values):
    assert pool(np.array(values, np.float32)) == pytest.approx(pool(np.array(values[::-1], np.float32)))


@given(logits)
def test_log_mean_exp_lies_between_mean_and_maximum(values):
    assert np.mean(values) - 1e-9 <= log_mean_exp(values) <= max(values) + 1e-9


@given(st.floats(-700, 700))
def test_probabilities_of_opposite_odds_add_up_to_one(value):
    assert sigmoid(value) + sigmoid(-value) == pytest.approx(1.0)


@given(logits)
def test_evidence_is_never_believed_beyond_the_limit(values):
    assert abs(strength(np.array(values, np.float32) * 10, CALIBRATION).llr) <= LIMIT


def test_fewer_scores_give_a_wider_interval():
    one, many = (strength(np.full(n, 2.0, np.float32), CALIBRATION).deviation for n in (1, 40))
    assert one > many


def test_a_stretch_of_manipulation_is_not_averaged_away_in_a_long_video():
    whole = points([-3.0] * 200 + [5.0] * 20 + [-3.0] * 180)
    assert pool(np.array([p.logit for p in whole], np.float32)) < 0
    assert subject_strength(whole, CALIBRATION).llr > 1.0


def test_a_longer_real_video_is_not_called_fake_more_often():
    """Windows weigh by their mean: the expected ratio under noise does not grow with the length."""
    rng = np.random.default_rng(1)

    def ratio(seconds):
        values = rng.normal(-1.0, 1.0, (60, seconds * 4))
        return np.mean([subject_strength(points(list(row)), CALIBRATION).llr for row in values])

    assert ratio(120) <= ratio(10) + 0.1


def test_windows_follow_the_medias_clock_and_hold_every_point_once():
    whole = points([0.0] * 90, step=Fraction(1, 4))
    windows = split_windows(whole[3:])
    assert [w[0].start for w in windows] == [Fraction(3, 4), 5, 10, 15, 20]
    assert sum(windows, ()) == whole[3:]
