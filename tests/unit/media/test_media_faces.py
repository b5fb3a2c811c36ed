from fractions import Fraction

import numpy as np
import pytest

from unmask.errors import ModelError
from unmask.media import facemodels
from unmask.media.align import SIDE
from unmask.media.faces import FaceFinder, yaw

TIME = Fraction(3, 2)


@pytest.fixture(scope="module")
def finder():
    return FaceFinder()


@pytest.fixture(scope="module")
def portrait():
    data = pytest.importorskip("skimage.data")
    return data.astronaut()[:300, 80:380]


def beside(left, right, width=900, height=400):
    frame = np.full((height, width, 3), 90, np.uint8)
    frame[40 : 40 + left.shape[0], 20 : 20 + left.shape[1]] = left
    frame[60 : 60 + right.shape[0], -20 - right.shape[1] : -20] = right
    return frame


def test_a_portrait_gives_one_face_with_its_measures(finder, portrait):
    (face,) = finder.find(portrait, TIME)
    seen = face.observation
    assert seen.key == (TIME, 0)
    assert face.crop.shape == (SIDE, SIDE, 3) and face.crop.dtype == np.uint8
    left, right, nose, mouth_left, mouth_right = seen.points
    assert left[0] < nose[0] < right[0] and mouth_left[0] < mouth_right[0]
    assert left[1] < nose[1] < mouth_left[1]
    assert seen.box.x < left[0] and right[0] < seen.box.x + seen.box.width
    assert np.linalg.norm(seen.descriptor) == pytest.approx(1, abs=1e-5)
    assert 0.5 < seen.confidence <= 1 and abs(seen.yaw) < 0.3
    assert seen.sharpness > 0 and 50 < seen.brightness < 230


def test_two_faces_are_numbered_from_left_to_right(finder, portrait):
    faces = finder.find(beside(portrait, portrait[:, ::-1]), TIME)
    assert [face.observation.key[1] for face in faces] == [0, 1]
    assert faces[0].observation.box.x < 450 < faces[1].observation.box.x


def test_the_largest_faces_are_kept_when_there_are_too_many(finder, portrait):
    import cv2

    small = cv2.resize(portrait, (200, 200))
    (face,) = finder.find(beside(small, portrait), TIME, max_faces=1)
    assert face.observation.box.x > 450 and face.observation.key == (TIME, 0)


def test_faces_under_the_smallest_size_are_left_out(finder, portrait):
    (face,) = finder.find(portrait, TIME)
    assert finder.find(portrait, TIME, min_face=face.observation.size + 1) == ()


@pytest.mark.parametrize("what", ["noise", "flat", "thin", "one pixel"])
def test_a_picture_without_a_face_gives_none(finder, what):
    rng = np.random.default_rng(0)
    image = {
        "noise": rng.integers(0, 256, (360, 640, 3), dtype=np.uint8),
        "flat": np.full((360, 640, 3), 128, np.uint8),
        "thin": np.zeros((2, 900, 3), np.uint8),
        "one pixel": np.zeros((1, 1, 3), np.uint8),
    }[what]
    assert finder.find(image, TIME) == ()


def test_a_small_face_in_a_wide_frame_is_found(finder, portrait):
    import cv2

    frame = np.full((720, 1280, 3), 100, np.uint8)
    frame[500:640, 1100:1240] = cv2.resize(portrait, (140, 140), interpolation=cv2.INTER_AREA)
    (face,) = finder.find(frame, TIME)
    assert face.observation.box.x > 1090 and 40 <= face.observation.size < 80


def test_the_same_frame_gives_the_same_numbers(finder, portrait):
    first, second = finder.find(portrait, TIME)[0], FaceFinder().find(portrait, TIME)[0]
    assert (first.crop == second.crop).all()
    assert (first.observation.points == second.observation.points).all()
    assert (first.observation.descriptor == second.observation.descriptor).all()


def test_a_tilted_head_is_turned_upright(finder, portrait):
    import cv2

    turn = cv2.getRotationMatrix2D((150, 150), 30, 1)
    tilted = cv2.warpAffine(portrait, turn, (300, 300), borderMode=cv2.BORDER_REPLICATE)
    straight, turned = finder.find(portrait, TIME)[0], finder.find(tilted, TIME)[0]
    assert np.abs(straight.crop.astype(float) - turned.crop).mean() < 12
    assert straight.observation.descriptor @ turned.observation.descriptor > 0.85


def test_landmarks_agree_whether_asked_by_box_or_by_points(finder, portrait):
    seen = finder.find(portrait, TIME)[0].observation
    by_box, by_points = finder.landmarks(portrait, seen.box), finder.landmarks(portrait, seen.points)
    assert by_box.shape == (468, 2) and by_box.dtype == np.float32
    assert np.abs(by_box - by_points).mean() < 0.02 * seen.size


def test_yaw_is_signed_by_the_side_that_the_nose_points_to():
    points = np.array([[0, 0], [10, 0], [5, 5], [2, 10], [8, 10]], np.float32)
    assert yaw(points) == 0
    points[2, 0] = 2
    assert yaw(points) == pytest.approx(-0.6)
    points[2, 0] = 30
    assert yaw(points) == 1


def test_a_missing_model_file_has_a_code():
    with pytest.raises(ModelError, match=r"nothing\.tflite"):
        facemodels.model_file("nothing.tflite")
