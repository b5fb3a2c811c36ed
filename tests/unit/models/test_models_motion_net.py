import numpy as np
import pytest

from support.nodding import head
from unmask.models.motion_net import CHANNELS, FRAMES, VIEW, build, changes, hold
from unmask.training.motion_batches import part


@pytest.fixture(scope="module")
def window():
    return part(head(), 0)


def test_what_stays_the_same_is_gone(window):
    still = np.repeat(window.crops[:1], FRAMES, axis=0)
    meshes = np.repeat(window.meshes[:1], FRAMES, axis=0)
    assert np.abs(changes(still, meshes)).max() < 1e-3


def test_brighter_media_give_the_same_changes(window):
    brighter = np.clip(window.crops.astype(int) + 20, 0, 255).astype(np.uint8)
    inside = (window.crops > 5) & (window.crops < 230)
    a, b = changes(window.crops, window.meshes), changes(brighter, window.meshes)
    margin = (window.crops.shape[1] - VIEW) // 2
    safe = inside.all(axis=0)[margin:-margin, margin:-margin]
    assert np.abs(a - b)[:, safe].mean() < 0.01 and np.abs(a).mean() > 0.1


def test_a_held_face_stands_still_and_the_wall_moves(window):
    held = hold(window.crops, window.meshes).astype(float)
    moved = np.abs(np.diff(held, axis=0)).mean(axis=0)
    assert moved[40:60, 40:56].mean() < 0.6 * moved[:10, :10].mean()


def test_the_network_gives_one_logit_a_window_and_stays_small():
    network = build()
    assert network.output_shape == (None, 1) and network.input_shape == (None, FRAMES, VIEW, VIEW, CHANNELS)
    assert 200_000 <= network.count_params() <= 500_000


def test_a_picture_is_judged_by_its_neighbours_too():
    network = build()
    draw = np.random.default_rng(0)
    one = draw.normal(0, 0.3, (1, FRAMES, VIEW, VIEW, CHANNELS)).astype(np.float32)
    turned = one[:, draw.permutation(FRAMES)]
    a, b = (float(network(seen, training=False)[0, 0]) for seen in (one, turned))
    assert abs(a - b) > 1e-6
