"""Which voices train, and their sound in the cache."""

from pathlib import Path

import numpy as np
import pytest

from unmask.training import voice_data
from unmask.training.manifest import Row
from unmask.training.voice_pages import CALIBRATION, DEV


def write_wav(path: Path, sound: np.ndarray, rate: int = 16_000) -> Path:
    import av

    with av.open(str(path), "w", format="wav") as sink:
        stream = sink.add_stream("pcm_s16le", rate=rate, layout="mono")
        frame = av.AudioFrame.from_ndarray((sound * 32_000).astype(np.int16)[None], "s16", "mono")
        frame.sample_rate = rate
        sink.mux(stream.encode(frame))
        sink.mux(stream.encode(None))
    return path


def tone(seconds: float, rate: int = 16_000, level: float = 0.5) -> np.ndarray:
    return level * np.sin(2 * np.pi * 220 * np.arange(int(seconds * rate)) / rate)


def row(path: Path, label: str = "real", **more: str) -> Row:
    return Row(path, "audio", label, **{"source": "page", "origin": path.name, **more})


def test_no_page_both_tests_and_calibrates():
    assert not DEV & CALIBRATION


def test_a_dev_page_never_trains_whatever_its_rows_say():
    assert voice_data.use_of(Row(Path("a"), "audio", "fake", source=min(DEV))) == "dev"
    assert voice_data.use_of(Row(Path("a"), "video", "real", source=min(DEV) + " (clips)")) == "dev"
    assert voice_data.use_of(Row(Path("a"), "audio", "real", source=min(CALIBRATION))) == "calibration"
    assert voice_data.use_of(Row(Path("a"), "audio", "real", source="another")) == "train"
    assert voice_data.use_of(Row(Path("a"), "audio", "real", source="another", split="dev")) == "dev"


def test_the_sound_of_a_fake_face_is_neither_real_nor_fake():
    rows = [
        Row(Path("a"), "video", "fake", method="sadtalker"),
        Row(Path("b"), "video", "fake", method="audiosynth:model_a"),
        Row(Path("c"), "video", "real"),
        Row(Path("d"), "audio", "fake", method="VITS"),
    ]
    assert [kept.path.name for kept in voice_data.voices(rows)] == ["b", "c", "d"]


def test_the_same_files_of_a_large_page_are_taken_whatever_their_order():
    rows = [row(Path(f"{i}.wav")) for i in range(300)]
    once, again = voice_data.capped(rows), voice_data.capped(rows[::-1])
    assert once == again
    assert len(once) == voice_data.DEFAULT_CAP


def test_silence_around_the_speech_is_cut_and_the_rate_is_one(tmp_path):
    quiet = np.zeros(44_100)
    path = write_wav(tmp_path / "a.wav", np.concatenate([quiet, tone(2, 44_100), quiet]), 44_100)
    sound = voice_data.cached(row(path), tmp_path / "cache")
    assert 2.0 <= len(sound) / 16_000 <= 2.3
    assert abs(int(np.abs(sound).max()) - 29_000) < 10


def test_quiet_and_loud_files_lie_alike_in_the_cache(tmp_path):
    loud = write_wav(tmp_path / "loud.wav", tone(1, level=0.9))
    quiet = write_wav(tmp_path / "quiet.wav", tone(1, level=0.05))
    peaks = [int(np.abs(voice_data.cached(row(p), tmp_path / "cache")).max()) for p in (loud, quiet)]
    assert peaks == [29_000, 29_000]


@pytest.mark.parametrize("content", [b"", b"no sound at all" * 50])
def test_a_damaged_file_has_no_speech_and_is_tried_once(tmp_path, content):
    path = tmp_path / "broken.wav"
    path.write_bytes(content)
    assert voice_data.cached(row(path), tmp_path / "cache") is None
    path.unlink()
    assert voice_data.cached(row(path), tmp_path / "cache") is None


def test_a_silent_file_has_no_speech(tmp_path):
    path = write_wav(tmp_path / "silent.wav", np.zeros(32_000))
    assert voice_data.cached(row(path), tmp_path / "cache") is None


def test_filling_the_cache_keeps_the_rows_that_speak(tmp_path):
    good, silent = write_wav(tmp_path / "a.wav", tone(1)), write_wav(tmp_path / "b.wav", np.zeros(16_000))
    assert voice_data.fill([row(good), row(silent)], tmp_path / "cache") == [row(good)]
