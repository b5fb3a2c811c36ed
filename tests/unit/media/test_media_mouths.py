from fractions import Fraction

import numpy as np
import pytest

from unmask.media.mouths import (
    ANCHOR_PLACES,
    ANCHORS,
    CENTRE,
    OUTLINE,
    REACH,
    SIDE,
    Follower,
    alike,
    cut_mouth,
    mouth_matrix,
    on_clock,
)


def pictures(times):
    return [(time, number) for number, time in enumerate(times)]


def mesh(scale=120.0, angle=0.0, at=(200.0, 150.0)):
    """A mesh whose anchors lie as on the aligned face, its mouth a circle around the mouth's place."""
    points = np.full((468, 2), 0.5)
    points[:2] = [[0.0, 0.0], [1.0, 1.0]]  # the mesh's extent
    points[list(ANCHORS)] = ANCHOR_PLACES
    around = np.linspace(0, 2 * np.pi, len(OUTLINE), endpoint=False)
    points[list(OUTLINE)] = np.asarray(CENTRE) + 0.1 * np.stack([np.cos(around), np.sin(around)], axis=1)
    turn = np.asarray([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return ((points - 0.5) @ turn.T * scale + at).astype(np.float32)


def picture(seed=0):
    import cv2

    noise = np.random.default_rng(seed).integers(0, 255, (320, 400, 3), np.uint8)
    return np.asarray(cv2.GaussianBlur(noise, (0, 0), 4))


@pytest.mark.parametrize("rate", [25, 10, 24, 30, 50])
def test_every_tick_shows_the_picture_nearest_to_it(rate):
    times = [Fraction(k, rate) for k in range(2 * rate)]
    shown = list(on_clock(pictures(times)))
    assert [tick for tick, _ in shown] == list(range(int(times[-1] * 25) + 1))
    for tick, number in shown:
        nearest = min(abs(time - Fraction(tick, 25)) for time in times)
        assert abs(times[number] - Fraction(tick, 25)) == nearest


def test_ticks_in_a_long_gap_are_left_out():
    times = [Fraction(k, 25) for k in (*range(10), *range(30, 40))]
    ticks = [tick for tick, _ in on_clock(pictures(times))]
    assert ticks == [*range(11), *range(29, 40)]


def test_the_clock_does_not_depend_on_where_the_pictures_begin():
    times = [Fraction(k, 30) + Fraction(k % 3, 200) for k in range(120)]
    whole = dict(on_clock(pictures(times)))
    late = dict(on_clock(pictures(times)[40:]))
    assert all(whole[tick] == picture for tick, picture in late.items() if tick > 25 * times[40] + 1)


def test_nothing_comes_of_nothing():
    assert list(on_clock([])) == []


@pytest.mark.parametrize("angle", [0.0, 0.4, -0.7])
def test_the_mouth_lies_in_the_middle_however_the_head_is_turned_and_placed(angle):
    found = mesh(90.0, angle, (170, 140))
    matrix = mouth_matrix(found)
    centre = found[list(OUTLINE)].mean(axis=0) @ matrix[:, :2].T + matrix[:, 2]
    assert np.allclose(centre, (SIDE - 1) / 2, atol=0.5)
    assert np.hypot(*matrix[0, :2]) == pytest.approx(SIDE / REACH / 90.0, rel=0.01)


def test_a_crop_shows_the_same_wherever_the_face_is():
    image = picture()
    moved = np.roll(image, (20, 30), axis=(0, 1))
    one, other = cut_mouth(image, mesh()), cut_mouth(moved, mesh(at=(230.0, 170.0)))
    assert one.crop.shape == (SIDE, SIDE) and one.outline.shape == (45, 2)
    assert np.abs(one.crop.astype(int) - other.crop).max() <= 2
    assert np.allclose(one.outline, other.outline, atol=1e-3)
    assert one.size == pytest.approx(np.ptp(mesh(), axis=0).min())


class Finder:
    """Follows by a script: (mesh, presence) for each picture."""

    def __init__(self, answers):
        self.answers = list(answers)

    def follow(self, image, mesh):
        return self.answers.pop(0)


def test_a_mouth_is_followed_until_nobody_is_there():
    finder = Finder([(mesh(), 0.9), (mesh(at=(203.0, 150.0)), 0.9), (mesh(), 0.2)])
    follower, image = Follower(finder, mesh()), picture()
    assert follower.see(image) is not None
    assert follower.see(np.roll(image, 3, axis=1)) is not None
    assert follower.see(image) is None


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ((mesh(at=(290.0, 150.0)), 0.9), "it jumped"),
        ((mesh(scale=240.0), 0.9), "it grew"),
        ((np.full((468, 2), np.nan, np.float32), 0.9), "it is nowhere"),
        ((np.zeros((468, 2), np.float32), 0.9), "its points coincide"),
    ],
)
def test_another_face_is_not_followed(answer, why):
    assert Follower(Finder([answer]), mesh()).see(picture()) is None, why


def test_a_cut_ends_the_run():
    follower = Follower(Finder([(mesh(), 0.9), (mesh(), 0.9)]), mesh())
    assert follower.see(picture(1)) is not None
    assert follower.see(picture(2)) is None


def test_likeness_does_not_mind_the_light():
    crop = picture()[:80, :80, 0]
    assert alike(crop, crop // 2 + 20) == pytest.approx(1, abs=0.01)
    assert abs(alike(crop, picture(7)[:80, :80, 0])) < 0.5
    assert alike(np.zeros((80, 80), np.uint8), crop) == 0
