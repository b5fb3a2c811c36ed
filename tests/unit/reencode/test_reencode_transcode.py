"""A media written anew keeps its clock: length, sync, variable rate, rotation, and nothing is left of a failure."""

import tracemalloc
from fractions import Fraction

import numpy as np
import pytest

from support.corruptible import heard, lag, shown, spoken, taken, talking, voice_like
from support.makers import make_picture, make_video
from support.makevideo import write_video
from unmask.reencode.codecs import AAC_LIGHT, SoundCodec, compressed, motion_jpeg
from unmask.reencode.light import variants
from unmask.reencode.pictures import at_rate, each, frames
from unmask.reencode.sound import SoundChange, loudness, pieces
from unmask.reencode.transcode import Plan, transcode, write_sound
from unmask.types import Frame


@pytest.fixture(scope="module")
def talk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("talk")
    return taken(talking(folder / "t.mp4", seconds=3, size=(320, 192)), folder)


PLANS = {
    "all as it is": Plan(),
    "h264": Plan(compressed("h264", 28)),
    "h265": Plan(compressed("h265", 28)),
    "jpeg": Plan(motion_jpeg(5)),
    "aac": Plan(sound=AAC_LIGHT),
    "mp3": Plan(compressed("h264", 23), sound=SoundCodec("libmp3lame", 44_100, 128_000)),
    "opus": Plan(compressed("h264", 23), sound=SoundCodec("libopus", 48_000, 64_000)),
}


@pytest.mark.parametrize("name", PLANS)
def test_length_and_sync_are_kept_and_the_bytes_are_the_same_every_time(talk, tmp_path, name):
    for out in ("one", "two"):
        transcode(talk, tmp_path / out, PLANS[name])
    made = taken(tmp_path / "one", tmp_path)
    assert abs(float(made.duration - talk.duration)) < 0.1
    assert abs(lag(heard(made), heard(talk))) < 0.01
    assert [number for number, _ in shown(made)] == list(range(75))
    assert max(abs(time - number / 25) for number, time in shown(made)) < 0.002
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_sound_that_starts_late_and_a_picture_that_starts_late_stay_so(tmp_path):
    for name, offsets in (("sound", (0, 0.4)), ("picture", (0.4, 0))):
        path = make_video(tmp_path / f"{name}.mkv", start_offset=offsets[0], audio_offset=offsets[1])
        before = taken(path, tmp_path)
        transcode(before, tmp_path / name, Plan(compressed("h264", 18)))
        after = taken(tmp_path / name, tmp_path)
        assert float(next(frames(after)).time) == pytest.approx(float(next(frames(before)).time), abs=0.002)
        first = [int(np.argmax(np.abs(heard(one)) > 0.05)) / 16_000 for one in (before, after)]
        assert first[1] == pytest.approx(first[0], abs=0.02)


def test_frames_keep_their_own_times_when_the_rate_varies(tmp_path):
    times = [Fraction(n, 20) + (Fraction(1, 40) if n % 3 == 2 else 0) for n in range(40)]
    before = taken(write_video(tmp_path / "v.mp4", times), tmp_path)
    transcode(before, tmp_path / "out", Plan(compressed("h264", 12)))
    made = [time for _, time in shown(taken(tmp_path / "out", tmp_path))]
    assert made == pytest.approx([float(time) for time in times], abs=0.002)


def test_a_turned_video_comes_out_upright_with_or_without_a_change(tmp_path):
    before = taken(talking(tmp_path / "t.mp4", seconds=0.4, size=(320, 192), rotation=90), tmp_path)
    for name, plan in (("same", Plan()), ("coded", Plan(compressed("h264", 12)))):
        transcode(before, tmp_path / name, plan)
        after = taken(tmp_path / name, tmp_path)
        assert (after.video.width, after.video.height, after.video.rotation) == (192, 320, 0)
        one, other = (next(frames(media)).image.astype(float) for media in (before, after))
        assert np.abs(one - other).mean() < 4


def test_lower_rates_show_what_was_shown_at_each_instant():
    times = [Fraction(n, 4) for n in range(1, 9)]
    given = [Frame(time, np.full((2, 2, 3), n, np.uint8)) for n, time in enumerate(times)]
    made = list(at_rate(2)(given))
    assert [(frame.time, int(frame.image[0, 0, 0])) for frame in made] == [
        (Fraction(1, 2), 1), (Fraction(1), 3), (Fraction(3, 2), 5), (Fraction(2), 7),
    ]  # fmt: skip
    assert list(at_rate(2)([])) == []
    assert list(at_rate(2)(given[:1])) == given[:1], "a single picture is not lost"


