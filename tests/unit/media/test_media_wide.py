import numpy as np
import pytest

from support.fakemedia import points_at
from unmask.media.wide import REACH, SIDE, wide_crop


def picture():
    """720 x 1280 whose colours tell the place: red grows to the right, green downwards."""
    image = np.zeros((720, 1280, 3), np.uint8)
    image[..., 0] = np.linspace(0, 255, 1280)[None, :]
    image[..., 1] = np.linspace(0, 255, 720)[:, None]
    return image


def turned(points, degrees):
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = points.mean(axis=0)
    return ((points - middle) @ turn.T + middle).astype(np.float32)


def place(pixel):
    """Where in the picture a pixel comes from."""
    return np.array([pixel[0] / 255 * 1279, pixel[1] / 255 * 719])


def test_the_crop_reaches_around_the_face_by_its_own_measure():
    points = points_at(640, 360, 200)
    crop = wide_crop(picture(), points)
    assert crop.shape == (SIDE, SIDE, 3) and crop.dtype == np.uint8
    eyes, mouth = points[:2].mean(axis=0), points[3:].mean(axis=0)
    apart = max(np.linalg.norm(points[1] - points[0]), np.linalg.norm(mouth - eyes))
    across = place(crop[128, -1])[0] - place(crop[128, 0])[0]
    assert across == pytest.approx(REACH * apart, rel=0.05)
    assert place(crop[128, 128]) == pytest.approx(0.75 * points[2] + 0.25 * eyes, abs=6)


@pytest.mark.parametrize("degrees", [-40, 25, 90])
def test_a_tilted_head_is_turned_upright(degrees):
    points = turned(points_at(640, 360, 200), degrees)
    crop = wide_crop(picture(), points)
    down = place(crop[200, 128]) - place(crop[56, 128])
    axis = points[3:].mean(axis=0) - points[:2].mean(axis=0)
    cosine = down @ axis / np.linalg.norm(down) / np.linalg.norm(axis)
    assert cosine > 0.999


def test_beyond_the_picture_its_edge_repeats_and_points_on_one_spot_break_nothing():
    assert wide_crop(picture(), points_at(0, 0, 200)).shape == (SIDE, SIDE, 3)
    assert wide_crop(picture(), np.full((5, 2), 100, np.float32)).shape == (SIDE, SIDE, 3)
