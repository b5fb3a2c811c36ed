import numpy as np
import pytest

from unmask.media.align import SIDE, TEMPLATE, align, crop_matrix, invert, outside, warp


def turned(points, scale, angle, shift):
    c, s = np.cos(angle) * scale, np.sin(angle) * scale
    return (points @ np.array([[c, -s], [s, c]]).T + shift).astype(np.float32)


@pytest.mark.parametrize(("scale", "angle"), [(0.3, 0.0), (1.0, 0.4), (3.0, -0.7)])
def test_a_face_of_any_size_and_roll_comes_to_lie_on_the_template(scale, angle):
    points = turned(TEMPLATE * SIDE, scale, angle, [200, 150])
    matrix = crop_matrix(points)
    there = points @ matrix[:, :2].T + matrix[:, 2]
    assert there == pytest.approx(TEMPLATE * SIDE - 0.5, abs=1e-2)


def test_the_inverse_leads_back_to_the_frame():
    points = turned(TEMPLATE * SIDE, 1.7, 0.3, [40, 60])
    matrix = crop_matrix(points)
    back = invert(matrix)
    there = points @ matrix[:, :2].T + matrix[:, 2]
    assert there @ back[:, :2].T + back[:, 2] == pytest.approx(points, abs=1e-2)


@pytest.mark.parametrize("scale", [0.5, 1.0, 2.4, 6.3])
def test_a_spot_in_the_frame_is_found_at_its_place_in_the_crop(scale):
    points = turned(TEMPLATE * SIDE, scale, 0.15, [30, 30])
    size = int(SIDE * scale * 1.3 + 80)
    rows, columns = np.mgrid[:size, :size]
    spot = points[2] + [10 * scale, 5 * scale]
    bright = 255 * np.exp(-((columns - spot[0]) ** 2 + (rows - spot[1]) ** 2) / (2 * (4 * scale) ** 2))
    image = np.repeat(bright[:, :, None], 3, axis=2).astype(np.uint8)
    crop = align(image, points).astype(float)[:, :, 0]
    matrix = crop_matrix(points)
    wanted = matrix[:, :2] @ spot + matrix[:, 2]
    rows, columns = np.mgrid[:SIDE, :SIDE]
    centre = [(columns * crop).sum() / crop.sum(), (rows * crop).sum() / crop.sum()]
    assert centre == pytest.approx(wanted, abs=0.3)


def test_strong_reduction_averages_instead_of_picking_pixels():
    checker = (np.indices((1600, 1600)).sum(axis=0) % 2 * 255).astype(np.uint8)
    image = np.repeat(checker[:, :, None], 3, axis=2)
    crop = align(image, TEMPLATE * 1500)
    assert crop.std() < 25 and abs(crop.mean() - 127.5) < 3


def test_what_lies_beyond_the_picture_is_counted_and_repeats_its_edge():
    points = TEMPLATE * SIDE - [SIDE / 2, 0]
    matrix = crop_matrix(points.astype(np.float32))
    assert outside(matrix, SIDE, 400, 400) == pytest.approx(0.5, abs=0.05)
    image = np.zeros((400, 400, 3), np.uint8)
    image[:, :3] = 200
    assert (warp(image, matrix, SIDE)[:, : SIDE // 2 - 4] == 200).all()


@pytest.mark.parametrize("points", [np.zeros((5, 2)), np.full((5, 2), np.nan), np.zeros((4, 2))])
def test_points_that_span_nothing_are_refused(points):
    with pytest.raises(ValueError, match="points"):
        crop_matrix(points.astype(np.float32))
