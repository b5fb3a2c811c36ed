import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unmask.evaluation.metrics import (
    Scores,
    average_precision,
    balance,
    bin_numbers,
    brier,
    calibration_by_chance,
    calibration_error,
    curves,
    numbers,
    share,
    wilson,
)

FAKE = np.array([False] * 50 + [True] * 50)


def scored(fake, score, *, alarm=None, answered=None, groups=None):
    score = np.asarray(score, float)
    return Scores(
        fake=np.asarray(fake, bool),
        score=score,
        alarm=np.asarray(score >= 0.8 if alarm is None else alarm, bool),
        answered=np.asarray(np.isfinite(score) if answered is None else answered, bool),
        groups=tuple(groups or map(str, range(len(score)))),
    )


def test_average_precision_is_that_of_scikit_learn_with_ties_as_well():
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(1)
    for _ in range(20):
        fake = rng.random(60) < 0.3
        fake[:2] = True, False
        values = np.round(rng.random(60) + fake * 0.3, 1)
        assert average_precision(fake, values) == pytest.approx(metrics.average_precision_score(fake, values))


def test_average_precision_needs_a_fake():
    with pytest.raises(ValueError, match="no fake"):
        average_precision([False, False], [0.1, 0.2])


def test_probabilities_that_come_true_have_no_calibration_error():
    probability = np.repeat([0.2, 0.8], 50)
    fake = np.tile([True] * 1 + [False] * 4, 10).tolist() + np.tile([True] * 4 + [False], 10).tolist()
    assert calibration_error(fake, probability) == pytest.approx(0.0, abs=1e-12)


def test_probabilities_that_promise_too_much_have_the_error_that_they_promise_too_much():
    probability = np.repeat([0.02, 0.98], 50)
    fake = np.tile([True] + [False] * 4, 10).tolist() + np.tile([True] * 4 + [False], 10).tolist()
    assert calibration_error(fake, probability) == pytest.approx(0.18)


def test_faultless_probabilities_show_the_error_that_chance_gives_and_faulty_ones_more():
    rng = np.random.default_rng(3)
    score = rng.beta(1, 1, 120)
    fake = rng.random(120) < score
    chance = calibration_by_chance(fake, score)
    assert chance.low <= calibration_error(fake, score) <= chance.high
    assert calibration_error(fake, np.where(score > 0.5, 0.99, 0.01)) > calibration_by_chance(fake, score).high


def test_chance_gives_less_error_over_more_files():
    score = np.linspace(0.02, 0.98, 100)
    few = calibration_by_chance(FAKE, score)
    many = calibration_by_chance(np.repeat(FAKE, 50), np.repeat(score, 50))
    assert 0 < many.value < few.value / 4


def test_calibration_by_chance_takes_both_classes():
    with pytest.raises(ValueError, match="both classes"):
        calibration_by_chance([True, True], [0.2, 0.4])


def test_calibration_and_brier_do_not_depend_on_how_many_real_files_there_are():
    score = np.concatenate([np.linspace(0, 0.6, 50), np.linspace(0.4, 1, 50)])
    more_fake, more = np.concatenate([[False] * 150, FAKE]), np.concatenate([np.tile(score[:50], 3), score])
    assert brier(FAKE, score) == pytest.approx(brier(more_fake, more))
    assert calibration_error(FAKE, score, bins=2) == pytest.approx(calibration_error(more_fake, more, bins=2), abs=0.02)


def test_half_for_everything_has_a_brier_score_of_a_quarter():
    assert brier(FAKE, np.full(100, 0.5)) == pytest.approx(0.25)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 9)), min_size=1, max_size=60))
def test_bins_follow_the_order_of_the_scores_and_never_part_equal_ones(drawn):
    fake = [f for f, _ in drawn]
    score = np.array([s / 9 for _, s in drawn])
    number = bin_numbers(balance(fake), score, bins=5)
    assert len(number) == len(drawn) and number.min() >= 0 and number.max() < 5
    order = np.argsort(score, kind="stable")
    assert (np.diff(number[order]) >= 0).all()
    assert all(len(set(number[score == value])) == 1 for value in score)


