from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from unmask.errors import ModelError
from unmask.explain.heatmap import COLOURS, colours, grad_cam, last_spatial_layer, legend, overlay, to_frame

SIDE = 32
MARK = 6


def pictures(count: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Noise; half of them carry a small chequered mark. Pictures, labels and the marks' corners."""
    draw = np.random.default_rng(seed)
    images = draw.normal(0, 0.3, (count, SIDE, SIDE, 3)).astype(np.float32)
    labels = (np.arange(count) % 2).astype(np.float32)
    corners = draw.integers(2, SIDE - MARK - 2, (count, 2))
    mark = np.indices((MARK, MARK)).sum(axis=0) % 2 * 2.0 - 1.0
    for image, label, (y, x) in zip(images, labels, corners, strict=True):
        if label:
            image[y : y + MARK, x : x + MARK] += mark[..., None]
    return images, labels, corners


@pytest.fixture(scope="module")
def network() -> Any:
    """A small network that has learned to see the mark."""
    import keras

    keras.utils.set_random_seed(1)
    layers = keras.layers
    net = keras.Sequential(
        [
            layers.Input((SIDE, SIDE, 3)),
            layers.Conv2D(12, 3, padding="same", activation="relu", name="low"),
            layers.Conv2D(16, 3, strides=2, padding="same", activation="relu", name="top"),
            layers.GlobalMaxPooling2D(name="pool"),
            layers.Dense(1, name="logit"),
        ]
    )
    images, labels, _ = pictures(256, seed=2)
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    net.compile(optimizer=keras.optimizers.Adam(0.01), loss=loss)
    net.fit(images, labels, batch_size=32, epochs=12, verbose=0)
    return net


def test_the_map_finds_the_place_of_what_the_network_learned(network: Any) -> None:
    images, labels, corners = pictures(40, seed=3)
    logits = np.asarray(network(images)).ravel()
    assert np.mean((logits > 0) == (labels > 0)) > 0.95
    heats = grad_cam(network, "top", images)
    inside = []
    for heat, label, logit, (y, x) in zip(heats, labels, logits, corners, strict=True):
        if label and logit > 0:
            window = heat[y - 2 : y + MARK + 2, x - 2 : x + MARK + 2]
            inside.append(window.sum() / heat.sum())
    area = (MARK + 4) ** 2 / SIDE**2
    assert np.mean(inside) > 5 * area


def test_maps_lie_between_zero_and_one_and_reach_one(network: Any) -> None:
    images, _, _ = pictures(10, seed=4)
    heats = grad_cam(network, "top", images)
    assert heats.shape == (10, SIDE, SIDE)
    assert heats.dtype == np.float32
    assert heats.min() >= 0
    assert all(peak == pytest.approx(1.0) or peak == 0.0 for peak in heats.max(axis=(1, 2)))


def test_a_map_does_not_depend_on_the_pictures_beside_it(network: Any) -> None:
    images, _, _ = pictures(11, seed=5)
    together = grad_cam(network, "top", images)
    alone = np.concatenate([grad_cam(network, "top", images[i : i + 1]) for i in range(11)])
    np.testing.assert_array_equal(together, alone)


def test_a_frozen_network_gives_the_same_map(network: Any) -> None:
    import keras

    images, _, _ = pictures(2, seed=6)
    frozen = keras.models.clone_model(network)
    frozen.set_weights(network.get_weights())
    frozen.trainable = False
    np.testing.assert_allclose(grad_cam(frozen, "top", images), grad_cam(network, "top", images), atol=1e-6)


def test_what_speaks_against_a_manipulation_is_not_heat() -> None:
    import keras

    layers = keras.layers
    net = keras.Sequential([layers.Input((8, 8, 3)), layers.Conv2D(1, 1, name="c"), layers.GlobalAveragePooling2D()])
    net.set_weights([np.full((1, 1, 3, 1), -1.0), np.zeros(1)])
    images = np.ones((1, 8, 8, 3), np.float32)
    assert grad_cam(net, "c", images).max() == 0.0
    assert np.isfinite(grad_cam(net, "c", images)).all()


def test_no_pictures_give_no_maps(network: Any) -> None:
    assert grad_cam(network, "top", np.zeros((0, SIDE, SIDE, 3), np.float32)).shape == (0, SIDE, SIDE)


@pytest.mark.parametrize("layer", ["nowhere", "pool"])
def test_a_layer_that_can_not_be_mapped_is_refused(network: Any, layer: str) -> None:
    with pytest.raises(ModelError):
        grad_cam(network, layer, np.zeros((1, SIDE, SIDE, 3), np.float32))


def test_the_last_layer_with_a_picture_is_found(network: Any) -> None:
    assert last_spatial_layer(network) == "top"


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
