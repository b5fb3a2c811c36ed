import shutil

import numpy as np
import pytest

from unmask.errors import ModelError
from unmask.models.card import headlines
from unmask.models.registry import HERE, Registry
from unmask.models.weights import file_hash, load_weights, save_weights

SHIPPED = Registry()
TEN_MB = 10_000_000
LABELS = {"face": {"real", "fake"}, "voice": {"real", "fake"}, "lip_sync": {"real"}}
"""What each network learns from; lips that don't fit their sound are made from real clips on the way."""


@pytest.fixture
def copied(tmp_path):
    """A folder with copies of the shipped cards and weights, to damage."""
    for part in ("cards", "weights"):
        shutil.copytree(HERE / part, tmp_path / part)
    return Registry(tmp_path)


def tiny():
    import keras

    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), keras.layers.Dense(1)])


@pytest.mark.parametrize("name", SHIPPED.names())
class TestEveryShippedModel:
    def test_its_weights_match_its_card(self, name):
        assert SHIPPED.verify(name)
        assert (HERE / "weights" / SHIPPED.card(name).weights).stat().st_size <= TEN_MB

    def test_its_card_says_on_what_it_was_trained_and_how_good_it_is(self, name):
        card = SHIPPED.card(name)
        assert {d.label for d in card.data if d.split == "train"} == LABELS[name]
        assert all(d.licence for d in card.data)
        assert card.training.steps > 0
        assert card.limits
        assert headlines(card)
        assert all(m.auc_interval is not None for m in headlines(card))

    def test_where_it_may_be_no_better_than_chance_its_card_says_so(self, name):
        card = SHIPPED.card(name)
        doubtful = [m for m in headlines(card) if m.auc_interval[0] <= 0.5]
        assert not doubtful or any("chance" in limit for limit in card.limits)

    def test_the_calibration_and_the_dev_split_trained_nothing(self, name):
        data = SHIPPED.card(name).data
        assert {d.split for d in data} >= {"train", "calibration", "dev"}

    def test_its_parameters_are_as_many_as_the_card_says(self, name):
        assert SHIPPED.get(name).network.count_params() == SHIPPED.card(name).parameters

    def test_a_score_does_not_depend_on_what_is_scored_with_it(self, name):
        model = SHIPPED.get(name)
        if len(model.network.inputs) > 1:
            pytest.skip("takes windows of three parts, one at a time")
        shape = [side or 200 for side in model.network.input_shape[1:]]  # None: a length that may vary
        inputs = np.random.default_rng(3).normal(size=(11, *shape)).astype(np.float32)
        together = model.logits(inputs)
        alone = np.concatenate([model.logits(inputs[i : i + 1]) for i in range(len(inputs))])
        assert np.allclose(together, alone, atol=1e-4)

    def test_a_flipped_byte_in_the_weights_is_found(self, name, copied):
        path = copied.folder / "weights" / copied.card(name).weights
        damaged = bytearray(path.read_bytes())
        damaged[len(damaged) // 2] ^= 1
        path.write_bytes(damaged)
        assert not copied.verify(name)
        with pytest.raises(ModelError, match="do not match"):
            _ = copied.get(name).network


def test_there_are_networks_for_face_lips_and_voice():
    assert SHIPPED.names() == ["face", "lip_sync", "voice"]


def test_a_model_is_loaded_once():
    assert SHIPPED.get("face") is SHIPPED.get("face")
    assert SHIPPED.get("face").network is SHIPPED.get("face").network


def test_a_model_without_a_card_does_not_exist():
    with pytest.raises(ModelError, match="no model"):
        SHIPPED.get("nobody")


def test_a_damaged_card_is_named(copied):
    (copied.folder / "cards" / "face.json").write_text("{")
    with pytest.raises(ModelError, match="card of model 'face'"):
        copied.card("face")


def test_missing_weights_are_named(copied):
    (copied.folder / "weights" / copied.card("voice").weights).unlink()
    assert not copied.verify("voice")
    with pytest.raises(ModelError, match="missing"):
        _ = copied.get("voice").network


def test_nothing_in_gives_nothing_out():
    assert SHIPPED.get("voice").logits(np.zeros((0, 1), np.float32)).shape == (0,)


def test_weights_come_back_as_they_were_but_for_half_precision(tmp_path):
    network, other = tiny(), tiny()
    path = tmp_path / "tiny.npz"
    assert save_weights(network, path) == file_hash(path)
    load_weights(other, path)
    for before, after in zip(network.get_weights(), other.get_weights(), strict=True):
        assert np.array_equal(before.astype(np.float16), after.astype(np.float16))


def test_weights_of_another_network_are_refused(tmp_path):
    import keras

    save_weights(tiny(), tmp_path / "tiny.npz")
    other = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    with pytest.raises(ModelError, match="do not fit"):
        load_weights(other, tmp_path / "tiny.npz")
