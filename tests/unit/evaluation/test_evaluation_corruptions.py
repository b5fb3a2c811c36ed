"""Every corruption does what it says: measured on small media, with time, sync and the other stream kept."""

import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from support.corruptible import RATE, SECONDS, band, heard, lag, level, shown, spoken, taken, talking, voice_like
from support.makers import make_picture
from unmask.errors import DatasetError
from unmask.evaluation.corruptions import CORRUPTIONS, chosen
from unmask.evaluation.corruptions.base import SKIPS, NotApplicable, Source
from unmask.evaluation.corruptions.picture import NOISE
from unmask.evaluation.corruptions.sound import ECHO_SECONDS, pink, room
from unmask.media.still import read_still
from unmask.reencode.pictures import frames


class Bench:
    """The three media, and what each corruption made of them; each is made once."""

    def __init__(self, folder):
        self.folder = folder
        make_picture(folder / "still.png", size=(600, 500))
        self.media = {
            "video": taken(talking(folder / "talking.mp4"), folder),
            "sound": taken(spoken(folder / "spoken.wav"), folder),
            "still": taken(folder / "still.png", folder),
        }
        self._made = {}

    def make(self, name, kind="video", seed=1, media=None):
        key = (name, kind, seed)
        if key not in self._made or media:
            work = self.folder / f"{name}-{kind}-{seed}"
            work.mkdir()
            CORRUPTIONS[name].make(Source(media or self.media[kind], seed, work), work / "out")
            assert [one.name for one in work.iterdir()] == ["out"], "nothing else is left behind"
            self._made[key] = taken(work / "out", work)
        return self._made[key]


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    return Bench(tmp_path_factory.mktemp("corruptions"))


MOVING = [name for name, one in CORRUPTIONS.items() if not name.startswith("jpeg")]
SOUNDING = [name for name, one in CORRUPTIONS.items() if one.touches != "picture"]
STILL = [name for name in CORRUPTIONS if name in ("blur", "noise", "dark", "bright", "social_media")] + [
    "size_480p", "size_240p", "jpeg_70", "jpeg_40",
]  # fmt: skip


@pytest.mark.parametrize("name", MOVING)
def test_a_video_keeps_its_length_and_its_sync(bench, name):
    before, after = bench.media["video"], bench.make(name)
    assert abs(float(after.duration - before.duration)) < 0.1
    assert abs(lag(heard(after), heard(before))) < 0.01
    seen = shown(after)
    # with fewer frames a picture is shown at the next instant that there is, and the last ones may be missing
    step = {"rate_10": 0.1, "rate_15": 0.067}.get(name, 0.002)
    assert all(-0.002 <= time - number / 25 < step for number, time in seen), name
    assert len(seen) == {"rate_10": 24, "rate_15": 36}.get(name, 60)


@pytest.mark.parametrize("name", SOUNDING)
def test_a_sound_keeps_its_length_and_its_place(bench, name):
    before, after = bench.media["sound"], bench.make(name, "sound")
    assert after.kind == "audio"
    assert abs(float(after.duration) - SECONDS) < 0.1
    assert abs(lag(heard(after), heard(before))) < 0.01


@pytest.mark.parametrize("name", STILL)
def test_a_still_stays_a_still(bench, name):
    assert bench.make(name, "still").kind == "image"


@pytest.mark.parametrize("kind", ["video", "sound", "still"])
def test_what_makes_no_sense_is_left_out_with_a_known_reason(bench, kind, tmp_path):
    meant = {"video": MOVING, "sound": SOUNDING, "still": STILL}[kind]
    for name in set(CORRUPTIONS) - set(meant) - ({"size_360p"} if kind == "still" else set()):
        with pytest.raises(NotApplicable) as left_out:
            CORRUPTIONS[name].make(Source(bench.media[kind], 1, tmp_path), tmp_path / "out")
        assert left_out.value.message in SKIPS
    assert not list(tmp_path.iterdir())


def test_nothing_is_scaled_up_and_no_frame_invented(bench, tmp_path):
    small = bench.make("size_240p")
    slow = bench.make("rate_10")
    for name, media, why in (("size_240p", small, "not_larger"), ("rate_15", slow, "not_faster")):
        with pytest.raises(NotApplicable, match=why):
            CORRUPTIONS[name].make(Source(media, 1, tmp_path), tmp_path / "out")


