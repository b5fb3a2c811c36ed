from __future__ import annotations

import numpy as np

from unmask.explain.heatmap import COLOURS, colours, legend, overlay, to_frame


def test_heat_returns_to_its_place_in_the_frame() -> None:
    turn, scale = np.deg2rad(20), 0.5
    linear = scale * np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    centre = np.array([150.0, 90.0])  # this frame pixel is the crop's middle
    matrix = np.concatenate([linear, (np.array([32.0, 32.0]) - linear @ centre)[:, None]], axis=1).astype(np.float32)
    heat = np.zeros((64, 64), np.float32)
    heat[40, 20] = 1.0
    placed = to_frame(heat, matrix, 200, 300)
    assert placed.shape == (200, 300)
    found = np.array(np.unravel_index(placed.argmax(), placed.shape))[::-1]
    wanted = np.linalg.inv(linear) @ (np.array([20.0, 40.0]) - matrix[:, 2])
    assert np.abs(found - wanted).max() <= 1.5
    assert placed[0, 0] == 0.0


def test_colours_get_lighter_with_the_heat() -> None:
    light = colours(np.linspace(0, 1, 50, dtype=np.float32)) @ np.array([0.2126, 0.7152, 0.0722])
    assert (np.diff(light) > 0).all()
    assert tuple(colours(np.ones(1, np.float32))[0].astype(int)) == COLOURS[-1]


def test_a_picture_without_heat_stays_itself_in_grey() -> None:
    image = np.random.default_rng(0).integers(0, 255, (12, 16, 3), dtype=np.uint8)
    drawn = overlay(image, np.zeros((12, 16), np.float32))
    assert (drawn[..., 0] == drawn[..., 1]).all()
    hot = overlay(image, np.ones((12, 16), np.float32))
    assert (np.abs(hot.astype(int) - drawn).max(axis=-1) > 20).any()


def test_the_legend_runs_from_no_heat_to_the_highest() -> None:
    stops = legend()
    assert stops[0] == (0.0, "#808080")
    assert stops[-1][0] == 1.0
