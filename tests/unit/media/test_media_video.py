import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from support.makers import ffmpeg
from support.makevideo import media_of, number_of, steady, write_video
from unmask.errors import DecodeFailed
from unmask.media.shards import plan
from unmask.media.video import VideoReader, frames_at
from unmask.types import Interval


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("video")


@pytest.fixture(scope="module")
def clip(folder):
    return write_video(folder / "clip.mp4", steady(200))


def sample(media, seconds=30.0, fps=4.0, backwards=False):
    with VideoReader(media, fps) as reader:
        shards = plan(media, seconds, fps)
        frames = [frame for shard in (shards[::-1] if backwards else shards) for frame in reader.frames(shard)]
    return sorted(frames, key=lambda frame: frame.time)


def first_of_slots(times, fps=4):
    taken, slots = [], set()
    for number, time in enumerate(times):
        if time * fps // 1 not in slots:
            slots.add(time * fps // 1)
            taken.append((time, number))
    return taken


def seen(frames):
    return [(frame.time, number_of(frame.image)) for frame in frames]


def same(some, others):
    return len(some) == len(others) and all(
        a.time == b.time and np.array_equal(a.image, b.image) for a, b in zip(some, others, strict=True)
    )


def test_sampled_frames_show_what_belongs_to_their_time(clip):
    assert seen(sample(media_of(clip))) == first_of_slots(steady(200))


@pytest.mark.parametrize("container", ["mp4", "mkv", "ts", "flv", "avi", "mpg", "h264"])
def test_the_same_frames_whatever_the_shards_and_their_order(folder, clip, container):
    path = folder / f"shards.{container}"
    ffmpeg("-i", clip, *([] if container == "mpg" else ["-c", "copy"]), path)
    media = media_of(path)
    whole = sample(media)
    assert len(whole) >= 31 or container == "h264"
    for seconds in (1.0, 3.0):
        assert same(sample(media, seconds), whole)
        assert same(sample(media, seconds, backwards=True), whole)


@pytest.mark.parametrize("container", ["mkv", "ts", "flv"])
def test_exact_times_in_other_containers(folder, clip, container):
    path = folder / f"times.{container}"
    ffmpeg("-i", clip, "-c", "copy", path)
    assert seen(sample(media_of(path))) == first_of_slots(steady(200))


def test_open_groups_of_pictures_are_the_same_after_a_seek(folder):
    path = write_video(folder / "open.mp4", steady(150), gop=30, options={"x264-params": "open-gop=1", "bf": "3"})
    media = media_of(path)
    assert same(sample(media, 1.0, backwards=True), sample(media))


@pytest.mark.data
@pytest.mark.slow
def test_a_seek_past_what_only_the_first_packet_tells_changes_nothing():
    data = Path(os.environ.get("UNMASK_DATA", Path(__file__).parents[4] / "shared" / "data"))
    clips = sorted((data / "clips").glob("*/ffpp/*Face2Face*750_743.mp4"))
    if not clips:
        pytest.skip("the research data is not there")
    media = media_of(clips[0])
    late = Interval(Fraction(9), Fraction(19, 2))
    with VideoReader(media, 4) as reader:
        found = list(reader.frames(late))
    assert len(found) == 2
    assert same(found, [frame for frame in sample(media, 100.0) if late.start <= frame.time < late.end])


def test_variable_frame_rate_keeps_every_time(folder):
    times, time = [], Fraction(0)
    for number in range(120):
        times.append(time)
        time += Fraction(1, 50) if number % 20 < 15 else Fraction(3, 10)
    path = write_video(folder / "vfr.mp4", times)
    assert seen(sample(media_of(path))) == first_of_slots(times)


def test_every_frame_of_a_slow_video_is_used(folder):
    path = write_video(folder / "slow.mp4", steady(12, rate=2))
    assert seen(sample(media_of(path))) == [(time, number) for number, time in enumerate(steady(12, rate=2))]


def test_a_start_offset_is_on_the_media_clock(folder, clip):
    path = folder / "offset.mkv"
    ffmpeg("-f", "lavfi", "-i", "sine=duration=8", "-itsoffset", "1.5", "-i", clip, "-c:v", "copy", path)
    media = media_of(path)
    assert seen(sample(media)) == first_of_slots(steady(200, start=Fraction(3, 2)))


def test_what_an_edit_list_cuts_away_is_not_seen(folder, clip):
    path = folder / "edit.mp4"
    ffmpeg("-ss", "2.1", "-i", clip, "-c", "copy", path)
    frames = sample(media_of(path))
    assert min(frame.time for frame in frames) >= 0
    assert min(number for _, number in seen(frames)) == 53  # the first frame at or after 2.1 s
    assert same(sample(media_of(path), 1.0, backwards=True), frames)


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_pictures_are_upright(folder, clip, rotation):
    path = folder / f"rotated{rotation}.mp4"
    ffmpeg("-display_rotation", -rotation, "-i", clip, "-c", "copy", path)
    upright = sample(media_of(clip))[3].image
    turned = sample(media_of(path, rotation=rotation))[3].image
    assert np.array_equal(turned, np.rot90(upright, -rotation // 90))


def test_pixels_are_made_square(folder, clip):
    path = folder / "anamorphic.mp4"
    ffmpeg("-i", clip, "-c", "copy", "-bsf:v", "h264_metadata=sample_aspect_ratio=2/1", "-aspect", "320:96", path)
    assert sample(media_of(path))[0].image.shape == (96, 320, 3)


def test_large_pictures_are_scaled_down(folder):
    path = write_video(folder / "large.mp4", steady(4), size=(2560, 1440), options={"preset": "ultrafast"})
    with VideoReader(media_of(path), 4) as reader:
        frames = list(reader.frames(Interval(Fraction(0), Fraction(1))))
        assert reader.scale == pytest.approx(2560 / 1920)
    assert frames[0].image.shape == (1080, 1920, 3)
    assert number_of(frames[0].image) == 0


def test_a_change_of_size_in_mid_stream_keeps_the_coordinates(folder):
    small = write_video(folder / "small.ts", steady(50))
    large = write_video(folder / "big.ts", steady(50, start=Fraction(2)), size=(320, 192))
    path = folder / "sizes.ts"
    path.write_bytes(small.read_bytes() + large.read_bytes())
    frames = sample(media_of(path))
    assert {frame.image.shape for frame in frames} == {(96, 160, 3)}
    assert len(frames) >= 14


def test_damaged_packets_are_skipped_and_counted(folder, clip):
    data = bytearray(clip.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 3000] = bytes(range(250)) * 12
    path = folder / "damaged.mp4"
    path.write_bytes(data)
    with VideoReader(media_of(path), 4) as reader:
        frames = [f for shard in plan(media_of(path), 30, 4) for f in reader.frames(shard)]
        assert reader.damaged > 0
    good = dict(first_of_slots(steady(200)))
    assert len(frames) >= 16
    assert all(number_of(frame.image) == good[frame.time] for frame in frames if frame.time in good)
    assert not [frame for frame in frames if Fraction(5) < frame.time < Fraction(7)]
    assert same(sample(media_of(path), 1.0), frames)


def test_nothing_but_damage_is_a_failure(folder, clip):
    data = bytearray(clip.read_bytes())
    begin = data.index(b"mdat") + 4
    end = data.index(b"moov") - 4
    data[begin:end] = b"\xff" * (end - begin)
    path = folder / "ruined.mp4"
    path.write_bytes(data)
    with VideoReader(media_of(path), 4) as reader, pytest.raises(DecodeFailed):
        list(reader.frames(Interval(Fraction(0), Fraction(8))))


def test_missing_timestamps_are_derived_and_said(folder, clip):
    path = folder / "raw.h264"
    ffmpeg("-i", clip, "-c", "copy", path)
    with VideoReader(media_of(path), 4) as reader:
        frames = list(reader.frames(Interval(Fraction(0), Fraction(9))))
        assert reader.notes == ("timestamps_missing",)
    assert seen(frames) == first_of_slots(steady(200))


def test_an_abandoned_shard_does_not_disturb_the_next(clip):
    media = media_of(clip)
    whole = sample(media)
    with VideoReader(media, 4) as reader:
        next(reader.frames(Interval(Fraction(0), Fraction(4))))
        rest = list(reader.frames(Interval(Fraction(4), Fraction(9))))
    assert same(rest, [frame for frame in whole if frame.time >= 4])


@pytest.mark.parametrize("container", ["mp4", "mkv", "avi", "ts", "h264"])
def test_frames_come_again_with_identical_pixels(folder, clip, container):
    path = folder / f"again.{container}"
    ffmpeg("-i", clip, "-c", "copy", path)
    media = media_of(path)
    with VideoReader(media, 4) as reader:
        whole = list(reader.frames(Interval(Fraction(0), Fraction(9))))
    chosen = [whole[k] for k in (1, 2, 17, 27, 30)]
    assert same(list(frames_at(media, [f.time for f in reversed(chosen)])), chosen)


def test_a_time_without_a_frame_is_refused(clip):
    with pytest.raises(DecodeFailed, match=r"no frame at 1\.010"):
        list(frames_at(media_of(clip), [Fraction(101, 100)]))


def test_a_still_picture_is_one_upright_frame(folder):
    from PIL import Image

    path = folder / "still.jpg"
    image = Image.fromarray(np.tile(np.linspace(0, 255, 120, dtype=np.uint8)[None, :, None], (80, 1, 3)))
    exif = image.getexif()
    exif[0x0112] = 6  # to be shown turned by 90 degrees clockwise
    image.save(path, exif=exif)
    media = media_of(path, kind="image")
    (frame,) = sample(media)
    assert frame.time == 0
    assert frame.image.shape == (120, 80, 3)
    assert frame.image[10].mean() < 60 < 200 < frame.image[-10].mean()
    assert same(list(frames_at(media, [Fraction(0)])), [frame])
