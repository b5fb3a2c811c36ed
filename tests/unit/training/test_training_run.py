import csv

import keras
import numpy as np
import pytest

from unmask.training.run import Plan, Run, draw_curve, two_classes

PLAN = Plan(rate=0.05, warm_up=2)


def network():
    keras.utils.set_random_seed(1)
    inputs = keras.Input((2,))
    return keras.Model(inputs, keras.layers.Dense(1)(inputs))


def make(out, steps=40, deadline=None):
    return Run(out, "tiny", network(), PLAN, two_classes(0.0), steps=steps, deadline=deadline)


@pytest.fixture
def batch():
    points = np.random.default_rng(1).normal(size=(64, 2)).astype(np.float32)
    return points, (points[:, :1] > 0).astype(np.float32)


def right(trained, batch):
    return float(np.mean((np.asarray(trained(batch[0])) > 0) == (batch[1] > 0.5)))


def test_a_run_learns_and_leaves_weights_curve_and_checkpoint(tmp_path, batch):
    run = make(tmp_path, steps=200)
    for _ in range(200):
        run.learn(*batch)
    run.check(lambda trained: {"held_out": right(trained, batch)})
    draw_curve(tmp_path, "held_out", "right on held-out points")
    assert right(run.finish(), batch) > 0.95 and run.share() == 1
    with (tmp_path / "curve.csv").open(newline="") as source:
        (line,) = csv.DictReader(source)
    assert line["step"] == "200" and float(line["held_out"]) > 0.95 and float(line["loss"]) < 0.3
    assert {path.name for path in tmp_path.iterdir()} == {"weights", "curve.csv", "curve.png", "checkpoint.npz"}


def test_a_run_that_was_broken_off_goes_on_as_if_it_had_not(tmp_path, batch):
    whole, first = make(tmp_path / "whole"), make(tmp_path / "parts")
    for _ in range(12):
        whole.learn(*batch)
    for _ in range(6):
        first.learn(*batch)
    first.check(lambda trained: {})
    second = make(tmp_path / "parts")
    assert second.step == 6
    for _ in range(6):
        second.learn(*batch)
    for a, b in zip(whole.network.get_weights(), second.network.get_weights(), strict=True):
        assert np.allclose(a, b, atol=1e-6)
    for a, b in zip(whole.average, second.average, strict=True):
        assert np.allclose(a, b, atol=1e-6)


def test_a_limit_by_the_clock_ends_a_run_before_its_steps(tmp_path, batch):
    import time

    run = make(tmp_path, steps=10**6, deadline=time.monotonic() + 0.2)
    run.learn(*batch)
    time.sleep(0.25)
    assert run.share() >= 1


def test_nothing_learned_has_no_loss_to_show(tmp_path):
    assert all(np.isnan(value) for value in make(tmp_path).recent())
