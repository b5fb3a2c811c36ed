import numpy as np
import pytest

from support.nodding import clip
from unmask.models.registry import Registry
from unmask.training import motion_report
from unmask.training.motion_report import Scored, Table, alarms, key, left_out, numbers, table, unseen_by


@pytest.fixture(autouse=True)
def _few_draws(monkeypatch):
    monkeypatch.setattr(motion_report, "DRAWS", 200)


def made(adds: float, seed: int = 0, n: int = 240) -> Table:
    """`face` knows a little, `motion` as much as `adds`, of twelve sources with real and made clips."""
    draw = np.random.default_rng(seed)
    fake = np.arange(n) % 2 == 1
    sources = tuple(f"s{i % 12}" for i in range(n))
    methods = tuple(f"m{i % 4}" if fake[i] else "" for i in range(n))
    return Table(fake, draw.normal(adds * fake, 1), draw.normal(0.8 * fake, 1), sources, methods)


def test_a_signal_that_adds_is_told_from_one_that_does_not():
    useful, useless = numbers(made(1.5)), numbers(made(0.0))
    assert useful["gain"]["auc"] > 0.08 and useful["gain"]["interval"][0] > 0
    assert useless["gain"]["auc"] < 0.02 and useless["gain"]["interval"][0] < 0
    assert 0.4 < useless["motion"]["auc"] < 0.6 and useful["both"]["auc"] > useful["face"]["auc"]
    assert useful["n_real"] == useful["n_fake"] == 120 and useful["methods"] == 2


def test_no_source_is_scored_by_a_regression_that_saw_it():
    found = made(1.0)
    turned = np.where(np.asarray(found.sources) == "s3", -10 * found.motion, found.motion)
    plain, changed = (left_out(found, scores[:, None]) for scores in (found.motion, turned))
    own = np.asarray(found.sources) == "s3"
    assert np.corrcoef(plain[own], changed[own])[0, 1] < -0.99


def test_false_alarms_of_a_source_are_counted_at_the_threshold_of_the_others():
    found = made(1.0)
    loud = np.where((np.asarray(found.sources) == "s0") & ~found.fake, 9.0, found.motion)
    lines = alarms(Table(found.fake, loud, found.face, found.sources, found.methods))
    assert lines["s0"]["rate"] == 1 and lines["s2"]["rate"] < 0.3 and lines["s2"]["n"] == 20


def test_only_clips_that_both_scored_and_neither_trained_on_are_compared():
    card = Registry().card("face")
    trained = next(d for d in card.data if d.split == "train" and d.label == "real")
    clips = [clip("a", source=trained.source), clip("b", source="nobody/knows"), clip("c", source="nobody/knows")]
    scored = [Scored(one, np.zeros(2, np.float32), 0.5) for one in clips]
    found = table(scored, {key(clips[0]): 1.0, key(clips[1]): 2.0}, unseen_by(card))
    assert found.sources == ("nobody/knows",) and found.face.tolist() == [2.0] and found.motion.tolist() == [0.5]


def test_a_source_with_one_class_around_it_gets_no_score():
    found = Table(np.asarray([True, False]), np.ones(2), np.ones(2), ("a", "b"), ("m", ""))
    assert left_out(found, found.motion[:, None]).tolist() == [0, 0]
    assert alarms(found) == {} and pytest.approx(0) == found.motion[0] - 1
