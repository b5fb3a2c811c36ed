import numpy as np
import pytest

from support.nodding import clip, head
from unmask.models.motion_net import CHANNELS, FRAMES, VIEW
from unmask.training.motion_augment import recipe
from unmask.training.motion_batches import Pool, Pools, batches, make_batch, part, window


@pytest.fixture(scope="module")
def pools():
    real = [clip(f"r{i}", source=f"s{i % 3}", seed=i) for i in range(5)]
    return Pools.of([*real, *(clip(f"f{i}", fake=True, source="s0", method=f"m{i}", seed=i) for i in range(2))])


def test_a_batch_depends_on_seed_and_step_alone_and_holds_both_classes_alike(pools):
    seen, truth = make_batch(pools, 8, 3, 7)
    again, _ = make_batch(pools, 8, 3, 7)
    other, _ = make_batch(pools, 8, 3, 8)
    assert seen.shape == (8, FRAMES, VIEW, VIEW, CHANNELS) and truth.sum() == 4
    assert (seen == again).all() and not np.allclose(seen, other) and np.abs(seen).max() <= 1


def test_batches_come_from_a_process_beside_as_they_would_from_here(pools):
    (found,) = batches(pools, size=4, seed=1, start=2, stop=3)
    wanted = make_batch(pools, 4, 1, 2, 0.3 + 0.6 * 2 / 3)
    assert (found[0] == wanted[0]).all() and (found[1] == wanted[1]).all()


def test_only_real_clips_beside_fakes_of_their_page_are_neighbours(pools):
    assert set(pools.neighbours) == {"s0"}
    draw = np.random.default_rng(0)
    assert {pools.neighbours["s0"].draw(draw).row.source for _ in range(5)} == {"s0"}


def test_every_source_comes_however_few_clips_it_has():
    clips = [clip(f"a{i}", source="large") for i in range(9)] + [clip("b", source="small")]
    pool, draw = Pool.of(clips, lambda one: one.row.source), np.random.default_rng(0)
    small = np.mean([pool.draw(draw).row.source == "small" for _ in range(400)])
    assert 0.18 < small < 0.32


def test_one_class_alone_is_refused():
    with pytest.raises(ValueError, match="no clips"):
        Pools.of([clip("a")])


def test_a_window_lies_inside_its_head():
    one, draw = head(FRAMES + 3), np.random.default_rng(0)
    starts = {int(np.flatnonzero((one.crops == window(one, draw).crops[0]).all(axis=(1, 2)))[0]) for _ in range(40)}
    assert starts == {0, 1, 2, 3} and len(part(one, 2)) == FRAMES


@pytest.mark.parametrize("seed", range(12))
def test_a_recipe_does_the_same_to_both_heads_of_a_pair(seed):
    one = part(head(), 0)
    change = recipe(np.random.default_rng(seed))
    first, second = change(one), change(one)
    assert (first.crops == second.crops).all() and (first.meshes == second.meshes).all()
    assert first.crops.shape == one.crops.shape and first.crops.dtype == np.uint8


def test_without_strength_no_picture_is_worn():
    one = part(head(), 0)
    kept = [recipe(np.random.default_rng(seed), 0)(one) for seed in range(30)]
    assert any((same.crops == one.crops).all() for same in kept)
    assert all(len(np.unique(same.crops)) > 100 for same in kept)


def test_points_move_with_the_picture():
    one = head(FRAMES, nod=0, grain=0)
    spot = np.zeros_like(one.crops)
    x, y = np.round(one.meshes[0, 1]).astype(int)
    spot[:, y - 3 : y + 4, x - 3 : x + 4] = 255
    for seed in range(20):
        moved = recipe(np.random.default_rng(seed), 0)(type(one)(spot, one.meshes, one.size))
        for crop, mesh in zip(moved.crops, moved.meshes, strict=True):
            assert np.abs(np.argwhere(crop > 128).mean(axis=0)[::-1] - mesh[1]).max() < 1.5
