from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unmask.explain.checks import check_facts, draw_check
from unmask.explain.faithfulness import (
    STEPS,
    Faithfulness,
    blurred,
    centre_blob,
    faithfulness,
    measure,
    place_of,
    random_maps,
)

SIDE = 48
SPOT = (slice(4, 14), slice(30, 44))


def picture() -> np.ndarray:
    return np.random.default_rng(3).normal(0, 1, (SIDE, SIDE, 3)).astype(np.float32)


def answers_to_the_spot(batch: np.ndarray) -> np.ndarray:
    """A network that looks at one place only: how uneven it is there."""
    there = batch[(slice(None), *SPOT)].std(axis=(1, 2, 3))
    return 1 / (1 + np.exp(-8 * (there - 0.5)))


def heat_at(place: tuple[slice, slice]) -> np.ndarray:
    heat = np.zeros((SIDE, SIDE), np.float32)
    heat[place] = 1.0
    return heat


def check(heat: np.ndarray) -> Faithfulness:
    return faithfulness(answers_to_the_spot, picture(), heat, blurred(picture()))


def test_a_map_of_the_place_that_counts_holds() -> None:
    found = check(heat_at(SPOT))
    assert found.holds
    assert found.shown.deletion_auc < found.centre.deletion_auc
    assert found.shown.insertion_auc > found.random.insertion_auc
    assert found.shown.score > 0.5


@pytest.mark.parametrize("place", [(slice(34, 46), slice(2, 12)), (slice(20, 30), slice(2, 12))])
def test_a_map_of_another_place_does_not_hold(place: tuple[slice, slice]) -> None:
    found = check(heat_at(place))
    assert not found.holds
    assert found.shown.score < 0


def test_a_map_that_is_just_the_blob_in_the_middle_does_not_hold() -> None:
    found = check(centre_blob(SIDE, SIDE))
    assert found.shown == found.centre
    assert not found.beats_centre
    assert not found.holds


def test_a_map_without_heat_does_not_hold_where_the_middle_counts() -> None:
    found = faithfulness(
        lambda batch: np.clip(batch[:, 18:30, 18:30].std(axis=(1, 2, 3)), 0, 1),
        picture(),
        np.zeros((SIDE, SIDE), np.float32),
        blurred(picture()),
    )
    assert not found.holds


def test_curves_run_from_the_whole_picture_to_none_of_it_and_back() -> None:
    whole, none = answers_to_the_spot(np.stack([picture(), blurred(picture())]))
    for curve in measure(answers_to_the_spot, picture(), random_maps(SIDE, SIDE), blurred(picture())):
        assert len(curve.deletion) == len(curve.insertion) == STEPS + 1
        assert (curve.deletion[0], curve.deletion[-1]) == pytest.approx((whole, none))
        assert (curve.insertion[0], curve.insertion[-1]) == pytest.approx((none, whole))
        assert 0 <= curve.deletion_auc <= 1


@given(seed=st.integers(0, 2**32 - 1), power=st.integers(1, 8))
def test_every_pixel_has_a_place_of_its_own_and_the_hottest_comes_first(seed: int, power: int) -> None:
    heat = np.random.default_rng(seed).random((9, 14)).astype(np.float32) ** power
    place = place_of(heat)
    np.testing.assert_allclose(np.sort(place, axis=None), np.arange(126) / 126, atol=1e-6)
    assert place[np.unravel_index(heat.argmax(), heat.shape)] < 0.05


def test_where_there_is_no_heat_what_lies_near_heat_comes_first() -> None:
    place = place_of(heat_at((slice(0, 4), slice(0, 4))))
    assert place[5, 5] < place[40, 40]


def test_the_same_map_gets_the_same_numbers() -> None:
    heat = np.random.default_rng(5).random((SIDE, SIDE)).astype(np.float32)
    assert check(heat) == check(heat)


def test_the_facts_and_the_picture_say_what_was_measured() -> None:
    found = check(heat_at(SPOT))
    facts = check_facts(found)
    assert facts["holds"] is True
    assert facts["deletion"]["map"] == pytest.approx(found.shown.deletion_auc, abs=1e-4)
    assert facts["insertion"]["centre"] == pytest.approx(found.centre.insertion_auc, abs=1e-4)
    drawn = draw_check(found)
    assert drawn == draw_check(found)
    assert drawn.startswith(b"<?xml")
