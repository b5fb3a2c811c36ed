"""Networks on LiteRT beside the same networks in Keras."""

import json
import subprocess
import sys

import numpy as np
import pytest

from unmask.errors import ModelError
from unmask.models.engine import SHARED, Compiled, LiteRT, on_gpu
from unmask.models.graph import describe, filled, packed
from unmask.models.registry import BUILDERS, GRAPHS, HERE, Registry
from unmask.models.sync_graph import SyncLiteRT
from unmask.models.weights import read_weights

SHIPPED = Registry(device="cpu")
ALIKE = 1e-4


def inputs_of(name, count, seed=7):
    shape = describe(GRAPHS / f"{name}.graph").inputs[0][1:]
    return np.random.default_rng(seed).normal(size=(count, *shape)).astype(np.float32)


@pytest.mark.parametrize("name", BUILDERS)
def test_every_network_has_a_graph_of_few_bytes(name):
    assert (GRAPHS / f"{name}.graph").stat().st_size < 100_000


@pytest.mark.parametrize("name", ["face", "voice"])
class TestNetworksWithOneInput:
    def test_litert_and_keras_give_the_same_logits(self, name):
        model, inputs = SHIPPED.get(name), inputs_of(name, 40)
        ours = LiteRT(GRAPHS / f"{name}.graph", model.arrays).first(inputs)
        theirs = Compiled(model.network).first(inputs)
        assert np.std(theirs) > 0.05
        assert np.abs(ours - theirs).max() <= ALIKE

    def test_other_weights_of_the_same_network_need_no_other_graph(self, name):
        import keras

        keras.utils.set_random_seed(3)
        network = BUILDERS[name]()
        draw = np.random.default_rng(1)
        arrays = [np.abs(w) + draw.normal(0, 0.05, w.shape).astype(np.float32) ** 2 for w in network.get_weights()]
        network.set_weights(arrays)
        inputs = inputs_of(name, 3)
        ours = LiteRT(GRAPHS / f"{name}.graph", arrays).first(inputs)
        assert ours == pytest.approx(Compiled(network).first(inputs), rel=1e-4, abs=1e-4)

    def test_a_sample_beside_others_gets_what_it_gets_alone(self, name):
        engine = LiteRT(GRAPHS / f"{name}.graph", SHIPPED.get(name).arrays)
        inputs = inputs_of(name, SHARED + 3)
        alone = np.concatenate([engine.first(inputs[i : i + 1]) for i in range(len(inputs))])
        assert np.array_equal(engine.first(inputs), alone)


def window(ticks, seed=7):
    """Noise in the form of one window of mouths and the sound around it."""
    draw = np.random.default_rng(seed)
    shapes = ((1, ticks, 64, 64), (1, ticks, 90), (1, 4 * (ticks + 30), 80))
    return [draw.normal(size=shape).astype(np.float32) for shape in shapes]


@pytest.fixture(scope="module")
def keras_network():
    return SHIPPED.get("lip_sync").network


@pytest.fixture(scope="module")
def engine():
    return SyncLiteRT(GRAPHS / "lip_sync.graph", SHIPPED.get("lip_sync").arrays)


