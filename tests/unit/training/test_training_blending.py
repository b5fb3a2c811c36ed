import cv2
import numpy as np
import pytest

from unmask.training import blending
from unmask.training.image_augment import centre, h264, jpeg, recipe


@pytest.fixture
def face():
    rng = np.random.default_rng(1)
    return cv2.resize(rng.integers(0, 256, (24, 24, 3), dtype=np.uint8), (192, 192), interpolation=cv2.INTER_CUBIC)


@pytest.fixture
def mesh():
    turn = np.linspace(0, 2 * np.pi, 468, endpoint=False)
    shape = np.stack([96 + 60 * np.cos(turn), 100 + 70 * np.sin(turn)], axis=1)
    return shape.astype(np.float32)


def test_a_blend_differs_from_its_untouched_twin_inside_the_face_and_not_outside(face, mesh):
    changed, kept = [], []
    for seed in range(12):
        blended, untouched = blending.self_blend(face, mesh, np.random.default_rng(seed))
        assert blended.shape == untouched.shape == face.shape and blended.dtype == np.uint8
        difference = np.abs(blended.astype(int) - untouched).max(axis=2)
        changed.append(difference[60:140, 60:130].max())
        kept.append(difference[[0, 0, -1, -1], [0, -1, 0, -1]].max())
    assert min(changed) >= 2 and max(kept) == 0


def test_the_same_seed_gives_the_same_blend(face, mesh):
    first = blending.self_blend(face, mesh, np.random.default_rng(7))
    second = blending.self_blend(face, mesh, np.random.default_rng(7))
    assert (first[0] == second[0]).all() and (first[1] == second[1]).all()


def test_a_swapped_face_takes_on_the_colours_of_its_target(face, mesh):
    dark = (face // 4).astype(np.uint8)
    blended, untouched = blending.swap_blend(dark, mesh, face, mesh, np.random.default_rng(3))
    assert (untouched == dark).all()
    assert abs(float(blended.mean()) - float(dark.mean())) < 25


def test_masks_lie_between_nothing_and_all(face, mesh):
    for seed in range(8):
        mask = blending.region_mask((192, 192), mesh, np.random.default_rng(seed))
        assert mask.dtype == np.float32 and mask.min() >= 0 and mask.max() <= 1 and mask.sum() > 50


def test_one_recipe_does_the_same_to_both_halves_of_a_pair(face):
    for seed in range(20):
        apply = recipe(np.random.default_rng(seed), 160)
        assert (apply(face) == apply(face.copy())).all()


def test_every_recipe_gives_a_network_crop(face):
    crops = [recipe(np.random.default_rng(seed), 160)(face) for seed in range(40)]
    assert {crop.shape for crop in crops} == {(160, 160, 3)} and {crop.dtype for crop in crops} == {np.dtype(np.uint8)}
    assert len({crop.tobytes() for crop in crops}) == 40


def test_without_augmentation_the_middle_is_taken(face):
    assert (centre(face, 160) == face[16:176, 16:176]).all()


@pytest.mark.parametrize("change", [lambda x: jpeg(x, 80), lambda x: h264(x, 24)])
def test_compression_keeps_the_picture_and_its_colours(face, change):
    smooth = cv2.GaussianBlur(face, (0, 0), 6)[:160, :160]
    after = change(smooth)
    assert after.shape == smooth.shape and not (after == smooth).all()
    assert np.abs(after.astype(int) - smooth).mean() < 6
    assert np.abs(after.reshape(-1, 3).mean(0) - smooth.reshape(-1, 3).mean(0)).max() < 4


def test_lower_quality_loses_more(face):
    losses = [np.abs(jpeg(face, quality).astype(int) - face).mean() for quality in (95, 50, 10)]
    assert losses == sorted(losses)
