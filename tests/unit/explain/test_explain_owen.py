"""Owen values: fair where fairness can be told, and those of the library `shap` everywhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from support.shaplib import shap_library
from unmask.explain.owen import Group, owen_values
from unmask.explain.soundshares import EVALUATIONS, _groups

SLOTS, BANDS = 8, 4


def linkage(whole: Group) -> np.ndarray:
    """The tree as a linkage matrix (count - 1, 4), as the library takes it."""
    count, rows, places = len(whole.members), [], {}

    def put(group: Group) -> int:
        if group.halves is None:
            return group.members[0]
        one, other = (put(half) for half in group.halves)
        rows.append([one, other, len(group.members), len(group.members)])
        places[group] = count + len(rows) - 1
        return places[group]

    put(whole)
    return np.array(rows, np.float64)


def library(worth: Any, whole: Group, evaluations: int) -> np.ndarray:
    shap = shap_library()
    masker = shap.maskers.Partition(np.zeros((1, len(whole.members))), clustering=linkage(whole))
    explainer = shap.explainers.Partition(worth, masker)
    found = explainer(np.ones((1, len(whole.members))), max_evals=evaluations, batch_size=32, silent=True)
    return np.asarray(found.values[0], np.float64)


def a_game(seed: int) -> Any:
    """Patches that add, help and hinder each other, and one bend over all."""
    draw = np.random.default_rng(seed)
    single, pairs = draw.normal(size=SLOTS * BANDS), draw.normal(0, 0.3, (SLOTS * BANDS, SLOTS * BANDS))
    return lambda kept: np.tanh((kept @ single + ((kept @ pairs) * kept).sum(axis=1)) / 4)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("evaluations", [40, EVALUATIONS, 5000])
def test_the_values_are_those_of_the_library_however_much_is_asked(seed: int, evaluations: int) -> None:
    whole, worth = _groups(SLOTS, BANDS), a_game(seed)
    assert owen_values(worth, whole, evaluations) == pytest.approx(library(worth, whole, evaluations), abs=1e-9)


def test_on_a_plain_sum_they_are_the_weights_whatever_the_tree() -> None:
    weights = np.random.default_rng(2).normal(size=12)
    found = owen_values(lambda kept: kept @ weights + 0.5, _groups(4, 3), 5000)
    np.testing.assert_allclose(found, weights, atol=1e-9)


@pytest.mark.parametrize("evaluations", [2, 4, 41, 320])
def test_they_sum_to_what_the_whole_adds_and_no_more_is_asked_than_was_allowed(evaluations: int) -> None:
    worth, asked = a_game(5), []

    def counted(kept: np.ndarray) -> np.ndarray:
        asked.append(len(kept))
        return worth(kept)

    found = owen_values(counted, _groups(SLOTS, BANDS), evaluations)
    ends = worth(np.stack([np.zeros(SLOTS * BANDS), np.ones(SLOTS * BANDS)]))
    assert found.sum() == pytest.approx(ends[1] - ends[0], abs=1e-9)
    assert sum(asked) <= evaluations


def test_a_single_patch_adds_all() -> None:
    assert owen_values(lambda kept: 3 * kept[:, 0] + 1, Group((0,)), 10) == pytest.approx([3.0])