class TestLipSync:
    @pytest.mark.parametrize("ticks", [110, 109, 84, 60, 11])
    def test_litert_and_keras_give_the_same_streams_and_logits_for_any_length(self, engine, keras_network, ticks):
        inputs = window(ticks)
        assert engine.takes(*inputs)
        for ours, theirs in zip(engine.all(*inputs), keras_network(inputs, training=False), strict=True):
            assert ours.shape == tuple(theirs.shape)
            assert np.abs(ours - np.asarray(theirs)).max() <= ALIKE

    def test_a_mouth_that_hardly_moves_gets_the_same_logit_too(self, engine, keras_network):
        for from_tick in (0, 50):
            inputs = window(110)
            inputs[1][:, from_tick:] *= 1e-3
            assert engine.all(*inputs)[2] == pytest.approx(np.asarray(keras_network(inputs)[2]), abs=ALIKE)

    def test_other_weights_of_the_same_network_need_no_other_graph(self):
        network, draw = BUILDERS["lip_sync"](), np.random.default_rng(1)
        arrays = [np.abs(w) + draw.normal(0, 0.05, w.shape).astype(np.float32) ** 2 for w in network.get_weights()]
        network.set_weights(arrays)
        inputs = window(90)
        engine = SyncLiteRT(GRAPHS / "lip_sync.graph", arrays)
        for ours, theirs in zip(engine.all(*inputs), network(inputs, training=False), strict=True):
            assert np.abs(ours - np.asarray(theirs)).max() <= ALIKE

    def test_only_windows_that_fit_the_graph_are_taken(self, engine):
        pictures, outlines, sound = window(80)
        assert not engine.takes(*window(111))
        assert not engine.takes(*window(10))
        assert not engine.takes(pictures[:, 1:], outlines, sound)
        assert not engine.takes(pictures, outlines, sound[:, 4:])
        assert not engine.takes(pictures[:, :, 1:], outlines, sound)


def test_what_interrupts_one_thread_ends_the_others(monkeypatch):
    engine = LiteRT(GRAPHS / "voice.graph", SHIPPED.get("voice").arrays)
    monkeypatch.setattr("unmask.models.engine.os.cpu_count", lambda: 2)
    first, other = engine._for(1000)
    done = []
    whole = other.run

    def interrupted(*_):
        raise KeyboardInterrupt

    first.run, other.run = interrupted, lambda *given: done.append(1) or whole(*given)
    with pytest.raises(KeyboardInterrupt):
        engine.first(np.zeros((1000, 249, 256), np.float32))
    assert len(done) < 1000


def test_an_input_of_another_length_goes_to_keras():
    voice = SHIPPED.get("voice")
    short = np.random.default_rng(2).normal(size=(1, 200, 256)).astype(np.float32)
    assert voice.logits(short) == pytest.approx(np.asarray(voice.network(short)).reshape(-1), abs=ALIKE)


def test_weights_of_another_network_do_not_fill_a_graph():
    with pytest.raises(ModelError, match="do not fit"):
        filled(GRAPHS / "voice.graph", SHIPPED.get("face").arrays)


def test_a_damaged_graph_is_named(tmp_path):
    whole = (GRAPHS / "voice.graph").read_bytes()
    for damaged in (b"", whole[:300], whole[:-40], b"\xff" * 64):
        (tmp_path / "voice.graph").write_bytes(damaged)
        with pytest.raises(ModelError, match=r"voice\.graph can't be read"):
            describe(tmp_path / "voice.graph")


def test_a_graph_comes_back_as_it_was_packed(tmp_path):
    arrays = read_weights(HERE / "weights" / "voice.npz")
    description, body = filled(GRAPHS / "voice.graph", arrays)
    (tmp_path / "again.graph").write_bytes(packed(description, body))
    assert filled(tmp_path / "again.graph", arrays) == (description, body)


def test_tensorflow_is_not_loaded_to_score():
    program = """
import json, sys
import numpy as np
from unmask.models.registry import Registry
registry = Registry(device="cpu")
voices = registry.get("voice").logits(np.zeros((2, 249, 256), np.float32))
window = [np.zeros(shape, np.float32) for shape in ((1, 70, 64, 64), (1, 70, 90), (1, 400, 80))]
lips = registry.get("lip_sync").outputs(*window)[0]
heavy = sorted({"tensorflow", "keras"} & set(sys.modules))
print(json.dumps({"voices": len(voices), "lips": lips.shape, "heavy": heavy}))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {"voices": 2, "lips": [1, 60, 128], "heavy": []}


def test_a_graphics_card_that_is_not_there_is_no_silent_processor():
    assert on_gpu("cpu") is False
    with pytest.raises(ModelError, match="no graphics card"):
        on_gpu("gpu")
