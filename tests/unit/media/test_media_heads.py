import numpy as np
import pytest

from support.nodding import mesh
from unmask.media.align import TEMPLATE
from unmask.media.faces import five_points
from unmask.media.heads import CENTRE, REACH, SIDE, cut_head


def test_the_middle_of_a_run_is_cut_where_an_aligned_face_lies():
    meshes = np.stack([2.5 * mesh() + shift for shift in (40, 50, 60)])
    head = cut_head(np.zeros((3, 400, 400), np.uint8), meshes)
    wanted = (TEMPLATE - (np.asarray(CENTRE) - REACH / 2)) * (SIDE / REACH) - 0.5
    assert head.crops.shape == (3, SIDE, SIDE) and len(head) == 3
    assert np.allclose(five_points(head.meshes[1]), wanted, atol=1.5)
    assert np.allclose(head.meshes[2] - head.meshes[1], head.meshes[1] - head.meshes[0], atol=1e-3)


def test_all_pictures_of_a_run_are_cut_at_the_same_place():
    still = np.random.default_rng(0).integers(0, 255, (1, 300, 300), np.uint8).repeat(4, axis=0)
    meshes = np.stack([mesh() + 60 + step for step in range(4)])
    head = cut_head(still, meshes)
    assert (head.crops == head.crops[0]).all()


def test_points_that_coincide_are_no_head():
    with pytest.raises(ValueError, match="coincide"):
        cut_head(np.zeros((2, 50, 50), np.uint8), np.zeros((2, 468, 2), np.float32))
