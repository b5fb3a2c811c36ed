"""Pictures that nobody needs are not decoded, and nothing that is sampled changes by it."""

from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest

from support.makers import ffmpeg
from support.makevideo import media_of, steady, write_video
from unmask.media import pictures
from unmask.media.pictures import PictureStream
from unmask.media.skipping import MOST_WAITING, Outlook
from unmask.media.video import VideoReader
from unmask.types import Interval

HOLES = [time for number, time in enumerate(steady(150)) if number % 7 not in (2, 3) and not 60 < number < 75]


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """H.264 with three kinds of order, and with holes in time; in MP4 and in Matroska."""
    folder = tmp_path_factory.mktemp("skipping")
    made = {
        "few": write_video(folder / "few.mp4", steady(150)),
        "pyramid": write_video(folder / "pyramid.mp4", steady(150), options={"bf": "7", "b-adapt": "0"}, gop=60),
        "none": write_video(folder / "none.mp4", steady(150), options={"bf": "0"}),
        "holes": write_video(folder / "holes.mp4", HOLES, options={"bf": "5", "b-adapt": "0"}),
    }
    for name, path in list(made.items()):
        made[f"{name} mkv"] = folder / f"{name}.mkv"
        ffmpeg("-i", path, "-c", "copy", made[f"{name} mkv"])
    return made


def sampled(path, fps, *stretches):
    with VideoReader(media_of(path), fps) as reader:
        return [frame for stretch in stretches for frame in reader.frames(stretch)]


@pytest.mark.parametrize("fps", [1.0, 4.0, 7.3, 25.0, 50.0])
@pytest.mark.parametrize(
    "name", [f"{kind}{end}" for kind in ("few", "pyramid", "none", "holes") for end in ("", " mkv")]
)
def test_the_sampled_pictures_are_those_of_a_full_decode(clips, monkeypatch, name, fps):
    stretches = (Interval(Fraction(3), Fraction(8)), Interval(Fraction(0), Fraction(3)))  # once after a seek
    quick = sampled(clips[name], fps, *stretches)
    monkeypatch.setattr(pictures, "can_skip", lambda *_: False)
    full = sampled(clips[name], fps, *stretches)
    assert [frame.time for frame in quick] == [frame.time for frame in full]
    assert all(np.array_equal(a.image, b.image) for a, b in zip(quick, full, strict=True))


@pytest.mark.parametrize(("name", "most"), [("few", 0.75), ("pyramid", 0.7), ("few mkv", 0.75), ("none", 1)])
def test_pictures_that_are_not_sampled_and_not_referred_to_are_not_decoded(clips, name, most):
    media = media_of(clips[name])
    decoded = [len(list(PictureStream(media, rate))) for rate in (Fraction(4), None)]
    assert decoded[1] == 150
    assert decoded[0] <= most * decoded[1]


def test_packets_that_may_be_half_a_picture_are_all_decoded(clips, tmp_path):
    ffmpeg("-i", clips["few"], "-c", "copy", tmp_path / "few.ts")
    assert len(list(PictureStream(media_of(tmp_path / "few.ts"), Fraction(4)))) == 150


def packet(pts, dts, **other):
    return SimpleNamespace(pts=pts, dts=dts, **{"is_corrupt": False, "is_discard": False, **other})


def needed(packets, rate=1, first_pts=None):
    """The display times, in tenths of a second, of the packets whose pictures are needed."""
    outlook = Outlook(Fraction(rate), lambda pts: Fraction(pts, 10), first_pts)
    found = list(outlook.look(packets))
    assert [one for one, _ in found] == packets
    return [one.pts for one, is_needed in found if is_needed]


class TestOutlook:
    def test_a_picture_that_is_decoded_late_may_be_the_first_of_its_slot(self):
        assert needed([packet(0, -2), packet(14, 2), packet(7, 5), packet(11, 8), packet(25, 15)]) == [0, 11, 25]

    def test_what_is_shown_before_the_first_picture_is_not_the_first_of_a_slot(self):
        assert needed([packet(12, 8), packet(10, 9), packet(14, 13)], first_pts=12) == [12]

    def test_what_the_container_hides_is_not_the_first_of_a_slot(self):
        assert needed([packet(0, -2, is_discard=True), packet(1, -1), packet(2, 1)]) == [1]

    def test_decoding_times_may_begin_late(self):
        assert needed([packet(0, None), packet(4, None), packet(2, 0), packet(11, 4)]) == [0, 11]

    @pytest.mark.parametrize(
        "odd",
        [packet(None, 3), packet(4, None), packet(3, 4), packet(5, 2), packet(2, 2), packet(5, 3, is_corrupt=True)],
        ids=["no display time", "no decoding time", "shown too early", "order", "twice", "damaged"],
    )
    def test_from_times_that_do_not_fit_on_every_picture_is_needed(self, odd):
        before = [packet(0, 0), packet(1, 1), packet(2, 2)]
        after = [packet(6, 6), packet(7, 7), packet(8, 8)]
        assert needed([*before, odd, *after])[-4:] == [odd.pts, 6, 7, 8]

    def test_no_more_is_read_ahead_than_any_encoder_needs(self):
        endless = (packet(number, None) for number in range(10**9))
        first = next(iter(Outlook(Fraction(1), Fraction, None).look(endless)))
        assert first[1]
        assert next(endless).pts <= MOST_WAITING + 2