def test_wilsons_interval_is_the_one_in_the_textbook():
    assert wilson(0.0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert wilson(0.5, 100) == pytest.approx((0.4038, 0.5962), abs=1e-4)


def test_files_without_a_score_count_against_coverage_and_in_nothing_else():
    full = np.concatenate([np.linspace(0, 0.7, 50), np.linspace(0.3, 1, 50)])
    holes = np.concatenate([full, [np.nan] * 25])
    fake = np.concatenate([FAKE, [False] * 25])
    whole, some = numbers(scored(FAKE, full), draws=50), numbers(scored(fake, holes), draws=50)
    assert some.coverage.value == pytest.approx(0.8) and whole.coverage.value == 1.0
    assert (some.auc.value, some.miss.value) == (whole.auc.value, whole.miss.value)
    assert (some.n_real, some.n_fake, some.n_scored) == (75, 50, 100)


def test_rates_count_alarms_and_not_scores_above_some_other_threshold():
    alarm = np.zeros(100, bool)
    alarm[[0, 50, 51]] = True
    found = numbers(scored(FAKE, np.linspace(0, 1, 100), alarm=alarm), draws=50)
    assert found.false_alarm.value == pytest.approx(1 / 50)
    assert found.miss.value == pytest.approx(48 / 50)


def test_what_the_files_do_not_carry_stays_null():
    only_real = numbers(scored([False] * 9, np.linspace(0, 0.5, 9)), draws=50)
    assert only_real.false_alarm.value == 0.0
    assert (only_real.auc, only_real.eer, only_real.miss, only_real.ece, only_real.brier) == (None,) * 5
    nothing = numbers(scored([], []), draws=50)
    assert nothing.coverage is None and nothing.n_groups == 0


def test_no_false_alarm_on_few_persons_does_not_promise_none():
    few = numbers(scored([False] * 40, np.zeros(40), groups=["a", "b"] * 20), draws=50)
    many = numbers(scored([False] * 40, np.zeros(40)), draws=50)
    assert few.false_alarm.high == pytest.approx(wilson(0.0, 2)[1])
    assert few.false_alarm.high > many.false_alarm.high > 0.05


def test_intervals_are_wider_when_files_belong_to_few_persons():
    rng = np.random.default_rng(3)
    offset = np.repeat(rng.normal(0, 1, 10), 10)
    score = 1 / (1 + np.exp(-(offset + rng.normal(0, 0.3, 100) + FAKE)))
    single = numbers(scored(FAKE, score), draws=200).auc
    persons = numbers(scored(FAKE, score, groups=[f"p{i // 10}" for i in range(100)]), draws=200).auc
    assert persons.high - persons.low > 1.3 * (single.high - single.low)
    assert single.low <= single.value <= single.high


def test_a_perfect_score_on_three_files_promises_nothing():
    found = numbers(scored([False, False, True], [0.1, 0.2, 0.9], alarm=[False] * 3), draws=50)
    assert found.auc.value == 1.0 and found.auc.low < 0.3
    assert found.eer.value == 0.0 and found.eer.high > 0.7
    assert found.miss.low < 0.3


def test_a_share_has_its_interval_and_needs_a_file():
    found = share(np.array([True, False] * 20), [str(i) for i in range(40)], draws=200)
    assert found.value == 0.5 and 0.3 < found.low < 0.45 and 0.55 < found.high < 0.7
    with pytest.raises(ValueError, match="no sample"):
        share(np.zeros(0, bool), [])


def test_the_roc_curve_runs_from_corner_to_corner_and_encloses_the_auc():
    score = np.round(np.concatenate([np.linspace(0, 0.7, 50), np.linspace(0.3, 1, 50)]), 2)
    data = scored(FAKE, score)
    roc = np.array(curves(data).roc)
    assert roc[0].tolist() == [0, 0] and roc[-1].tolist() == [1, 1]
    assert (np.diff(roc, axis=0) >= 0).all()
    assert np.trapezoid(roc[:, 1], roc[:, 0]) == pytest.approx(numbers(data, draws=2).auc.value)


def test_reliability_bins_say_how_many_files_they_rest_on():
    bins = curves(scored(FAKE, np.concatenate([np.linspace(0, 0.7, 50), np.linspace(0.3, 1, 50)]))).reliability
    assert sum(one.n for one in bins) == 100
    assert all(one.low <= one.share <= one.high for one in bins)
    assert [one.mean for one in bins] == sorted(one.mean for one in bins)


def test_one_class_has_no_curve():
    assert curves(scored([False] * 5, np.zeros(5))) is None