@pytest.mark.parametrize("suffix", ["ts", "avi", "webm", "mov", "mkv"])
def test_any_container_can_be_written_anew_with_its_picture_as_it_was(tmp_path, suffix):
    codecs = {"webm": ("libvpx", "libopus"), "avi": ("mpeg4", "mp3")}.get(suffix, ("libx264", "aac"))
    path = make_video(tmp_path / f"v.{suffix}", codec=codecs[0], audio_codec=codecs[1])
    before = taken(path, tmp_path)
    transcode(before, tmp_path / "out", Plan())
    after = taken(tmp_path / "out", tmp_path)
    pairs = list(zip(frames(before), frames(after), strict=True))
    assert len(pairs) >= 24
    assert max(abs(float(a.time - b.time)) for a, b in pairs) < 0.002
    assert max(float(np.abs(a.image.astype(int) - b.image).mean()) for a, b in pairs) < 3


def test_pieces_fit_together_and_a_change_sees_its_surroundings(tmp_path):
    media = taken(spoken(tmp_path / "s.wav", seconds=12.3), tmp_path)
    kernel = np.ones(401, np.float32) / 401
    smooth = SoundChange(lambda samples, _: np.convolve(samples, kernel, "same").astype(np.float32), reach=400)
    whole = np.concatenate([samples for _, samples in pieces(media)])
    assert len(whole) == pytest.approx(12.3 * 16_000, abs=1)
    assert [first for first, _ in pieces(media)] == [0, 80_000, 160_000]
    changed = np.concatenate([samples for _, samples in pieces(media, smooth)])
    assert np.allclose(changed, np.convolve(whole, kernel, "same"), atol=1e-5)


def test_loudness_is_that_of_what_is_heard(tmp_path):
    loud = taken(spoken(tmp_path / "a.wav", seconds=4, lead=0.5), tmp_path)
    long_silence = taken(spoken(tmp_path / "b.wav", seconds=4, lead=2.5), tmp_path)
    assert loudness(long_silence) == pytest.approx(loudness(loud), rel=0.1)
    write_sound([np.zeros(8000, np.float32)] * 2, tmp_path / "silent")
    assert loudness(taken(tmp_path / "silent", tmp_path)) == 0


def test_nothing_is_left_of_a_failure(talk, tmp_path):
    def broken(image, number):
        if number == 3:
            raise RuntimeError("no")
        return image

    with pytest.raises(RuntimeError):
        transcode(talk, tmp_path / "out", Plan(compressed("h264", 28), each(broken)))
    with pytest.raises(ValueError, match="nothing"):
        transcode(talk, tmp_path / "out", Plan(keep_picture=False, keep_sound=False))
    assert not list(tmp_path.iterdir())


def test_pictures_go_through_one_by_one(tmp_path):
    before = taken(talking(tmp_path / "t.mp4", seconds=8, size=(640, 512)), tmp_path)
    tracemalloc.start()
    transcode(before, tmp_path / "out", Plan(compressed("h264", 35), each(lambda image, _: image.copy())))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 30e6, "200 pictures are 197 MB"


@pytest.mark.parametrize("kind", ["video", "mute", "sound", "still"])
def test_the_light_variants_are_three_and_light(tmp_path, kind):
    path = {
        "video": lambda: talking(tmp_path / "v.mp4", seconds=1, size=(320, 192)),
        "mute": lambda: make_video(tmp_path / "m.mp4", audio=False),
        "sound": lambda: spoken(tmp_path / "s.wav"),
        "still": lambda: make_picture(tmp_path / "p.png", size=(101, 75)),
    }[kind]()
    before = taken(path, tmp_path)
    ways = variants(before)
    assert len(ways) == 3
    for name, write in ways.items():
        write(before, tmp_path / name)
        after = taken(tmp_path / name, tmp_path)
        assert after.kind == before.kind and after.sha256 != before.sha256
        assert abs(float(after.duration - before.duration)) < 0.1
        if before.audio:
            late = lag(heard(after), heard(before))
            assert abs(late) < 0.01
            moved = np.roll(heard(after), -round(late * 16_000))
            assert np.corrcoef(moved[2000:14_000], heard(before)[2000:14_000])[0, 1] > 0.9, (name, late)
        if kind == "video":
            first, then = (next(frames(media)).image.astype(float) for media in (before, after))
            assert np.abs(first - then).mean() < 8, name


def test_the_made_voice_is_heard():
    assert np.abs(voice_like()).max() > 0.1
