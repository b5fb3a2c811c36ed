"""What comes out of a sandbox is, bit for bit, what comes out of the same code in this process."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from support.makemedia import BAD_INPUTS
from support.makers import make_picture, make_video
from unmask.errors import MediaError
from unmask.ingest import ingest
from unmask.media import still, video
from unmask.media.audio import SoundReader
from unmask.media.showing import PictureRun
from unmask.media.sources import frames_at, open_pictures, open_sound, open_video, read_still, stereo
from unmask.media.stereo import pieces
from unmask.media.video import VideoReader
from unmask.sandbox.settings import SandboxSettings
from unmask.settings import Settings
from unmask.types import Interval

CLIP = Path(__file__).parents[3] / "samples" / "manipulated.mp4"
STRETCHES = [Interval(Fraction(0), Fraction(4)), Interval(Fraction(4), Fraction(6)), Interval(Fraction(1), Fraction(3))]


@pytest.fixture
def here(monkeypatch):
    """Decoding in this process."""

    def switch(on):
        monkeypatch.setattr("unmask.sandbox.cell.load_sandbox", lambda: SandboxSettings(enabled=not on))

    return switch


@pytest.fixture(scope="module")
def media(tmp_path_factory):
    return ingest(CLIP, tmp_path_factory.mktemp("same"), Settings())


@pytest.fixture(scope="module")
def hostile(tmp_path_factory, media):
    """The clip with 40 bytes of its samples overwritten."""
    folder = tmp_path_factory.mktemp("broken")
    data = bytearray(CLIP.read_bytes())
    at = data.find(b"mdat") + 60_000
    data[at : at + 40] = bytes(40)
    (folder / "broken.mp4").write_bytes(data)
    return ingest(folder / "broken.mp4", folder, Settings())


def alike(one, other):
    return len(one) == len(other) and all(
        a.time == b.time and a.image.dtype == b.image.dtype and np.array_equal(a.image, b.image)
        for a, b in zip(one, other, strict=True)
    )


@pytest.mark.parametrize("which", ["media", "hostile"])
@pytest.mark.parametrize("fps", [4.0, 50])
def test_frames_scale_damage_and_notes(which, fps, request):
    found = request.getfixturevalue(which)
    with open_video(found, fps) as inside, VideoReader(found, fps) as outside:
        for stretch in STRETCHES:
            assert alike(list(inside.frames(stretch)), list(outside.frames(stretch)))
            assert (inside.scale, inside.damaged, inside.notes) == (outside.scale, outside.damaged, outside.notes)
    assert (inside.damaged > 0) == (which == "hostile")


@pytest.mark.parametrize("which", ["media", "hostile"])
def test_sound(which, request):
    found = request.getfixturevalue(which)
    with open_sound(found) as inside, SoundReader(found) as outside:
        for stretch in STRETCHES:
            one, other = inside.read(stretch), outside.read(stretch)
            assert one.start == other.start
            assert np.array_equal(one.samples, other.samples)
        assert inside.damaged == outside.damaged


def test_a_sound_longer_than_the_memory_that_is_shared(media, monkeypatch):
    monkeypatch.setattr("unmask.media.sources.SOUND_SLOT", 10_000)
    whole = Interval(Fraction(0), media.duration)
    with open_sound(media) as inside, SoundReader(media) as outside:
        assert np.array_equal(inside.read(whole).samples, outside.read(whole).samples)


def test_frames_of_known_times(media):
    times = [Fraction(9), Fraction(1), Fraction(1), Fraction(0)]
    with VideoReader(media, 4.0) as reader:
        known = [next(iter(reader.frames(Interval(time, time + 1)))).time for time in times]
    found = list(frames_at(media, known))
    assert len(found) == 3
    assert alike(found, list(video.frames_at(media, known)))


def test_all_pictures_and_the_one_that_is_shown(media):
    run = PictureRun(media, Fraction(2))
    with open_pictures(media, Fraction(2)) as shown:
        inside = list(shown.within(Fraction(2), Fraction(3)))
        assert inside
        assert alike(inside, list(run.within(Fraction(2), Fraction(3))))
    run.close()
    run, images = PictureRun(media, Fraction(0)), []
    with open_pictures(media) as shown:
        for time in (Fraction(0), Fraction(1, 100), Fraction(1), Fraction(2)):
            fresh = run.changed(time)
            images.append(fresh if fresh is not None else images[-1])
            assert np.array_equal(shown.at(time), images[-1])
    run.close()


def test_pictures_no_larger_than_wanted(media):
    run = PictureRun(media, Fraction(2), 64)
    with open_pictures(media, Fraction(2), 64) as shown:
        inside = list(shown.within(Fraction(2), Fraction(3)))
    assert {max(frame.image.shape) for frame in inside} == {64}
    assert alike(inside, list(run.within(Fraction(2), Fraction(3))))
    run.close()


def test_the_sound_of_a_film(media):
    stretch = Interval(Fraction(3), Fraction(5))
    inside, outside = list(stereo(media, stretch)), list(pieces(media, stretch))
    assert [first for first, _ in inside] == [first for first, _ in outside]
    assert all(np.array_equal(a, b) for (_, a), (_, b) in zip(inside, outside, strict=True))


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".gif", ".tiff", ".bmp"])
def test_a_still_picture(tmp_path, suffix):
    found = ingest(make_picture(tmp_path / f"x{suffix}", size=(2400, 300)), tmp_path / "work", Settings())
    inside, outside = read_still(found), still.read_still(found)
    assert np.array_equal(inside[0], outside[0])
    assert inside[1] == outside[1] > 1


@pytest.mark.parametrize("bad", BAD_INPUTS.values(), ids=lambda bad: bad.name)
def test_what_a_file_is_and_why_it_is_refused(bad, tmp_path, here):
    (tmp_path / "source").mkdir()
    path = bad.make(tmp_path / "source")

    def outcome(on):
        here(on)
        try:
            found = ingest(path, tmp_path / f"work-{on}", Settings(**bad.settings))
        except MediaError as refused:
            return refused.code, refused.message
        return replace(found, path=Path())

    assert outcome(True) == outcome(False)


def test_a_picture_that_turns_up_sideways(tmp_path):
    found = ingest(make_video(tmp_path / "turned.mp4", rotation=90), tmp_path / "work", Settings())
    with open_video(found, 4.0) as inside, VideoReader(found, 4.0) as outside:
        stretch = Interval(Fraction(0), Fraction(1))
        one, other = list(inside.frames(stretch)), list(outside.frames(stretch))
    assert one[0].image.shape == (160, 120, 3)
    assert alike(one, other)
