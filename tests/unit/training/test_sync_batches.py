import numpy as np
import pytest

from support.talking import PER_TICK, clip
from unmask.models import sync_net as net
from unmask.training.sync_augment import MIRRORED, film, film_h264, heard
from unmask.training.sync_batches import Pool, around, batches, make_batch, plain, sound_around, spoken

TICKS = 20


def test_a_batch_has_the_shapes_of_the_network():
    pool = Pool.of([clip("a", 4), clip("b", 4)])
    seen, moved, loud = make_batch(pool, 3, TICKS, np.random.default_rng(0))
    assert seen.shape == (3, TICKS + 2 * net.EDGE, 64, 64)
    assert moved.shape == (3, TICKS + 2 * net.EDGE, 90)
    assert loud.shape == (3, 4 * (TICKS + 2 * (net.EDGE + net.REACH)), 80)
    assert all(np.isfinite(part).all() for part in (seen, moved, loud))


def test_a_batch_depends_on_seed_and_step_alone():
    pool = Pool.of([clip("a", 4), clip("b", 4)])
    made = {"size": 2, "ticks": TICKS, "seed": 5}
    first = list(batches(pool, **made, start=0, stop=3))
    again = list(batches(pool, **made, start=2, stop=3))
    assert all(np.array_equal(a, b) for a, b in zip(first[2], again[0], strict=True))
    assert not np.array_equal(first[1][2], first[2][2])


def test_windows_lie_where_somebody_speaks():
    pool = Pool.of([clip("a", 20, voiced=(0, 6))])
    draw = np.random.default_rng(1)
    places = [pool.window(50, draw) for _ in range(30)]
    assert all(spoken(*place, 50) >= 0.4 for place in places)


def test_a_person_seen_for_long_comes_oftener_but_not_as_often_as_time_would_have_it():
    pool = Pool.of([clip("a", 40), clip("b", 10)])
    assert pool.weights[0] / pool.weights[1] == pytest.approx(2, rel=0.01)


def test_pictures_beyond_a_run_repeat_its_ends():
    run = clip("a", 2).runs[0]
    part = around(run, 0, len(run))
    assert part.first == -net.EDGE and len(part) == len(run) + 2 * net.EDGE
    assert np.array_equal(part.crops[0], run.crops[0]) and np.array_equal(part.crops[-1], run.crops[-1])
    assert np.array_equal(part.crops[net.EDGE : -net.EDGE], run.crops)


@pytest.mark.parametrize("first", [0, 3, 40, 70])
def test_sound_lies_at_its_tick_with_silence_where_there_is_none(first):
    sound = np.arange(1, 75 * PER_TICK + 1, dtype=np.float32)
    reach = net.REACH + net.EDGE
    out = sound_around(sound, first, 10)
    assert len(out) == (10 + 2 * reach) * PER_TICK
    for tick in range(-reach, 10 + reach):
        at = (first + tick) * PER_TICK
        expected = sound[at] if 0 <= at < len(sound) else 0
        assert out[(tick + reach) * PER_TICK] == expected


def test_a_shift_moves_the_sound_against_the_lips():
    place = (made := clip("a", 8), made.runs[0], 60)
    here, moved = plain(place, TICKS), plain(place, TICKS, shift=5)
    assert np.array_equal(here[0], moved[0]) and np.array_equal(here[1], moved[1])
    later = plain((made, made.runs[0], 65), TICKS)
    assert np.array_equal(moved[2], later[2])


def test_changes_of_the_film_keep_every_picture_in_its_place():
    run = clip("a", 3).runs[0]
    opened = np.ptp(run.outlines[:, :, 1], axis=1)
    for seed in range(6):
        crops, points = film(run.crops, run.outlines, np.random.default_rng(seed))
        assert crops.shape == (len(run), 64, 64) and crops.dtype == np.uint8
        height = np.ptp(points[:, :, 1], axis=1)
        lags = [np.corrcoef(opened[5:-5], height[5 + lag : len(height) - 5 + lag])[0, 1] for lag in range(-5, 6)]
        assert abs(int(np.argmax(lags)) - 5) <= 1


def test_mirroring_twice_gives_the_same_mouth():
    assert [MIRRORED[MIRRORED[i]] for i in range(45)] == list(range(45))


def test_changes_of_the_sound_do_not_move_it():
    sound = clip("a", 4).sound
    envelope = np.sqrt(np.convolve(sound**2, np.ones(400) / 400, "same"))[::160]
    for seed in range(12):
        out = heard(sound, None, np.random.default_rng(seed))
        assert len(out) == len(sound)
        other = np.sqrt(np.convolve(out**2, np.ones(400) / 400, "same"))[::160]
        lags = [np.corrcoef(envelope[20:-20], other[20 + lag : len(other) - 20 + lag])[0, 1] for lag in range(-16, 17)]
        assert abs(int(np.argmax(lags)) - 16) <= 4, f"moved by more than a tick with seed {seed}"


def test_h264_keeps_order_and_number():
    crops = np.repeat(np.arange(0, 240, 12, dtype=np.uint8)[:, None, None], 64, axis=1).repeat(64, axis=2)
    out = film_h264(crops, 28)
    assert out.shape == crops.shape and np.abs(out.mean(axis=(1, 2)) - crops[:, 0, 0]).max() < 6
