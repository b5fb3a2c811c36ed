from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from unmask.errors import ModelError
from unmask.explain.faithfulness import blurred
from unmask.explain.paths import FRACTION, GUIDED, PATHS, STRAIGHT, guided_step, path_shares

SIDE = 24


def pictures(count: int) -> np.ndarray:
    return np.random.default_rng(4).normal(0, 1, (count, SIDE, SIDE, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def network() -> Any:
    """Bent enough that the way from the blurred picture matters, and smooth: no last digit decides what it finds."""
    import keras

    keras.utils.set_random_seed(3)
    layers = keras.layers
    return keras.Sequential(
        [
            layers.Input((SIDE, SIDE, 3)),
            layers.Conv2D(8, 3, activation="tanh"),
            layers.Conv2D(8, 3, strides=2, activation="tanh"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(1),
        ]
    )


@pytest.mark.parametrize("kind", PATHS)
def test_the_shares_of_the_pixels_add_up_to_what_the_detail_of_the_picture_adds(network: Any, kind: str) -> None:
    images = pictures(6)
    shares = path_shares(network, kind, images)
    assert shares.shape == (6, SIDE, SIDE)
    starts = np.stack([blurred(image) for image in images])
    adds = np.asarray(network(images)).ravel() - np.asarray(network(starts)).ravel()
    np.testing.assert_allclose(shares.sum(axis=(1, 2)), adds, atol=0.1 * np.abs(adds).mean())


@pytest.mark.parametrize("kind", PATHS)
def test_where_no_way_differs_from_another_the_shares_are_those_of_the_weights(kind: str) -> None:
    import keras

    layers = keras.layers
    straight = keras.Sequential([layers.Input((SIDE, SIDE, 3)), layers.Flatten(), layers.Dense(1, use_bias=False)])
    image = pictures(1)
    weights = np.asarray(straight.layers[-1].kernel).reshape(SIDE, SIDE, 3)
    wanted = ((image[0] - blurred(image[0])) * weights).sum(axis=-1)
    np.testing.assert_allclose(path_shares(straight, kind, image)[0], wanted, rtol=1e-3, atol=1e-5)


def test_the_guided_way_gathers_less_that_cancels_out(network: Any) -> None:
    images = pictures(6)
    guided, straight = (np.abs(path_shares(network, kind, images)).sum() for kind in (GUIDED, STRAIGHT))
    assert guided < 0.9 * straight


@pytest.mark.parametrize("kind", PATHS)
def test_the_shares_of_a_picture_do_not_depend_on_the_pictures_beside_it(network: Any, kind: str) -> None:
    images = pictures(10)
    together = path_shares(network, kind, images)
    for number in (0, 8, 9):
        np.testing.assert_array_equal(path_shares(network, kind, images[number : number + 1])[0], together[number])


def test_a_guided_step_moves_what_has_the_smallest_gradient_and_no_further_than_asked() -> None:
    now, goal = np.zeros(20), np.arange(1.0, 21.0)
    slope = np.linspace(-1.0, 2.0, 20)
    order = np.argsort(np.abs(slope))
    assert int(FRACTION * 20) == 2
    moved = guided_step(now, goal, slope, left=float(goal.sum() - goal[order[:3]].sum()))
    assert np.abs(goal - moved).sum() == pytest.approx(goal.sum() - goal[order[:3]].sum())
    np.testing.assert_array_equal(moved[order[:2]], goal[order[:2]])  # a tenth at a time
    np.testing.assert_array_equal(moved[order[4:]], 0.0)
    share = goal[order[2]] / goal[order[2:4]].sum()
    np.testing.assert_allclose(moved[order[2:4]], share * goal[order[2:4]])  # of the next tenth an even part
    np.testing.assert_array_equal(guided_step(moved, goal, slope, left=0.0), goal)


def test_a_picture_without_detail_has_no_shares(network: Any) -> None:
    flat = np.ones((1, SIDE, SIDE, 3), np.float32)
    for kind in PATHS:
        assert np.abs(path_shares(network, kind, flat)).max() < 1e-4


def test_no_pictures_have_no_shares(network: Any) -> None:
    assert path_shares(network, GUIDED, np.zeros((0, SIDE, SIDE, 3), np.float32)).shape == (0, SIDE, SIDE)


def test_a_way_that_there_is_not_is_refused(network: Any) -> None:
    with pytest.raises(ModelError, match="the scenic one"):
        path_shares(network, "the scenic one", pictures(1))
