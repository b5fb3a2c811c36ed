from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from support.shaplib import shap_library
from unmask.explain.inputs import VoiceTools
from unmask.explain.soundshares import OCTAVES, sound_shares, strongest_patch

RATE, SECONDS, FRAMES, BANDS = 16_000, 4.0, 80, 64


def prepare(windows: np.ndarray) -> np.ndarray:
    """Mean size of the sound in frames of 50 ms, in every band alike but for a tilt: (n, 80, 64)."""
    loud = np.abs(windows.reshape(len(windows), FRAMES, -1)).mean(axis=2)
    return (loud[:, :, None] * np.linspace(1, 2, BANDS)).astype(np.float32)


class Listener:
    """Answers to unevenness between 1.0 and 1.5 s from 2 to 4 kHz, and a little to two patches that come together."""

    def logits(self, inputs: np.ndarray) -> np.ndarray:
        spot = inputs[:, 20:30, 16:32].std(axis=(1, 2))
        pair = inputs[:, 0:10, 0:8].std(axis=(1, 2)) * inputs[:, 60:70, 0:8].std(axis=(1, 2))
        return (40 * spot + 100 * pair - 2).astype(np.float32)


def voice() -> VoiceTools:
    model: Any = Listener()
    return VoiceTools(model, SECONDS, RATE / 2, prepare, lambda value: float(1 / (1 + np.exp(-value))))


@pytest.fixture(scope="module")
def window() -> np.ndarray:
    draw = np.random.default_rng(4)
    level = np.repeat(draw.random(FRAMES * 2), RATE // 40)
    return (draw.normal(0, 0.3, int(SECONDS * RATE)) * level).astype(np.float32)


def test_the_half_second_and_band_that_count_stand_out(window: np.ndarray) -> None:
    found = sound_shares(window, voice(), SECONDS)
    assert strongest_patch(found) == ((1.0, 1.5), (2000.0, 4000.0))
    assert found.values.shape == (len(OCTAVES) - 1, 8)
    assert found.faithful.holds


def test_base_and_values_are_the_logit(window: np.ndarray) -> None:
    found = sound_shares(window, voice(), SECONDS)
    assert found.base + found.values.sum() == pytest.approx(found.logit, abs=1e-5)
    assert found.logit == pytest.approx(float(Listener().logits(prepare(window[None]))[0]), abs=1e-5)


def test_the_same_sound_gets_the_same_values(window: np.ndarray) -> None:
    np.testing.assert_array_equal(
        sound_shares(window, voice(), SECONDS).values, sound_shares(window, voice(), SECONDS).values
    )


def test_a_short_sound_is_told_in_its_own_time_and_not_in_its_repetitions(window: np.ndarray) -> None:
    short = np.resize(window[: int(1.5 * RATE)], int(SECONDS * RATE))
    found = sound_shares(short, voice(), 1.5)
    assert found.seconds == (0.0, 0.5, 1.0, 1.5)
    assert found.base + found.values.sum() == pytest.approx(found.logit, abs=1e-5)


def test_exact_values_of_the_verdict_are_those_of_the_library() -> None:
    from unmask.explain.shapley import shapley

    shap = shap_library()
    weights = np.random.default_rng(8).normal(size=5)

    def game(kept: np.ndarray) -> np.ndarray:
        return kept @ weights + 2.0 * kept[:, 0] * kept[:, 3] - kept[:, 1] * kept[:, 2] * kept[:, 4]

    players = [str(i) for i in range(5)]
    own = shapley(players, lambda chosen: float(game(np.array([[float(p in chosen) for p in players]]))[0]))
    exact = shap.explainers.Exact(game, shap.maskers.Independent(np.zeros((1, 5))))
    found = exact(np.ones((1, 5))).values[0]
    np.testing.assert_allclose([own[p] for p in players], found, atol=1e-9)
