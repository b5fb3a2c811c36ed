"""Probing: facts, clock and choice of streams, on media made here; the truth is what was written into them."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from support.makemedia import ffmpeg, make_picture, make_sound, make_video
from unmask.errors import MediaError
from unmask.ingest import ingest
from unmask.settings import Settings
from unmask.types import Media


def probed(path: Path, **settings: float) -> Media:
    return ingest(path, path.parent / "work", Settings(**settings))


def near(a: Fraction, b: float, slack: float = 0.003) -> bool:
    return abs(float(a) - b) <= slack


def first_shown(media: Media, kind: str) -> Fraction:
    """Media time of the first frame that libav gives, by the contract of `Media.origin`."""
    with av.open(str(media.path)) as container:
        frame = next(container.decode(**{kind: 0}))
        return frame.pts * frame.time_base - media.origin


def test_everything_a_video_says_is_filled_in(tmp_path: Path) -> None:
    path = make_video(tmp_path / "clip.mp4", seconds=2, tags={"title": "A title"})
    media = probed(path)
    assert (media.kind, media.container, media.name) == ("video", "mp4", "clip.mp4")
    assert media.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert media.size == path.stat().st_size
    assert (media.duration, media.origin, media.notes) == (2, 0, ())
    assert media.bit_rate == media.size * 4
    video, audio = media.video, media.audio
    assert video is not None and audio is not None
    assert (video.codec, video.pixel_format, video.width, video.height) == ("h264", "yuv420p", 160, 120)
    assert (video.frame_rate, video.variable_frame_rate, video.frames) == (25.0, False, 50)
    assert (video.start, video.duration, video.rotation) == (0, 2, 0)
    assert (audio.codec, audio.sample_rate, audio.channels) == ("aac", 16_000, 1)
    assert (audio.start, audio.duration) == (0, 2)
    assert video.bit_rate is not None and audio.bit_rate is not None
    assert video.bit_rate + audio.bit_rate < (media.bit_rate or 0)
    assert media.tags["title"] == "A title" and media.tags["major_brand"] == "isom"
    assert media.tags["video.handler_name"] == "VideoHandler"


CONTAINERS = {
    "mp4": ("libx264", "aac", "mp4"),
    "mov": ("libx264", "aac", "mov"),
    "mkv": ("libx264", "aac", "matroska"),
    "webm": ("libvpx", "libopus", "webm"),
    "ts": ("libx264", "aac", "mpegts"),
    "flv": ("libx264", "aac", "flv"),
    "mpg": ("mpeg1video", "mp2", "mpeg"),
}


@pytest.mark.parametrize("suffix", CONTAINERS)
def test_every_video_container_gives_the_same_facts(suffix: str, tmp_path: Path) -> None:
    codec, audio_codec, container = CONTAINERS[suffix]
    media = probed(make_video(tmp_path / f"clip.{suffix}", codec=codec, audio_codec=audio_codec))
    assert (media.kind, media.container) == ("video", container)
    assert media.video is not None and media.audio is not None
    assert (media.video.frames, media.video.frame_rate, media.video.variable_frame_rate) == (25, 25.0, False)
    assert near(media.video.duration, 1.0, 0.002)
    assert near(media.audio.duration, 1.0, 0.1)
    assert min(media.video.start, media.audio.start) == 0
    assert first_shown(media, "video") == media.video.start
    assert first_shown(media, "audio") == media.audio.start


SOUNDS = {
    "wav": "pcm_s16le",
    "mp3": "libmp3lame",
    "flac": "flac",
    "ogg": "libopus",
    "m4a": "aac",
    "aac": "aac",
    "aiff": "pcm_s16be",
    "caf": "pcm_s16be",
    "mka": "aac",
}


@pytest.mark.parametrize("suffix", SOUNDS)
def test_every_sound_container_is_taken(suffix: str, tmp_path: Path) -> None:
    media = probed(make_sound(tmp_path / f"sound.{suffix}", codec=SOUNDS[suffix]))
    assert (media.kind, media.video) == ("audio", None)
    assert media.audio is not None and media.audio.start == 0
    assert near(media.duration, 1.0, 0.1)
    assert first_shown(media, "audio") == 0


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "bmp", "tiff", "gif", "avif"])
def test_a_still_picture_is_an_image_without_time(suffix: str, tmp_path: Path) -> None:
    media = probed(make_picture(tmp_path / f"still.{suffix}"))
    assert (media.kind, media.duration, media.bit_rate, media.audio) == ("image", 0, None, None)
    assert media.video is not None
    assert (media.video.width, media.video.height, media.video.frames) == (64, 48, 1)
    assert (media.video.frame_rate, media.video.variable_frame_rate) == (None, None)


@pytest.mark.parametrize(("orientation", "rotation"), [(1, 0), (3, 180), (6, 90), (8, 270)])
def test_the_orientation_of_a_photograph_is_its_rotation(orientation: int, rotation: int, tmp_path: Path) -> None:
    media = probed(make_picture(tmp_path / "photo.jpg", orientation=orientation))
    assert media.video is not None
    assert media.video.rotation == rotation
    assert (media.video.width, media.video.height) == ((48, 64) if rotation % 180 else (64, 48))


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_rotation_turns_the_decoded_frame_as_players_show_it(rotation: int, tmp_path: Path) -> None:
    path = make_video(tmp_path / "clip.mp4", rotation=rotation, audio=False)
    media = probed(path)
    assert media.video is not None and media.video.rotation == rotation
    ffmpeg("-i", path, "-frames:v", "1", tmp_path / "shown.png")  # ffmpeg turns it as players do
    with av.open(str(tmp_path / "shown.png")) as shown, av.open(str(media.path)) as stored:
        truth = next(shown.decode(video=0)).to_ndarray(format="rgb24").astype(int)
        decoded = next(stored.decode(video=0)).to_ndarray(format="rgb24").astype(int)
    assert truth.shape[:2] == (media.video.height, media.video.width)
    assert np.abs(np.rot90(decoded, -rotation // 90) - truth).mean() < 3


def test_pixels_that_are_not_square_are_displayed_as_squares(tmp_path: Path) -> None:
    media = probed(make_video(tmp_path / "clip.mp4", aspect=Fraction(4, 3), rotation=90))
    assert media.video is not None
    assert (media.video.width, media.video.height) == (120, 213)


def test_a_late_picture_starts_late_on_the_media_clock(tmp_path: Path) -> None:
    media = probed(make_video(tmp_path / "clip.mp4", start_offset=0.5, audio_offset=0))
    assert media.video is not None and media.audio is not None
    assert (media.video.start, media.audio.start) == (Fraction(1, 2), 0)
    assert media.duration == Fraction(3, 2)


def test_the_clock_starts_with_the_first_thing_shown_whatever_the_container_counts_from(tmp_path: Path) -> None:
    media = probed(make_video(tmp_path / "clip.ts", audio=False, start_offset=1.5))
    assert media.origin == Fraction(3, 2)
    assert media.video is not None and media.video.start == 0
    assert media.duration == 1


def test_what_an_edit_list_cuts_off_is_not_there(tmp_path: Path) -> None:
    source = make_video(tmp_path / "source.mp4", seconds=3, gop=50)
    ffmpeg("-ss", "1.02", "-i", source, "-c", "copy", tmp_path / "clip.mp4")
    media = probed(tmp_path / "clip.mp4")
    assert media.video is not None and media.audio is not None
    assert near(media.duration, 1.98, 0.03)
    assert media.video.frames == 49
    assert first_shown(media, "video") == media.video.start
    assert media.notes == ()


def test_the_delay_of_a_sound_encoder_is_not_part_of_the_time(tmp_path: Path) -> None:
    media = probed(make_video(tmp_path / "clip.webm", codec="libvpx", audio_codec="libopus"))
    assert (media.origin, near(media.duration, 1.0)) == (0, True)


def test_variable_and_constant_frame_rates_are_told_apart(tmp_path: Path) -> None:
    varied = probed(make_video(tmp_path / "varied.mp4", vfr=True, seconds=2))
    rounded = probed(make_video(tmp_path / "rounded.mkv", fps=Fraction(30_000, 1_001), seconds=2))
    assert varied.video is not None and rounded.video is not None
    assert varied.video.variable_frame_rate is True
    assert rounded.video.variable_frame_rate is False
    assert rounded.video.frame_rate == pytest.approx(30_000 / 1_001, abs=1e-9)


def test_an_animation_is_a_video(tmp_path: Path) -> None:
    source = make_video(tmp_path / "source.mp4", audio=False)
    ffmpeg("-i", source, tmp_path / "moving.gif")
    ffmpeg("-i", source, "-f", "apng", tmp_path / "moving.png")
    for name, container in (("moving.gif", "gif"), ("moving.png", "apng")):
        media = probed(tmp_path / name)
        assert (media.kind, media.container) == ("video", container)
        assert near(media.duration, 1.0, 0.05)


def test_the_cover_of_a_song_is_no_video(tmp_path: Path) -> None:
    sound, cover = make_sound(tmp_path / "sound.m4a", codec="aac"), make_picture(tmp_path / "cover.png")
    for suffix in ("m4a", "mp3"):
        song = tmp_path / f"song.{suffix}"
        codec = ["-c:a", "libmp3lame"] if suffix == "mp3" else ["-c:a", "copy"]
        both = ["-i", sound, "-i", cover, "-map", "0:a", "-map", "1:v"]
        ffmpeg(*both, *codec, "-c:v", "copy", "-disposition:v:0", "attached_pic", song)
        media = probed(song)
        assert (media.kind, media.video) == ("audio", None)


def test_the_default_streams_are_examined(tmp_path: Path) -> None:
    small = make_video(tmp_path / "small.mp4", size=(64, 48))
    large = make_video(tmp_path / "large.mp4", size=(320, 240))
    both = ["-i", large, "-i", small, "-map", "0", "-map", "1", "-c", "copy"]
    ffmpeg(*both, "-disposition:v:0", "0", "-disposition:v:1", "default", tmp_path / "both.mkv")
    media = probed(tmp_path / "both.mkv")
    assert media.video is not None and media.video.width == 64
    assert any("2 video streams" in note for note in media.notes)


def test_a_duration_that_no_header_states_is_that_of_the_packets(tmp_path: Path) -> None:
    path = make_video(tmp_path / "clip.webm", codec="libvpx", audio_codec="libopus", seconds=2)
    # A browser's recorder writes to a stream: no duration and no index.
    recorded = tmp_path / "recorded.webm"
    ffmpeg("-i", path, "-c", "copy", "-live", "1", recorded)
    with av.open(str(recorded)) as container:
        assert container.duration is None
    media = probed(recorded)
    assert near(media.duration, 2.0, 0.02)
    assert media.notes == ()


def test_a_fragmented_file_is_measured_whole(tmp_path: Path) -> None:
    source = make_video(tmp_path / "source.mp4", seconds=3)
    ffmpeg("-i", source, "-c", "copy", "-movflags", "frag_keyframe+empty_moov", tmp_path / "clip.mp4")
    media = probed(tmp_path / "clip.mp4")
    assert media.video is not None
    assert (media.video.frames, media.notes) == (75, ())
    assert near(media.duration, 3.0, 0.1)


def test_a_file_cut_in_its_middle_ends_where_its_data_ends(tmp_path: Path) -> None:
    path = make_video(tmp_path / "clip.mp4", seconds=4, gop=12)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    media = probed(path)
    assert Fraction(1) < media.duration < Fraction(3)
    assert len(media.notes) == 2


def test_the_name_given_is_shown_and_the_file_lies_elsewhere(tmp_path: Path) -> None:
    path = make_picture(tmp_path / "still.png")
    media = ingest(path, tmp_path / "work", Settings(), name="../../etc/\x1b[31mpasswd")
    assert media.name == "[31mpasswd"
    assert media.path.parent == tmp_path / "work"
    assert media.path.name == "media"


def test_the_same_file_gives_the_same_media(tmp_path: Path) -> None:
    path = make_video(tmp_path / "clip.mkv", vfr=True)
    assert probed(path) == probed(path)


@pytest.mark.parametrize("seed", range(60))
def test_flipped_bits_end_in_a_media_or_a_coded_error(seed: int, tmp_path: Path) -> None:
    suffix = ("mp4", "mkv", "ts", "mov")[seed % 4]
    path = make_video(tmp_path / f"clip.{suffix}", seconds=0.4, size=(64, 48))
    data = bytearray(path.read_bytes())
    draw = np.random.default_rng(seed)
    start = data.find(b"moov") if seed % 8 == 0 else 0
    for at in draw.integers(start, min(len(data), start + 1_500), 6):
        data[at] ^= 1 << int(draw.integers(8))
    path.write_bytes(data)
    try:
        media = probed(path)
    except MediaError as error:
        assert error.code not in {"internal", "bad_media"}
    else:
        assert media.duration > 0
