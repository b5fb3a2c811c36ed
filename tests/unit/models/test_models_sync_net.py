import keras
import numpy as np
import pytest

from unmask.models import sync_net as net
from unmask.models.weights import load_weights, save_weights

TICKS = 12


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(3)
    return net.build()


def inputs(seed=0, ticks=TICKS):
    rng = np.random.default_rng(seed)
    return [
        rng.normal(size=(1, ticks + 2 * net.EDGE, net.VIEW, net.VIEW)).astype(np.float32),
        rng.normal(size=(1, ticks + 2 * net.EDGE, 2 * net.POINTS)).astype(np.float32),
        rng.normal(size=(1, 4 * (ticks + 2 * (net.EDGE + net.REACH)), net.BANDS)).astype(np.float32),
    ]


def changed_ticks(network, which, place, output):
    """Ticks of an output that change when one input changes at one place."""
    before, after = inputs(), inputs()
    after[which][0, place] += 5.0
    one, other = (np.asarray(network(value, training=False)[output])[0] for value in (before, after))
    return np.flatnonzero(np.abs(one - other).max(axis=1) > 1e-6)


def test_both_streams_give_unit_vectors_at_every_tick(network):
    lips, voice, logit = (np.asarray(value) for value in network(inputs(), training=False))
    assert lips.shape == (1, TICKS, net.WIDTH) and voice.shape == (1, TICKS + 2 * net.REACH, net.WIDTH)
    assert np.allclose(np.linalg.norm(lips, axis=-1), 1, atol=1e-4)
    assert np.allclose(np.linalg.norm(voice, axis=-1), 1, atol=1e-4)
    assert np.isfinite(logit).all() and logit.shape == (1, 1)


@pytest.mark.parametrize("which", [0, 1], ids=["pictures", "outlines"])
def test_a_picture_moves_the_lips_of_its_own_time_only(network, which):
    moved = changed_ticks(network, which, 6 + net.EDGE, output=0)
    assert moved.min() == 6 - net.EDGE and moved.max() == 6 + net.EDGE


def test_a_spectrum_moves_the_voice_of_its_own_time_only(network):
    tick = 20
    moved = changed_ticks(network, 2, 4 * (tick + net.EDGE) + 3, output=1)
    assert tick in moved and abs((moved.min() + moved.max()) / 2 - tick) <= 0.5
    assert tick - net.EDGE <= moved.min() and moved.max() <= tick + net.EDGE


def test_a_click_lies_in_the_spectrum_of_its_tick():
    sound = np.zeros(net.RATE * 2, np.float32)
    sound[round(20 / net.TICKS * net.RATE)] = 1.0
    assert int(net.sounds(sound, 40).sum(axis=1).argmax()) == 4 * 20 + 3


def test_sound_of_any_level_gives_the_same_picture_and_silence_a_flat_one():
    sound = np.random.default_rng(1).normal(0, 0.1, net.RATE).astype(np.float32)
    assert np.allclose(net.sounds(sound, 25), net.sounds(sound * 0.1, 25), atol=1e-3)
    assert np.allclose(net.sounds(np.zeros(0, np.float32), 25), 0, atol=1e-5)


def test_light_and_place_of_the_mouth_are_taken_out():
    crops = np.random.default_rng(1).integers(60, 120, (8, net.VIEW, net.VIEW), np.uint8)
    assert np.allclose(net.pictures(crops), net.pictures(crops + np.uint8(50)), atol=1e-4)
    points = np.random.default_rng(1).normal(size=(8, net.POINTS, 2)).astype(np.float32)
    assert np.allclose(net.outlines(points), net.outlines(points + 7), atol=1e-4)


def test_the_curve_is_highest_where_the_sound_shows_the_lips():
    vectors = np.random.default_rng(2).normal(size=(40 + 2 * net.REACH, net.WIDTH)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    late = net.curve(vectors[net.REACH + 4 : net.REACH + 44], vectors)
    assert late.shape == (40, net.SHIFTS) and int(late.mean(axis=0).argmax()) == net.REACH + 4


def test_the_weights_are_small_and_survive_their_file(network, tmp_path):
    save_weights(network, tmp_path / "w.npz")
    assert (tmp_path / "w.npz").stat().st_size < 10e6
    other = net.build()
    load_weights(other, tmp_path / "w.npz")
    one, two = (np.asarray(n(inputs(), training=False)[0]) for n in (network, other))
    assert np.allclose(one, two, atol=0.02)
