import numpy as np
import pytest

from unmask.media.surroundings import describe_surroundings
from unmask.types import Box

BOX = Box(60, 40, 40, 40)


def scene(background, seed=0):
    image = np.full((120, 160, 3), background, np.uint8)
    image[40:80, 60:100] = np.random.default_rng(seed).integers(0, 255, (40, 40, 3))
    return image


def test_the_face_itself_does_not_count():
    first, second = (describe_surroundings(scene((40, 90, 160), seed), BOX) for seed in (1, 2))
    assert first @ second == pytest.approx(1, abs=0.02)


def test_another_background_is_told_apart():
    blue, red = (describe_surroundings(scene(colour), BOX) for colour in ((40, 90, 200), (200, 60, 40)))
    assert blue @ red < 0.3
    assert np.linalg.norm(blue) == pytest.approx(1)


def test_a_face_that_reaches_beyond_the_frame_has_surroundings_too():
    vector = describe_surroundings(scene((40, 90, 160)), Box(-30, -30, 60, 60))
    assert np.isfinite(vector).all()


def test_nothing_around_the_face_is_zero():
    assert not describe_surroundings(scene((1, 2, 3)), Box(500, 500, 20, 20)).any()
