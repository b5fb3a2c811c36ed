from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unmask.errors import ModelError
from unmask.explain.attribution import KINDS, Method, attribute, chosen_method
from unmask.explain.cam import CAMS, class_activation, last_spatial_layer, spatial_layers
from unmask.models.faithfulness import Areas, FaithfulnessTable, MethodMeasured, ModelMeasured, Subset

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


@pytest.mark.parametrize("kind", KINDS)
def test_every_map_finds_the_place_of_what_the_network_learned(network: Any, kind: str) -> None:
    images, labels, corners = pictures(40, seed=3)
    logits = np.asarray(network(images)).ravel()
    assert np.mean((logits > 0) == (labels > 0)) > 0.95
    heats = attribute(network, Method(kind, "top" if kind in CAMS else ""), images)
    inside = []
    for heat, label, logit, (y, x) in zip(heats, labels, logits, corners, strict=True):
        if label and logit > 0:
            window = heat[y - 2 : y + MARK + 2, x - 2 : x + MARK + 2]
            inside.append(window.sum() / heat.sum())
    area = (MARK + 4) ** 2 / SIDE**2
    assert np.mean(inside) > 3 * area


def test_maps_lie_between_zero_and_one_and_reach_one(network: Any) -> None:
    images, _, _ = pictures(10, seed=4)
    heats = class_activation(network, "hires-cam", "top", images)
    assert heats.shape == (10, SIDE, SIDE)
    assert heats.dtype == np.float32
    assert heats.min() >= 0
    assert all(peak == pytest.approx(1.0) or peak == 0.0 for peak in heats.max(axis=(1, 2)))


def test_a_map_does_not_depend_on_the_pictures_beside_it(network: Any) -> None:
    images, _, _ = pictures(11, seed=5)
    together = class_activation(network, "hires-cam", "top", images)
    alone = np.concatenate([class_activation(network, "hires-cam", "top", images[i : i + 1]) for i in range(11)])
    np.testing.assert_array_equal(together, alone)


def test_a_frozen_network_gives_the_same_map(network: Any) -> None:
    import keras

    images, _, _ = pictures(2, seed=6)
    frozen = keras.models.clone_model(network)
    frozen.set_weights(network.get_weights())
    frozen.trainable = False
    np.testing.assert_allclose(
        class_activation(frozen, "hires-cam", "top", images),
        class_activation(network, "hires-cam", "top", images),
        atol=1e-6,
    )


def test_what_speaks_against_a_manipulation_is_not_heat() -> None:
    import keras

    layers = keras.layers
    net = keras.Sequential([layers.Input((8, 8, 3)), layers.Conv2D(1, 1, name="c"), layers.GlobalAveragePooling2D()])
    net.set_weights([np.full((1, 1, 3, 1), -1.0), np.zeros(1)])
    images = np.ones((1, 8, 8, 3), np.float32)
    assert class_activation(net, "grad-cam", "c", images).max() == 0.0
    assert np.isfinite(class_activation(net, "grad-cam", "c", images)).all()


def test_no_pictures_give_no_maps(network: Any) -> None:
    assert class_activation(network, "hires-cam", "top", np.zeros((0, SIDE, SIDE, 3), np.float32)).shape == (
        0,
        SIDE,
        SIDE,
    )


@pytest.mark.parametrize("layer", ["nowhere", "pool"])
def test_a_layer_that_can_not_be_mapped_is_refused(network: Any, layer: str) -> None:
    with pytest.raises(ModelError):
        class_activation(network, "grad-cam", layer, np.zeros((1, SIDE, SIDE, 3), np.float32))


def test_the_last_layer_with_a_picture_is_found(network: Any) -> None:
    assert last_spatial_layer(network) == "top"
    assert spatial_layers(network) == ("top", "low")


def test_a_kind_that_there_is_not_is_refused(network: Any) -> None:
    with pytest.raises(ModelError, match="tea-leaves"):
        attribute(network, Method("tea-leaves"), np.zeros((1, SIDE, SIDE, 3), np.float32))


def record(layer: str) -> str:
    areas = Areas(deletion=0.2, insertion=0.6)
    measured = MethodMeasured(
        kind="grad-cam++",
        layer=layer,
        areas=areas,
        score=0.4,
        score_interval=(0.3, 0.5),
        beats_centre=0.9,
        beats_random=0.9,
        beats_both=0.8,
        seconds=0.01,
    )
    subset = Subset(name="all", crops=9, files=9, centre=areas, random=areas, methods=[measured])
    face = ModelMeasured(sha256="0" * 64, kind="grad-cam++", layer=layer, rule="", subsets=[subset])
    return FaithfulnessTable(measured="2026-11-26", steps=8, models={"face": face}).model_dump_json(by_alias=True)


def test_the_method_that_was_measured_best_is_taken(network: Any, tmp_path: Path) -> None:
    assert chosen_method(tmp_path, "face", network) == Method("hires-cam", "low")
    (tmp_path / "faithfulness.json").write_text(record("top"))
    assert chosen_method(tmp_path, "face", network) == Method("grad-cam++", "top")
    (tmp_path / "faithfulness.json").write_text(record("gone"))
    assert chosen_method(tmp_path, "face", network) == Method("hires-cam", "low")


def test_a_broken_record_is_an_error_and_not_another_method(network: Any, tmp_path: Path) -> None:
    (tmp_path / "faithfulness.json").write_text('{"schema": "unmask.faithfulness/1"}')
    with pytest.raises(ModelError, match="be read"):
        chosen_method(tmp_path, "face", network)
