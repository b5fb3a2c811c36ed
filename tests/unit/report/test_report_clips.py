"""Clips show exactly the pictures of their stretch, at their own times, with the sound of that stretch."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from support import fakeresult as fake
from support.makers import ffmpeg, make_sound, make_video
from support.makevideo import clicks, media_of, number_of, steady, write_video, write_wav
from unmask.errors import DecodeFailed
from unmask.report.film.clips import LONGEST, cut_clip
from unmask.report.films import MOST_CLIPS, with_clips
from unmask.result import Result
from unmask.types import Interval, Media


def stretch(start: float | Fraction, end: float | Fraction) -> Interval:
    return Interval(Fraction(start), Fraction(end))


def pictures(path: Path) -> list[tuple[Fraction, int]]:
    """Time and number of each picture of a film."""
    with av.open(str(path)) as film:
        frames = list(film.decode(video=0))
    return [(f.pts * f.time_base, number_of(f.to_ndarray(format="rgb24"))) for f in frames]


def with_sound(folder: Path, times: list[Fraction], at: list[float]) -> Media:
    """Numbered pictures with clicks at known times."""
    video = write_video(folder / "silent.mov", times)
    sound = write_wav(folder / "clicks.wav", clicks(float(times[-1]) + 0.5, at))
    ffmpeg("-i", video, "-i", sound, "-c:v", "copy", "-c:a", "pcm_s16le", folder / "both.mov")
    return media_of(folder / "both.mov")


def test_first_and_last_picture_are_those_of_the_stretch(tmp_path: Path) -> None:
    media = media_of(write_video(tmp_path / "v.mp4", steady(150)))
    cut = cut_clip(media, stretch(2, 4), tmp_path / "clip.mp4")
    found = pictures(tmp_path / "clip.mp4")
    assert [number for _, number in found] == list(range(50, 100))  # 2.00 to 3.96 s: the picture at 4.00 is the next
    assert [time for time, _ in found] == [Fraction(k, 25) for k in range(50)]
    assert (cut.first, cut.last, cut.frames, cut.cut_short) == (2, Fraction(99, 25), 50, False)


def test_a_stretch_between_pictures_keeps_their_distance_to_its_start(tmp_path: Path) -> None:
    media = media_of(write_video(tmp_path / "v.mp4", steady(50)))
    cut_clip(media, stretch(Fraction(101, 100), Fraction(139, 100)), tmp_path / "clip.mp4")
    found = pictures(tmp_path / "clip.mp4")
    assert [number for _, number in found] == list(range(26, 35))  # 1.04 s to 1.36 s
    assert float(found[0][0]) == pytest.approx(0.03, abs=1e-4)


def test_uneven_pictures_keep_their_own_times(tmp_path: Path) -> None:
    times = [Fraction(k, 10) + (Fraction(3, 80) if k % 3 == 2 else 0) for k in range(60)]
    media = media_of(write_video(tmp_path / "v.mp4", times))
    cut_clip(media, stretch(1, 3), tmp_path / "clip.mp4")
    expected = [(t - 1, k) for k, t in enumerate(times) if 1 <= t < 3]
    assert [(pytest.approx(float(t), abs=1e-4), n) for t, n in expected] == [
        (float(t), n) for t, n in pictures(tmp_path / "clip.mp4")
    ]


def test_a_media_that_starts_late_is_cut_on_its_own_clock(tmp_path: Path) -> None:
    media = media_of(write_video(tmp_path / "v.mkv", steady(100, start=Fraction(3))))
    assert media.origin == 3
    cut_clip(media, stretch(1, 2), tmp_path / "clip.mp4")
    assert [number for _, number in pictures(tmp_path / "clip.mp4")] == list(range(25, 50))


def test_the_sound_of_a_clip_is_that_of_its_stretch(tmp_path: Path) -> None:
    media = with_sound(tmp_path, steady(150), [1.0, 2.5, 3.25, 4.5])
    cut_clip(media, stretch(2, 4), tmp_path / "clip.mp4")
    with av.open(str(tmp_path / "clip.mp4")) as film:
        frames = list(film.decode(audio=0))
        rate, start = film.streams.audio[0].rate, float(frames[0].pts * frames[0].time_base)
    samples = np.abs(np.concatenate([f.to_ndarray() for f in frames], axis=1)[0])
    found = []
    while samples.max() > 0.2:
        top = int(samples.argmax())
        found.append(start + top / rate)
        samples[max(0, top - rate // 20) : top + rate // 20] = 0
    assert sorted(found) == [pytest.approx(0.5, abs=0.004), pytest.approx(1.25, abs=0.004)]


def test_a_long_stretch_is_cut_short_and_says_so(tmp_path: Path) -> None:
    media = media_of(write_video(tmp_path / "v.mp4", steady(130, rate=5), options={"preset": "ultrafast"}))
    cut = cut_clip(media, stretch(1, 25), tmp_path / "clip.mp4")
    assert cut.cut_short
    assert cut.last < 1 + LONGEST
    assert len(pictures(tmp_path / "clip.mp4")) == 5 * LONGEST


def test_a_large_picture_is_scaled_to_even_sides(tmp_path: Path) -> None:
    media = media_of(make_video(tmp_path / "v.mp4", seconds=0.4, size=(1366, 768), audio=False))
    cut_clip(media, stretch(0, 1), tmp_path / "clip.mp4")
    with av.open(str(tmp_path / "clip.mp4")) as film:
        assert (film.streams.video[0].width, film.streams.video[0].height) == (960, 540)


def test_a_stretch_without_pictures_leaves_nothing_behind(tmp_path: Path) -> None:
    media = media_of(write_video(tmp_path / "v.mp4", steady(25)))
    with pytest.raises(DecodeFailed):
        cut_clip(media, stretch(5, 6), tmp_path / "clip.mp4")
    assert not (tmp_path / "clip.mp4").exists()


@pytest.fixture
def result(tmp_path: Path) -> Result:
    plain = fake.not_assessable(tmp_path)
    found = [fake.segment(1, 2, "voice", "voice", 0.9), fake.segment(2, 4, "face", "person-1", 0.95)]
    return plain.model_copy(update={"segments": found})


def test_clips_become_evidence_of_their_stretches(result: Result, tmp_path: Path) -> None:
    media = media_of(write_video(tmp_path / "v.mp4", steady(125)))
    made = with_clips(result, media, tmp_path)
    clips = {e.id: e for e in made.evidence if e.kind == "clip"}
    assert [s.evidence[-1] for s in made.segments] == sorted(clips)
    face = clips[made.segments[1].evidence[-1]]
    assert face.facts == {
        "detector": "face",
        "start": 2.0,
        "end": 4.0,
        "first_frame": 2.0,
        "last_frame": 3.96,
        "frames": 50,
        "cut_short": False,
    }
    assert pictures(tmp_path / (face.artifact or ""))[0] == (0, 50)
    assert len({e.id for e in made.evidence}) == len(made.evidence)


def test_only_the_most_probable_stretches_have_clips(result: Result, tmp_path: Path) -> None:
    media = media_of(write_video(tmp_path / "v.mp4", steady(125)))
    many = [fake.segment(k / 4, k / 4 + 0.2, "face", "person-1", 0.8 + k / 100) for k in range(MOST_CLIPS + 3)]
    made = with_clips(result.model_copy(update={"segments": many}), media, tmp_path)
    assert [bool(s.evidence) for s in made.segments] == [False] * 3 + [True] * MOST_CLIPS


def test_a_stretch_of_sound_after_the_last_picture_has_no_clip(result: Result, tmp_path: Path) -> None:
    media = media_of(write_video(tmp_path / "v.mp4", steady(25)))
    late = result.model_copy(update={"segments": [fake.segment(3, 4, "voice", "voice", 0.9)]})
    assert with_clips(late, media, tmp_path) == late


def test_sound_alone_has_no_clips(result: Result, tmp_path: Path) -> None:
    media = media_of(make_sound(tmp_path / "s.wav", seconds=3))
    assert with_clips(result, media, tmp_path) == result