@pytest.mark.parametrize(("family", "codec"), [("h264", "h264"), ("h265", "hevc")])
def test_higher_rate_factors_make_smaller_files(bench, family, codec):
    made = [bench.make(f"{family}_crf{crf}") for crf in (23, 28, 35, 40)]
    rates = [one.video.bit_rate for one in made]
    assert {one.video.codec for one in made} == {codec}
    assert all(more > 1.15 * less for more, less in pairwise(rates))


@pytest.mark.parametrize("side", [480, 360, 240])
def test_sizes_are_the_shorter_side(bench, side):
    video = bench.make(f"size_{side}p").video
    assert min(video.width, video.height) == side
    assert video.width / video.height == pytest.approx(640 / 512, rel=0.01)


@pytest.mark.parametrize("rate", [10, 15])
def test_frame_rates_are_those_named(bench, rate):
    assert bench.make(f"rate_{rate}").video.frame_rate == pytest.approx(rate, rel=0.01)


def still_of(media):
    return read_still(media)[0].astype(np.float32)


def test_blur_noise_and_light_are_as_strong_as_they_say(bench):
    import cv2

    original = still_of(bench.media["still"])
    sharp = [cv2.Laplacian(image, cv2.CV_32F).var() for image in (original, still_of(bench.make("blur", "still")))]
    assert sharp[1] < 0.3 * sharp[0]
    middle = (original > 60) & (original < 190)
    assert (still_of(bench.make("noise", "still")) - original)[middle].std() == pytest.approx(NOISE, rel=0.05)
    assert still_of(bench.make("dark", "still")).mean() == pytest.approx(0.4 * original.mean(), rel=0.02)
    bright = still_of(bench.make("bright", "still"))
    assert np.abs(bright - np.minimum(255, 1.7 * original)).max() <= 1


def test_a_videos_light_and_noise_survive_its_carrier(bench):
    first = {name: next(frames(bench.make(name))).image.astype(np.float32) for name in ("h264_crf18", "noise", "dark")}
    assert first["dark"].mean() == pytest.approx(0.4 * first["h264_crf18"].mean(), rel=0.05)
    assert (first["noise"] - first["h264_crf18"]).std() == pytest.approx(NOISE, rel=0.4)


def test_jpeg_qualities_have_their_tables(bench):
    tables = []
    for quality in (70, 40):
        with Image.open(bench.make(f"jpeg_{quality}", "still").path) as picture:
            tables.append(picture.quantization[0])
    assert sum(tables[1]) > 1.8 * sum(tables[0])


LOW_RATES = [("aac_32k", "aac", 32), ("opus_12k", "opus", 12), ("mp3_32k", "mp3", 32)]


@pytest.mark.parametrize(("name", "codec", "rate"), LOW_RATES)
def test_sound_codecs_are_those_named_at_about_their_rate(bench, name, codec, rate):
    for kind in ("video", "sound"):
        audio = bench.make(name, kind).audio
        assert audio.codec == codec
        assert audio.bit_rate == pytest.approx(rate * 1000, rel=0.35)


def test_the_telephone_has_its_band_and_its_rate(bench):
    before, made = heard(bench.media["sound"]), bench.make("telephone", "sound")
    after = heard(made)
    assert made.audio.sample_rate == 8000
    assert band(after, 500, 3200) == pytest.approx(band(before, 500, 3200), abs=1)
    for low, high in ((0, 200), (4000, 8000)):
        assert band(after, low, high) < band(after, 500, 3200) - 25


@pytest.mark.parametrize("decibel", [20, 10, 5])
def test_noise_lies_as_far_below_the_voice_as_it_says(bench, decibel):
    before, after = heard(bench.media["sound"]), heard(bench.make(f"noise_{decibel}db", "sound"))
    voiced = np.abs(np.convolve(before**2, np.ones(1600) / 1600, "same")) > 1e-4
    assert level(before[voiced]) - level(after - before) == pytest.approx(decibel, abs=1.5)


def test_noise_goes_on_seamlessly_however_it_is_cut():
    whole = pink(0, 3 * RATE, 7)
    parts = np.concatenate([pink(0, 1000, 7), pink(1000, 2 * RATE, 7), pink(1000 + 2 * RATE, RATE - 1000, 7)])
    assert np.allclose(whole, parts, atol=1e-5)
    assert level(whole) == pytest.approx(0, abs=0.7)
    assert band(whole, 200, 400) - band(whole, 1600, 3200) == pytest.approx(0, abs=1.5), "equal power in each octave"


