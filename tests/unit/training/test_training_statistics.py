import numpy as np
import pytest

from unmask.training import statistics as st

RNG = np.random.default_rng(5)
LABELS = np.arange(400) % 2 == 0
SCORES = RNG.normal(size=400) + 1.2 * LABELS


def test_auc_and_equal_error_rate_agree_with_an_independent_library():
    metrics = pytest.importorskip("sklearn.metrics")
    rounded = np.round(SCORES, 1)
    assert st.auc(LABELS, rounded) == pytest.approx(metrics.roc_auc_score(LABELS, rounded))
    alarms, hits, _ = metrics.roc_curve(LABELS, rounded, drop_intermediate=False)
    grid = np.linspace(0, 1, 100_001)
    curve = np.interp(grid, alarms, 1 - hits)
    assert st.eer(LABELS, rounded) == pytest.approx(grid[np.argmin(abs(curve - grid))], abs=2e-3)


def test_perfect_and_inverted_scores_reach_the_ends():
    assert st.auc([0, 0, 1, 1], [0, 1, 2, 3]) == 1
    assert st.eer([0, 0, 1, 1], [0, 1, 2, 3]) == 0
    assert st.auc([1, 1, 0, 0], [0, 1, 2, 3]) == 0
    assert st.eer([1, 1, 0, 0], [0, 1, 2, 3]) == 1


def test_one_class_alone_has_no_ranking():
    with pytest.raises(ValueError, match="both classes"):
        st.auc([1, 1], [0.1, 0.2])


def test_a_number_that_is_none_is_refused():
    with pytest.raises(ValueError, match="finite"):
        st.eer([0, 1], [float("nan"), 1.0])


@pytest.mark.parametrize("rate", [0.0, 0.05, 0.1])
def test_the_threshold_keeps_the_promised_false_alarm_rate(rate):
    real = SCORES[~LABELS]
    limit = st.threshold_for(real, rate)
    assert (real > limit).mean() <= rate
    assert (real >= limit).mean() > rate


def test_drawing_whole_groups_widens_the_interval():
    labels = np.repeat([False, True], 200)
    groups = [f"g{i // 40}" for i in range(400)]
    shift = np.repeat(RNG.normal(size=10), 40)
    scores = shift + labels + 0.1 * RNG.normal(size=400)
    alone = st.bootstrap(st.auc, labels, scores, [str(i) for i in range(400)], draws=200)
    whole = st.bootstrap(st.auc, labels, scores, groups, draws=200)
    assert whole[1] - whole[0] > 1.5 * (alone[1] - alone[0])


def test_a_bootstrap_is_repeatable():
    groups = [str(i // 4) for i in range(400)]
    assert st.bootstrap(st.auc, LABELS, SCORES, groups, draws=50, seed=3) == st.bootstrap(
        st.auc, LABELS, SCORES, groups, draws=50, seed=3
    )


def test_platt_scaling_finds_the_true_log_likelihood_ratio_whatever_the_class_shares():
    rng = np.random.default_rng(0)
    labels = np.arange(8000) % 5 == 0
    scores = rng.normal(size=8000) + 2 * labels - 1
    fit = st.fit_platt(labels, scores, [str(i) for i in range(8000)], draws=60)
    assert fit.slope == pytest.approx(2, abs=0.15)
    assert fit.intercept == pytest.approx(0, abs=0.12)
    (var_slope, cov), (cov_again, var_intercept) = fit.covariance
    assert cov == cov_again and 0 < var_slope < 0.1 and 0 < var_intercept < 0.1


def test_platt_scaling_of_separable_scores_stays_finite():
    fit = st.fit_platt([0, 0, 1, 1], [-2, -1, 1, 2], list("abcd"), draws=20)
    assert 0 < fit.slope < 20


def test_a_metric_leaves_out_what_its_data_cannot_tell():
    only_real = st.metric(
        [0, 0, 0], [1.0, 2.0, 3.0], list("abc"), 2.5, split="dev", condition="all", unit="person", draws=20
    )
    assert only_real.auc is None and only_real.miss is None
    assert only_real.false_alarm == pytest.approx(1 / 3)
    both = st.metric(
        LABELS, SCORES, [str(i) for i in range(400)], 0.5, split="dev", condition="all", unit="person", draws=20
    )
    assert both.auc_interval is not None and both.auc_interval[0] <= both.auc <= both.auc_interval[1]


def test_point_noise_is_the_spread_around_the_subjects_own_value():
    assert st.point_noise([[1.0, 3.0], [5.0]], [2.0, 5.0]) == pytest.approx(np.sqrt(0.5))
