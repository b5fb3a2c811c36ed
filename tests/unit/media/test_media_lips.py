from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from support.makers import ffmpeg
from unmask.ingest import ingest
from unmask.media import lips
from unmask.media.lips import BEYOND, LENGTH, MARGIN
from unmask.media.mouthruns import Piece, chain
from unmask.media.mouths import Mouth
from unmask.media.read import MediaReader
from unmask.media.shards import plan
from unmask.models import sync_net as net
from unmask.settings import Settings
from unmask.types import SAMPLE_RATE

CLIP = Path(__file__).parents[3] / "samples" / "manipulated.mp4"
"""15.2 s of one face; its mouth moves from 4.0 to 11.4 s, somebody speaks nearly all the time."""


@pytest.fixture(scope="module")
def media(tmp_path_factory):
    return ingest(CLIP, tmp_path_factory.mktemp("lips"), Settings())


def read(media, shard_seconds=30.0, fps=4.0):
    settings = Settings(fps=fps)
    with MediaReader(media, settings, lips=True) as reader:
        return [reader.read(shard) for shard in plan(media, shard_seconds, fps)]


def windows(media, shard_seconds=30.0, fps=4.0):
    return [window for samples in read(media, shard_seconds, fps) for window in samples.mouths]


@pytest.fixture(scope="module")
def whole(media):
    return windows(media)


def same(one, other):
    arrays = zip((one.crops, one.outlines, one.sound), (other.crops, other.outlines, other.sound), strict=True)
    return (one.face, one.start, one.end) == (other.face, other.start, other.end) and all(
        np.array_equal(a, b) for a, b in arrays
    )


def test_a_window_holds_what_the_network_takes():
    assert LENGTH == net.WINDOW + 2 * net.EDGE
    assert (MARGIN, BEYOND) == (net.EDGE, net.REACH)


def test_there_is_a_window_every_second(whole, media):
    assert [w.start for w in whole] == list(range(11))
    for window in whole:
        assert window.end - window.start == Fraction(LENGTH, 25)
        assert window.crops.shape == (LENGTH, 80, 80) and window.outlines.shape == (LENGTH, 45, 2)
        assert len(window.sound) == (LENGTH + 2 * BEYOND) * SAMPLE_RATE // 25


def test_windows_that_overlap_share_what_they_show_and_sound_lies_where_it_is_heard(whole, media):
    step, per_tick = 25, SAMPLE_RATE // 25
    assert np.array_equal(whole[3].crops[step:], whole[4].crops[:-step])
    assert np.shares_memory(whole[3].crops, whole[4].crops)
    sound = read(media)[0].sound.samples
    at = (5 * 25 - BEYOND) * per_tick
    assert np.array_equal(whole[5].sound, sound[at : at + len(whole[5].sound)])
    assert not whole[0].sound[: BEYOND * per_tick].any()
    assert np.array_equal(whole[0].sound[BEYOND * per_tick :][:1000], sound[:1000])


@pytest.mark.parametrize("seconds", [2.5, 5.0, 7.3])
def test_shards_of_any_length_give_the_same_windows(media, whole, seconds):
    parts = windows(media, seconds)
    assert len(parts) == len(whole)
    assert all(same(a, b) for a, b in zip(parts, whole, strict=True))


def test_every_shard_owns_the_windows_that_start_in_it(media):
    for samples in read(media, 5.0):
        assert all(samples.shard.start <= w.start < samples.shard.end for w in samples.mouths)
        faces = {face.observation.key for face in samples.faces}
        assert all(w.face in faces for w in samples.mouths)


def test_fewer_frames_a_second_still_give_windows_on_a_fixed_grid(media):
    found = windows(media, fps=2.5)
    assert len(found) > 8
    assert all(w.start % Fraction(4, 5) == 0 for w in found)


def test_without_a_detector_that_needs_lips_none_are_read(media):
    with MediaReader(media, Settings()) as reader:
        assert reader.read(plan(media, 30.0, 4.0)[0]).mouths == ()


def test_of_a_long_media_evenly_spread_cells_are_read(media, monkeypatch):
    monkeypatch.setattr(lips, "FOLLOWED", Fraction(8))
    monkeypatch.setattr(lips, "CELL", Fraction(3))
    assert [w.start for w in windows(media)] == [0, 1, 2, 6, 7, 8]
    assert [w.start for w in windows(media, 5.0)] == [0, 1, 2, 6, 7, 8]


def test_where_nobody_is_heard_nothing_is_read(tmp_path):
    ffmpeg("-i", CLIP, "-af", "volume=0", "-c:v", "copy", "-t", "6", tmp_path / "mute.mp4")
    assert windows(ingest(tmp_path / "mute.mp4", tmp_path / "work", Settings())) == []