def test_the_echo_dies_away_as_a_room_does(bench):
    response = room(np.random.default_rng(3))
    left = np.cumsum(response[::-1] ** 2)[::-1]
    late = left[1600:4800]
    slope = np.polyfit(np.arange(len(late)) / RATE, 10 * np.log10(late), 1)[0]
    assert -60 / slope == pytest.approx(ECHO_SECONDS, rel=0.25)
    before, after = heard(bench.media["sound"]), heard(bench.make("echo", "sound"))
    stops = round((SECONDS - 0.3) * RATE)
    assert level(after[stops + 400 : stops + 1600]) > level(before[stops + 400 : stops + 1600]) + 30
    assert level(after) == pytest.approx(level(before), abs=2)


def test_levels_are_those_named(bench):
    before = heard(bench.media["sound"])
    assert level(heard(bench.make("quiet", "sound"))) == pytest.approx(level(before) - 20, abs=0.1)
    loud = heard(bench.make("loud", "sound"))
    voiced = np.convolve(before**2, np.ones(1600) / 1600, "same") > 1e-4
    assert level(loud[voiced]) == pytest.approx(-9, abs=1.5) and np.abs(loud).max() <= 1.01


def test_what_is_passed_on_is_small_and_coded_twice(bench):
    video = bench.make("social_media")
    assert (video.video.codec, video.audio.codec) == ("h264", "aac") and min(
        video.video.width, video.video.height
    ) == 480
    assert video.size < 0.5 * bench.media["video"].size
    assert bench.make("social_media", "sound").audio.codec == "opus"
    with Image.open(bench.make("social_media", "still").path) as still:
        assert still.format == "JPEG" and min(still.size) == 480


def test_what_is_passed_on_twice_looks_and_sounds_the_same_both_times(bench, tmp_path):
    again = Bench.__new__(Bench)
    again.folder, again.media, again._made = tmp_path, bench.media, {}
    first, second = bench.make("social_media"), again.make("social_media")
    assert shown(first) == shown(second)  # its bytes were seen to differ between two encodes, once in many
    assert np.abs(heard(first) - heard(second)).mean() < 0.01


@pytest.mark.parametrize("name", ["noise", "noise_10db"])
def test_the_same_seed_and_file_give_the_same_bytes(bench, name, tmp_path):
    again = Bench.__new__(Bench)
    again.folder, again.media, again._made = tmp_path, bench.media, {}
    assert again.make(name).sha256 == bench.make(name).sha256


def test_other_seeds_and_other_files_draw_other_numbers(bench, tmp_path):
    one = Source(bench.media["video"], 1, tmp_path)
    assert one.number("room") == Source(bench.media["video"], 1, tmp_path).number("room")
    others = [Source(bench.media["video"], 2, tmp_path), Source(bench.media["sound"], 1, tmp_path)]
    assert len({source.number("room") for source in (one, *others)}) == 3


def test_pictures_stay_as_they_were_when_only_the_sound_changes(bench):
    before, after = bench.media["video"], bench.make("quiet")
    pairs = zip(frames(before), frames(after), strict=True)
    assert all(np.array_equal(a.image, b.image) for a, b in pairs)


def test_the_sound_stays_as_it_was_when_only_pictures_change(bench):
    before, after = heard(bench.media["video"]), heard(bench.make("h264_crf40"))
    assert np.abs(after[: len(before)] - before).max() < 1e-4


def test_a_long_file_does_not_lie_in_memory(tmp_path):
    long = taken(spoken(tmp_path / "long.wav", seconds=300), tmp_path)
    tracemalloc.start()
    CORRUPTIONS["echo"].make(Source(long, 1, tmp_path), tmp_path / "out")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 15e6, "300 s of samples are 19 MB, and it takes several copies of them to change them"


def test_names_are_checked_and_kept_in_order():
    assert [one.name for one in chosen(["echo", "blur"])] == ["blur", "echo"]
    assert len(chosen()) == len(CORRUPTIONS)
    with pytest.raises(DatasetError, match="list-corruptions"):
        chosen(["rain"])


def test_the_voice_like_sound_is_no_noise():
    assert level(voice_like()[: RATE // 4]) < -80
