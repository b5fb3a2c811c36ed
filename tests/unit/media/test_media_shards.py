import itertools
from fractions import Fraction
from pathlib import Path

import pytest

from unmask.media.sampling import Sampler, slot_of, slot_rate
from unmask.media.shards import SLACK, plan
from unmask.types import Media


def media(duration, kind="video"):
    zero = Fraction(0)
    return Media(Path("x"), "x", kind, "0", 1, "mp4", Fraction(duration), zero, None, None, None)


@pytest.mark.parametrize("duration", ["0.2", "4", "29.97", "30", "44.9", "45.1", "61.123", "3600.04"])
@pytest.mark.parametrize("seconds", [1.0, 10.0, 30.0, 7.3])
@pytest.mark.parametrize("fps", [4.0, 3.0, 29.97, 0.5])
def test_shards_follow_each_other_without_gap_or_overlap(duration, seconds, fps):
    shards = plan(media(duration), seconds, fps)
    assert shards[0].start == 0
    assert all(a.end == b.start for a, b in itertools.pairwise(shards))
    assert shards[-1].end > Fraction(duration)
    assert [shard.index for shard in shards] == list(range(len(shards)))


@pytest.mark.parametrize("fps", [4.0, 3.0, 29.97])
def test_boundaries_lie_on_sampling_slots(fps):
    rate = slot_rate(fps)
    assert all((shard.end * rate).denominator == 1 for shard in plan(media(100), 7.3, fps))


def test_no_shard_is_much_longer_than_asked_for():
    for tenths in range(1, 1500, 7):
        assert all(s.end - s.start <= 15 + SLACK + 1 for s in plan(media(Fraction(tenths, 10)), 10, 4))


def test_a_short_rest_goes_to_the_shard_before_it():
    assert len(plan(media("30.04"), 30, 4)) == 1
    assert len(plan(media("50"), 30, 4)) == 2


def test_a_picture_is_one_shard():
    assert len(plan(media(0, "image"), 30, 4)) == 1


def test_sound_alone_gets_shards():
    assert len(plan(media(95, "audio"), 30, 4)) == 3


def test_frames_a_second_are_read_as_decimals():
    assert slot_rate(29.97) == Fraction(2997, 100)
    with pytest.raises(ValueError, match="above zero"):
        slot_rate(0)


def test_the_first_frame_of_every_slot_is_taken():
    sampler = Sampler(Fraction(4))
    times = [Fraction(k, 25) for k in range(25)]
    taken = [time for time in times if sampler.takes(time)]
    assert taken == [0, Fraction(7, 25), Fraction(13, 25), Fraction(19, 25)]


def test_every_frame_of_a_slow_video_is_taken():
    sampler = Sampler(Fraction(4))
    assert all(sampler.takes(Fraction(k, 3)) for k in range(12))


def test_a_time_before_zero_has_a_slot_of_its_own():
    assert slot_of(Fraction(-1, 100), Fraction(4)) == -1
