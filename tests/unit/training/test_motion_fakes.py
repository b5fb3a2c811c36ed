import numpy as np
import pytest

from support.nodding import head
from unmask.training import motion_fakes as fakes

NAMES = [maker.__name__ for maker, _ in fakes.MAKERS]


def made(name, seed=1):
    real = head(16)
    return real, getattr(fakes, name)(real, head(16, 3).meshes, np.random.default_rng(seed))


@pytest.mark.parametrize("name", NAMES)
def test_a_made_head_is_another_one_of_the_same_shape(name):
    real, fake = made(name)
    assert fake.crops.shape == real.crops.shape and fake.crops.dtype == np.uint8
    assert fake.meshes.shape == real.meshes.shape and fake.meshes.dtype == np.float32
    assert np.abs(fake.crops.astype(int) - real.crops).mean() > 0.05 and np.isfinite(fake.meshes).all()


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_makes_the_same_head(name):
    assert (made(name, 5)[1].crops == made(name, 5)[1].crops).all()


@pytest.mark.parametrize("name", ["unsteady", "stuck", "averaged"])
def test_what_lies_around_the_face_is_left_as_it_was(name):
    real, fake = made(name)
    assert (fake.crops[:, :8] == real.crops[:, :8]).all()


def test_an_animated_photograph_has_no_noise_of_its_own():
    real = head(16, nod=0, grain=6)
    quiet = [fakes.animated(real, real.meshes, np.random.default_rng(seed)) for seed in range(8)]
    flicker = [np.abs(np.diff(one.crops.astype(int), axis=0)).mean() for one in (real, *quiet)]
    assert min(flicker[1:]) < 0.2 * flicker[0]


def test_the_noise_of_an_averaged_face_is_less_than_that_of_the_wall():
    real = head(16, nod=0, grain=6)
    fake = fakes.averaged(real, real.meshes, np.random.default_rng(2))
    noise = np.abs(np.diff(fake.crops.astype(int), axis=0)).mean(axis=0)
    assert noise[50:80, 50:78].mean() < 0.7 * noise[:15].mean()


def test_a_warp_brings_points_where_they_belong():
    real = head(2)
    target = real.meshes[0] + np.asarray([6, 0], np.float32)
    spot = np.zeros(real.crops.shape[1:], np.float32)
    spot[60:72, 58:70] = 255
    for with_head in (True, False):
        moved = fakes.warped(spot, real.meshes[0], target, with_head)
        assert abs(np.argwhere(moved > 128)[:, 1].mean() - (63.5 + 6)) < 1


def test_all_makers_are_drawn(monkeypatch):
    assert sum(share for _, share in fakes.MAKERS) == pytest.approx(1)
    drawn = set()
    makers = [(lambda h, o, d, name=maker.__name__: drawn.add(name), share) for maker, share in fakes.MAKERS]
    monkeypatch.setattr(fakes, "MAKERS", tuple(makers))
    draw = np.random.default_rng(0)
    for _ in range(100):
        fakes.make_fake(head(2), head(2).meshes, draw)
    assert drawn == set(NAMES)
