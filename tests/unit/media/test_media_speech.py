import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from support.makevideo import media_of, write_wav
from unmask.media.audio import SoundReader
from unmask.media.speech import SpeechFinder, cut_voiced, label, speech
from unmask.types import SAMPLE_RATE, Interval, Sound

RATE = SAMPLE_RATE
ALL = Interval(Fraction(0), Fraction(60))


def voiced(path, samples, interval=ALL):
    with SoundReader(media_of(write_wav(path, samples, rate=RATE))) as reader:
        return speech(reader, interval)


def seconds(length):
    return np.arange(round(length * RATE)) / RATE


SOUNDS = {
    "silence": np.zeros(12 * RATE),
    "hiss": 0.1 * np.random.default_rng(0).standard_normal(12 * RATE),
    "hum": 0.3 * np.sin(2 * np.pi * 50 * seconds(12)),
    "tone": 0.3 * np.sin(2 * np.pi * 1000 * seconds(12)),
    "melody": 0.3 * np.sin(2 * np.pi * np.cumsum(np.repeat(np.tile([262, 330, 392, 523], 12), RATE // 4)) / RATE),
    "clicks": (np.arange(12 * RATE) % 4000 < 20) * 0.8,
}


@pytest.mark.parametrize("name", SOUNDS)
def test_what_is_no_speech_gives_nothing(tmp_path, name):
    assert voiced(tmp_path / "sound.wav", SOUNDS[name]) == ()


def test_short_pauses_are_bridged_and_short_stretches_dropped():
    chunks = np.zeros(100, np.float32)
    chunks[10:30] = 0.9
    chunks[35:50] = 0.9
    chunks[70:75] = 0.9
    assert np.flatnonzero(label(chunks)).tolist() == list(range(9, 51))


def test_long_pauses_part_two_stretches():
    chunks = np.zeros(100, np.float32)
    chunks[10:30] = 0.9
    chunks[60:80] = 0.9
    assert np.count_nonzero(np.diff(label(chunks).astype(int)) == 1) == 2


@pytest.fixture(scope="module")
def talk(tmp_path_factory):
    data = Path(os.environ.get("UNMASK_DATA", Path(__file__).parents[4] / "shared" / "data"))
    files = sorted((data / "speech" / "real").rglob("*.flac"))[:8]
    if not files:
        pytest.skip("the research data is not there")
    parts = [np.zeros(2 * RATE)]
    for file in files:
        with SoundReader(media_of(file)) as reader:
            parts += [reader.read(ALL).samples, np.zeros(2 * RATE)]
    return write_wav(tmp_path_factory.mktemp("talk") / "talk.wav", np.concatenate(parts), rate=RATE)


@pytest.mark.data
def test_speech_is_found_and_the_pauses_are_not(talk):
    with SoundReader(media_of(talk)) as reader:
        found = speech(reader, ALL)
    assert found[0].start > 1.9
    assert sum(stretch.length for stretch in found) > 15
    assert len(found) >= 8


@pytest.mark.data
def test_an_instant_is_voiced_or_not_whatever_the_shards(talk):
    with SoundReader(media_of(talk)) as reader:
        whole = speech(reader, ALL)
    for step in (3, 10, 30):
        with SoundReader(media_of(talk)) as reader:
            finder = SpeechFinder(reader)
            found = [s for t in range(0, 60, step) for s in finder.find(Interval(Fraction(t), Fraction(t + step)))]
        joined = []
        for stretch in found:
            if joined and joined[-1].end == stretch.start:
                joined[-1] = Interval(joined[-1].start, stretch.end)
            else:
                joined.append(stretch)
        assert tuple(joined) == whole


def test_voiced_stretches_are_cut_out_as_segments():
    sound = Sound(Fraction(10), (0.5 * np.sin(seconds(4) * 1000)).astype(np.float32))
    cut = cut_voiced(sound, [Interval(Fraction(11), Fraction(12)), Interval(Fraction(20), Fraction(21))])
    assert [len(segment) for segment in cut] == [1000]
    assert (cut[0].frame_rate, cut[0].channels, cut[0].sample_width) == (RATE, 1, 2)
    samples = np.array(cut[0].get_array_of_samples()) / 32767
    assert np.abs(samples - sound.samples[RATE : 2 * RATE]).max() < 1e-4
