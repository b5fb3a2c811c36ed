from fractions import Fraction

import numpy as np
import pytest

from support.makers import ffmpeg
from support.makevideo import clicks, media_of, steady, write_video, write_wav
from unmask.media.read import LONGEST_WINDOW, MediaReader
from unmask.media.shards import plan
from unmask.settings import Settings
from unmask.types import SAMPLE_RATE


@pytest.fixture(scope="module")
def media(tmp_path_factory):
    folder = tmp_path_factory.mktemp("read")
    picture = write_video(folder / "picture.mp4", steady(250))
    sound = write_wav(folder / "sound.wav", clicks(10, [1, 4.5]))
    ffmpeg("-i", picture, "-i", sound, "-c:v", "copy", "-c:a", "aac", folder / "both.mp4")
    return media_of(folder / "both.mp4")


def test_a_shard_holds_its_frames_and_the_sound_beyond_its_end(media):
    shards = plan(media, 4.0, 4.0)
    with MediaReader(media, Settings()) as reader:
        samples = [reader.read(shard) for shard in shards]
    assert [len(s.frame_times) for s in samples] == [16, 16, 8]
    assert all(s.shard.start <= t < s.shard.end for s in samples for t in s.frame_times)
    assert len(samples[0].sound.samples) == (4 + LONGEST_WINDOW) * SAMPLE_RATE
    assert np.array_equal(samples[0].sound.samples[4 * SAMPLE_RATE :], samples[1].sound.samples[: 4 * SAMPLE_RATE])
    assert all(s.faces == () and s.speech == () for s in samples)


def test_progress_rises_to_one(media):
    heard = []
    with MediaReader(media, Settings()) as reader:
        reader.read(plan(media, 30.0, 4.0)[0], heard.append)
    assert heard == sorted(heard)
    assert heard[-1] == 1.0
    assert len(heard) > 30


def test_sound_alone_has_no_frames(tmp_path):
    media = media_of(write_wav(tmp_path / "sound.wav", clicks(3, [1])))
    with MediaReader(media, Settings()) as reader:
        samples = reader.read(plan(media, 30.0, 4.0)[0])
    assert samples.frame_times == ()
    assert len(samples.sound.samples) == pytest.approx(3 * SAMPLE_RATE, abs=2)


def test_a_picture_without_sound_has_none(tmp_path):
    media = media_of(write_video(tmp_path / "mute.mp4", steady(20)))
    with MediaReader(media, Settings()) as reader:
        samples = reader.read(plan(media, 30.0, 4.0)[0])
    assert samples.sound is None
    assert samples.frame_times[0] == Fraction(0)
