from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unmask.explain.regions import REGIONS, areas, region_masks, shares, strongest
from unmask.media.align import TEMPLATE

SIDE = 160
POINTS = TEMPLATE * SIDE


def spot(x: float, y: float) -> np.ndarray:
    heat = np.zeros((SIDE, SIDE), np.float32)
    heat[int(y) - 2 : int(y) + 3, int(x) - 2 : int(x) + 3] = 1.0
    return heat


def test_every_pixel_belongs_to_exactly_one_region() -> None:
    masks = region_masks(POINTS, SIDE)
    assert tuple(masks) == REGIONS
    np.testing.assert_array_equal(np.sum(list(masks.values()), axis=0), 1)
    assert all(mask.any() for mask in masks.values())


@pytest.mark.parametrize(
    ("place", "region"),
    [
        (POINTS[0], "eyes"),
        (POINTS[1], "eyes"),
        (POINTS[2], "nose"),
        ((POINTS[3] + POINTS[4]) / 2, "mouth"),
        (POINTS[3], "mouth"),
        ((80, 4), "forehead"),
        ((32, 95), "cheeks"),
        ((128, 95), "cheeks"),
        ((80, 155), "jaw"),
        ((3, 3), "background"),
        ((3, 157), "background"),
    ],
)
def test_heat_on_a_part_of_the_face_counts_for_that_part(place: tuple[float, float], region: str) -> None:
    found = shares(spot(*place), region_masks(POINTS, SIDE))
    assert max(found, key=lambda name: found[name]) == region
    assert found[region] > 0.8


@given(st.integers(0, 2**32 - 1))
def test_shares_sum_to_one_for_any_map(seed: int) -> None:
    draw = np.random.default_rng(seed)
    heat = draw.random((SIDE, SIDE)).astype(np.float32) ** draw.integers(1, 20)
    points = (POINTS + draw.normal(0, 12, (5, 2))).astype(np.float32)
    assert sum(shares(heat, region_masks(points, SIDE)).values()) == pytest.approx(1.0, abs=1e-9)


def test_a_map_without_heat_has_no_shares() -> None:
    assert shares(np.zeros((SIDE, SIDE), np.float32), region_masks(POINTS, SIDE)) == {}
    assert strongest({}, {}) == ()


def test_an_even_map_has_no_region_that_stands_out() -> None:
    masks = region_masks(POINTS, SIDE)
    found = shares(np.ones((SIDE, SIDE), np.float32), masks)
    assert found == pytest.approx(areas(masks))
    assert strongest(found, areas(masks)) == ()


def test_a_large_region_is_not_named_for_its_size_alone() -> None:
    masks = region_masks(POINTS, SIDE)
    heat = np.ones((SIDE, SIDE), np.float32)
    heat[masks["nose"]] = 6.0
    assert strongest(shares(heat, masks), areas(masks)) == ("nose",)


def test_regions_turn_with_the_face() -> None:
    turn = np.deg2rad(30)
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    points = ((POINTS - SIDE / 2) @ spin.T + SIDE / 2).astype(np.float32)
    mouth = (points[3] + points[4]) / 2
    found = shares(spot(*mouth), region_masks(points, SIDE))
    assert found["mouth"] > 0.95


def test_points_that_coincide_do_not_break_the_regions() -> None:
    masks = region_masks(np.full((5, 2), 80, np.float32), SIDE)
    assert sum(areas(masks).values()) == pytest.approx(1.0)
