from fractions import Fraction

import numpy as np
import pytest

from support.makers import ffmpeg
from support.makevideo import clicks, media_of, steady, write_video, write_wav
from unmask.errors import DecodeFailed
from unmask.media.audio import SoundReader
from unmask.types import SAMPLE_RATE, Interval

CLICKS = [0.5, 3.25, 29.99, 33.37, 45.123]
LENGTH = 47
ALL = Interval(Fraction(0), Fraction(100))

FORMATS = {
    "wav": (["-c:a", "pcm_s16le"], False),
    "flac": (["-c:a", "flac"], False),
    "mp3": (["-c:a", "libmp3lame"], False),
    "m4a": (["-ar", "44100", "-c:a", "aac"], False),
    "opus": (["-c:a", "libopus"], False),
    "mp4": (["-c:a", "aac"], True),
    "mkv": (["-c:a", "libopus"], True),
    "webm": (["-c:a", "libvorbis"], False),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("audio")


@pytest.fixture(scope="module")
def wav(folder):
    return write_wav(folder / "clicks.wav", clicks(LENGTH, CLICKS))


@pytest.fixture(scope="module")
def picture(folder):
    return write_video(folder / "picture.mp4", steady(100))


@pytest.fixture(scope="module")
def made(folder, wav, picture):
    def make(extension, offset=0.0):
        options, video = FORMATS[extension]
        path = folder / f"made{offset}.{extension}"
        if not path.exists():
            inputs = ["-i", picture] if video else []
            ffmpeg(*inputs, "-itsoffset", offset, "-i", wav, *(["-c:v", "copy"] if video else []), *options, path)
        return media_of(path)

    return make


def read_all(media):
    with SoundReader(media) as reader:
        return reader.read(ALL).samples


def found(samples, near):
    """Seconds at which the click sounds that is expected at `near`: the middle of its energy."""
    begin = max(0, round((near - 0.05) * SAMPLE_RATE))
    energy = samples[begin : begin + SAMPLE_RATE // 10].astype(np.float64) ** 2
    energy[energy < 0.2 * energy.max()] = 0
    return (begin + (energy * np.arange(len(energy))).sum() / energy.sum()) / SAMPLE_RATE


@pytest.mark.parametrize("extension", FORMATS)
def test_a_click_is_heard_at_its_time(made, extension):
    samples = read_all(made(extension))
    assert len(samples) == pytest.approx(LENGTH * SAMPLE_RATE, abs=SAMPLE_RATE // 20)
    assert [found(samples, time) for time in CLICKS] == pytest.approx(CLICKS, abs=0.002)


@pytest.mark.parametrize("extension", ["mp4", "mkv"])
def test_a_late_start_of_the_sound_is_on_the_media_clock(made, extension):
    samples = read_all(made(extension, 0.7))
    assert not samples[: round(0.69 * SAMPLE_RATE)].any()
    assert [found(samples, time + 0.7) for time in CLICKS] == pytest.approx([t + 0.7 for t in CLICKS], abs=0.002)


@pytest.fixture(scope="module")
def noisy(folder):
    """Media whose every sample matters: noise and tones in several codecs."""
    rng = np.random.default_rng(1)
    time = np.arange(36 * 44100) / 44100
    sound = 0.1 * rng.standard_normal(len(time)) + 0.3 * np.sin(2 * np.pi * (200 + 3 * time) * time)
    source = write_wav(folder / "noise.wav", np.stack([sound, 0.5 * sound], axis=1), rate=44100)
    names = {"n.mp4": ["-c:a", "aac"], "n.mkv": ["-c:a", "libopus"], "n.mp3": ["-c:a", "libmp3lame"], "n.ts": []}
    for name, options in names.items():
        ffmpeg("-i", source, *options, folder / name)
    return [media_of(path) for path in (source, *(folder / name for name in names))]


def test_samples_are_the_same_whichever_way_they_are_reached(noisy):
    for media in noisy:
        whole = read_all(media)
        for seconds in (7, 30):
            with SoundReader(media) as reader:
                parts = [
                    reader.read(Interval(Fraction(t), Fraction(t + seconds))).samples for t in range(0, 40, seconds)
                ]
            assert np.array_equal(np.concatenate(parts), whole)
        with SoundReader(media) as reader:
            for start in (31, 28, 0):
                part = reader.read(Interval(Fraction(start), Fraction(start + 4))).samples
                assert np.array_equal(part, whole[start * SAMPLE_RATE : (start + 4) * SAMPLE_RATE])


def test_where_blocks_meet_nothing_is_heard(folder):
    time = np.arange(35 * 48000) / 48000
    wav = write_wav(folder / "tone.wav", 0.5 * np.sin(2 * np.pi * 440 * time))
    for name, options in {"tone.mp4": ["-c:a", "aac", "-b:a", "192k"], "tone.mkv": ["-c:a", "flac"]}.items():
        ffmpeg("-i", wav, *options, folder / name)
        samples = read_all(media_of(folder / name)).astype(np.float64)
        clean = 0.5 * np.sin(2 * np.pi * 440 * np.arange(len(samples)) / SAMPLE_RATE)
        middle = slice(round(29.9 * SAMPLE_RATE), round(30.1 * SAMPLE_RATE))
        assert np.abs(samples[middle] - clean[middle]).max() < 0.02


def test_stereo_is_the_mean_of_its_channels(folder):
    tone = 0.4 * np.sin(2 * np.pi * 300 * np.arange(16000) / 16000)
    path = write_wav(folder / "stereo.wav", np.stack([tone, np.zeros_like(tone)], axis=1), rate=16000)
    assert np.abs(read_all(media_of(path)) - tone / 2).max() < 1e-3


@pytest.mark.parametrize("codec", ["pcm_u8", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_f64le"])
def test_every_sample_format_has_the_same_level(folder, codec):
    tone = 0.4 * np.sin(2 * np.pi * 300 * np.arange(16000) / 16000)
    source = write_wav(folder / "level.wav", tone, rate=16000)
    path = folder / f"{codec}.wav"
    ffmpeg("-i", source, "-c:a", codec, path)
    assert np.abs(read_all(media_of(path)) - tone).max() < 0.01


def test_a_gap_in_the_timestamps_is_silence_and_the_clock_stays_true(folder, wav):
    path = folder / "gap.mkv"
    chosen = "aselect='lt(t,2)+gte(t,3)'"
    ffmpeg("-t", "10", "-i", wav, "-af", chosen, "-c:a", "flac", path)
    samples = read_all(media_of(path))
    assert found(samples, 3.25) == pytest.approx(3.25, abs=0.002)
    assert not samples[round(2.1 * SAMPLE_RATE) : round(2.9 * SAMPLE_RATE)].any()


def test_sound_shorter_than_the_picture_ends_where_it_ends(folder, picture):
    short = write_wav(folder / "short.wav", clicks(1.5, [0.5]))
    path = folder / "short.mkv"
    ffmpeg("-i", picture, "-i", short, "-c:v", "copy", "-c:a", "flac", path)
    with SoundReader(media_of(path)) as reader:
        assert len(reader.read(Interval(Fraction(1), Fraction(4))).samples) == SAMPLE_RATE // 2
        assert len(reader.read(Interval(Fraction(2), Fraction(4))).samples) == 0
        assert len(reader.read(Interval(Fraction(200), Fraction(204))).samples) == 0


def test_damage_is_counted_and_does_not_shift_what_follows(folder, wav):
    whole = folder / "whole.mkv"
    ffmpeg("-i", wav, "-c:a", "flac", whole)
    data = bytearray(whole.read_bytes())
    begin = data.index(b"\xff\xf8", len(data) // 8)  # somewhere inside a block: the sync word of a FLAC frame
    data[begin : begin + 40] = b"\x55" * 40
    path = folder / "hurt.mkv"
    path.write_bytes(data)
    with SoundReader(media_of(path)) as reader:
        samples = reader.read(ALL).samples
        assert reader.damaged > 0
    later = CLICKS[2:]
    assert [found(samples, time) for time in later] == pytest.approx(later, abs=0.002)


def test_nothing_to_decode_is_a_failure(folder, wav):
    path = folder / "ruined.mp4"
    ffmpeg("-t", "5", "-i", wav, "-c:a", "flac", path)
    data = bytearray(path.read_bytes())
    begin = data.index(b"mdat") + 4
    end = data.index(b"moov") - 4
    data[begin:end] = b"\x55" * (end - begin)
    path.write_bytes(data)
    with SoundReader(media_of(path)) as reader, pytest.raises(DecodeFailed):
        reader.read(Interval(Fraction(0), Fraction(4)))