def test_a_short_clip_is_one_shorter_window(tmp_path):
    ffmpeg("-ss", "5", "-i", CLIP, "-t", "3.2", tmp_path / "short.mp4")
    (found,) = windows(ingest(tmp_path / "short.mp4", tmp_path / "work", Settings()))
    assert found.start == 0
    assert 75 <= len(found.crops) <= 80 and len(found.outlines) == len(found.crops)
    assert len(found.sound) == (len(found.crops) + 2 * BEYOND) * SAMPLE_RATE // 25


def test_a_clip_of_a_second_has_no_window(tmp_path):
    ffmpeg("-ss", "5", "-i", CLIP, "-t", "1.5", tmp_path / "blink.mp4")
    assert windows(ingest(tmp_path / "blink.mp4", tmp_path / "work", Settings())) == []


def test_no_window_reaches_over_a_cut(tmp_path):
    shift = "split[a][b];[a]trim=0:6.4[c];[b]trim=6.4:13,setpts=PTS,hflip,crop=320:240:200:60,scale=640:480[d]"
    cut = f"{shift};[c]setpts=PTS-STARTPTS[e];[d]setpts=PTS-STARTPTS[f];[e][f]concat"
    ffmpeg("-i", CLIP, "-filter_complex", cut, "-c:a", "copy", "-t", "13", tmp_path / "cut.mp4")
    found = windows(ingest(tmp_path / "cut.mp4", tmp_path / "work", Settings()))
    assert {0, 1, 2} <= {int(w.start) for w in found}
    assert not any(w.start < 6.4 < w.end for w in found)


def test_a_face_that_is_too_small_is_left_alone(media):
    with MediaReader(media, Settings(), lips=True) as reader:
        samples = reader.read(plan(media, 5.0, 4.0)[0])
        small = [replace(f, observation=replace(f.observation, size=40.0)) for f in samples.faces]
        assert reader._lips.read(samples.shard, small) == ()


def mouth(x=100.0, value=0):
    points = np.asarray([[x, 50.0], [x + 100, 150.0]], np.float32)
    crop = np.random.default_rng(value).integers(0, 255, (80, 80), np.uint8)
    return Mouth(crop, np.zeros((45, 2), np.float32), points, 100.0)


def piece(first, count=25, x=100.0, value=0):
    return Piece(first, None, [mouth(x, value) for _ in range(count)])


def spans(pieces):
    return sorted((run.first, run.end) for run in chain(pieces, lambda anchor: 25 * anchor))


def test_a_run_goes_on_where_the_next_anchor_shows_the_same_face():
    assert spans({0: [piece(0)], 1: [piece(25)], 2: [piece(50, 10)]}) == [(0, 60)]


def test_a_run_ends_where_it_was_lost_or_somebody_else_is_found():
    assert spans({0: [piece(0, 20)], 1: [piece(25)]}) == [(0, 20), (25, 50)]
    assert spans({0: [piece(0)], 1: [piece(25, x=300.0)]}) == [(0, 25), (25, 50)]
    assert spans({0: [piece(0)], 1: [piece(25, value=9)]}) == [(0, 25), (25, 50)]
    assert spans({0: [piece(0)], 2: [piece(50)]}) == [(0, 25), (50, 75)]


def test_two_faces_stay_apart_and_where_nobody_can_tell_both_end():
    side = {0: [piece(0), piece(0, x=400.0, value=3)], 1: [piece(25), piece(25, x=400.0, value=3)]}
    assert spans(side) == [(0, 50), (0, 50)]
    assert spans({0: [piece(0), piece(0, x=110.0)], 1: [piece(25)]}) == [(0, 25), (0, 25), (25, 50)]


def test_a_face_that_is_seen_too_short_for_a_window_is_one_shorter_window_wherever_shards_end(tmp_path):
    # three seconds of the face, a second of nothing, then the face again
    gap = "drawbox=enable='between(t,3.1,4.6)':color=black:t=fill"
    ffmpeg("-ss", "4", "-i", CLIP, "-t", "7.4", "-vf", gap, tmp_path / "gap.mp4")
    found = ingest(tmp_path / "gap.mp4", tmp_path / "work", Settings())
    one = windows(found)
    assert [w.start for w in one] == [0, 5]
    assert all(60 <= len(w.crops) < LENGTH for w in one)
    for seconds in (1.0, 2.5):
        assert all(same(a, b) for a, b in zip(windows(found, seconds), one, strict=True))
