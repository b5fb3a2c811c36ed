"""The annotated film: every picture at its time with what was found drawn on it, and the sound."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from support import fakeresult as fake
from support.makers import make_video
from support.makevideo import media_of, number_of, steady, write_video
from unmask.language import ENGLISH, translate
from unmask.report.film.annotated import Annotations, stretch_shown, write_annotated
from unmask.report.film.faces import colour_of, draw_face
from unmask.report.film.panel import HIT, Panel
from unmask.report.film.tracks import FaceTrack, HeatStretch, Seen
from unmask.result import Result
from unmask.types import Box, FaceObservation, Interval, Track

SLOT = Fraction(1, 4)
POINTS = np.array([[40, 40], [60, 40], [50, 52], [42, 64], [58, 64]], np.float32)


def sighting(time: Fraction, x: float) -> FaceObservation:
    return FaceObservation(
        key=(time, 0),
        box=Box(x, 30, 40, 44),
        confidence=0.9,
        points=POINTS + np.array([x, 0], np.float32),
        descriptor=np.ones(4, np.float32) / 2,
        size=40.0,
        sharpness=1.0,
        brightness=1.0,
        yaw=0.0,
    )


@pytest.fixture
def face() -> FaceTrack:
    seen = [sighting(Fraction(k, 4), 10.0 * k) for k in range(5)]
    return FaceTrack(Track("person-1", tuple(seen)), {(Fraction(k, 4), 0): 0.1 + 0.2 * k for k in range(5)})


@pytest.fixture
def result(tmp_path: Path) -> Result:
    plain = fake.not_assessable(tmp_path)
    media = plain.media.model_copy(update={"duration": 4.0})
    found = [fake.segment(1, 2, "voice", "voice", 0.91)]
    return plain.model_copy(
        update={"media": media, "segments": found, "verdict": fake.verdict("likely_manipulated", 2.0, (0.7, 0.95))}
    )


def film(path: Path) -> tuple[list[np.ndarray], list[Fraction]]:
    with av.open(str(path)) as source:
        frames = list(source.decode(video=0))
    return [f.to_ndarray(format="rgb24") for f in frames], [f.pts * f.time_base for f in frames]


def test_a_face_moves_evenly_between_two_sightings(face: FaceTrack) -> None:
    seen = face.at(Fraction(3, 8), SLOT)
    assert seen is not None
    assert seen.box.tolist() == pytest.approx([15, 30, 40, 44])
    assert seen.points[0].tolist() == pytest.approx([55, 40])
    assert face.at(Fraction(1, 4), SLOT).probability == pytest.approx(0.3)


def test_a_face_is_not_drawn_before_it_comes_or_after_it_went(face: FaceTrack) -> None:
    assert face.at(Fraction(-1, 100), SLOT) is None
    assert face.at(Fraction(5, 4) - Fraction(1, 100), SLOT) is not None
    assert face.at(Fraction(5, 4), SLOT) is None


def test_a_face_that_was_away_for_long_does_not_glide_back() -> None:
    track = Track("person-1", (sighting(Fraction(0), 0), sighting(Fraction(5), 100)))
    face = FaceTrack(track, {})
    assert face.at(Fraction(1, 8), SLOT).box[0] == 0
    assert face.at(Fraction(2), SLOT) is None


def test_sightings_are_picked_evenly_within_the_stretches(face: FaceTrack) -> None:
    assert [t for t, _ in face.sightings([(0.25, 1.0)], 10)] == [Fraction(k, 4) for k in (1, 2, 3)]
    assert [t for t, _ in face.sightings([(0.0, 9.0)], 3)] == [0, Fraction(1, 2), 1]
    assert face.sightings([(0.0, 9.0)], 0) == []


def test_heat_lasts_as_long_as_the_finding_and_changes_evenly(face: FaceTrack) -> None:
    low, high = np.zeros((4, 4), np.float32), np.ones((4, 4), np.float32)
    hot = face.with_heats(
        [HeatStretch(0.2, 0.8, {Fraction(1, 4): low, Fraction(3, 4): high}), HeatStretch(0.9, 1.1, {Fraction(1): high})]
    )
    assert hot.at(Fraction(19, 100), SLOT).heat is None
    assert hot.at(Fraction(1, 5), SLOT).heat.max() == 0  # before the first map of the stretch, that one
    assert hot.at(Fraction(3, 8), SLOT).heat.mean() == pytest.approx(0.25)
    assert hot.at(Fraction(1, 2), SLOT).heat.mean() == pytest.approx(0.5)  # a sighting that has no map of its own
    assert hot.at(Fraction(79, 100), SLOT).heat.min() == 1
    assert hot.at(Fraction(4, 5), SLOT).heat is None
    assert hot.at(Fraction(1), SLOT).heat.min() == 1
    assert face.at(Fraction(1, 2), SLOT).heat is None


def test_colours_of_scores_differ_in_lightness_and_an_unscored_face_is_grey() -> None:
    light = [np.dot(colour_of(p), [0.299, 0.587, 0.114]) for p in (0.1, 0.7, 1.0)]
    assert light[1] - light[0] > 15
    assert light[1] - light[2] > 40
    red, green, blue = colour_of(None)
    assert max(red, green, blue) - min(red, green, blue) < 20


def test_heat_stays_inside_the_face_that_it_belongs_to() -> None:
    image = np.full((240, 320, 3), 90, np.uint8)
    heat = np.ones((64, 64), np.float32)
    box = np.array([60, 60, 80, 88], np.float32)
    draw_face(image, Seen("person-1", box, POINTS * 2 + 20, 0.9, heat), 1.0, ENGLISH)
    changed = np.argwhere((image != 90).any(axis=2))
    assert changed.min(axis=0).tolist() >= [0, 0]
    assert (image[:, 250:] == 90).all()
    assert (image[110, 100] != 90).any()


def test_under_heat_the_face_is_grey_and_beside_it_as_it_was() -> None:
    image = np.full((240, 320, 3), (200, 90, 40), np.uint8)
    heat = np.zeros((64, 64), np.float32)
    heat[:16] = 1.0
    box = np.array([60, 60, 80, 88], np.float32)
    draw_face(image, Seen("person-1", box, POINTS * 2 + 20, 0.9, heat), 1.0, ENGLISH)
    spread = image.max(axis=2).astype(int) - image.min(axis=2)
    assert spread[112, 120] < 60  # in the face, where there is no heat
    assert (image[:, 250:] == (200, 90, 40)).all()


def test_a_face_at_the_edge_of_the_picture_is_drawn_without_a_fault() -> None:
    image = np.zeros((100, 100, 3), np.uint8)
    for place in (-60.0, 90.0, 400.0):
        seen = Seen(
            "person-1", np.array([place, place, 50, 50], np.float32), POINTS + place, None, np.ones((8, 8), np.float32)
        )
        draw_face(image, seen, 1.0, ENGLISH)


def test_the_film_shows_every_picture_at_its_time_and_keeps_the_sound(
    result: Result, face: FaceTrack, tmp_path: Path
) -> None:
    video = make_video(tmp_path / "v.mp4", seconds=4, size=(480, 270), fps=25)
    write_annotated(media_of(video), Annotations(result, [face], SLOT, ENGLISH), tmp_path / "a.mp4", 60)
    images, times = film(tmp_path / "a.mp4")
    assert len(images) == 100
    assert times[:3] == [0, Fraction(1, 25), Fraction(2, 25)]
    assert images[0].shape[1] == 480
    assert images[0].shape[0] > 270
    with av.open(str(tmp_path / "a.mp4")) as source:
        sound = np.concatenate([f.to_ndarray() for f in source.decode(audio=0)], axis=1)
        rate = source.streams.audio[0].rate
    assert sound.shape[1] / rate == pytest.approx(4.0, abs=0.05)
    assert np.abs(sound).max() > 0.05


def test_numbered_pictures_stand_where_they_were(result: Result, tmp_path: Path) -> None:
    media = media_of(write_video(tmp_path / "v.mp4", steady(100), size=(480, 288)))
    write_annotated(media, Annotations(result, [], SLOT, ENGLISH), tmp_path / "a.mp4", 60)
    images, _ = film(tmp_path / "a.mp4")
    assert [number_of(image[:288]) for image in images] == list(range(100))


def test_of_a_long_media_the_part_around_the_strongest_stretch_is_shown(result: Result, tmp_path: Path) -> None:
    long = result.model_copy(update={"media": result.media.model_copy(update={"duration": 1000.0})})
    weak, strong = fake.segment(100, 110, "face", "a", 0.8), fake.segment(700, 720, "face", "a", 0.9)
    assert stretch_shown(long.model_copy(update={"segments": [weak, strong]}), 60) == Interval(
        Fraction(680), Fraction(740)
    )
    assert stretch_shown(long.model_copy(update={"segments": []}), 60) == Interval(Fraction(0), Fraction(60))
    late = fake.segment(990, 999, "face", "a", 0.9)
    assert stretch_shown(long.model_copy(update={"segments": [late]}), 60).end == 1000
    assert stretch_shown(result, 60) == Interval(Fraction(0), Fraction(4))

    media = media_of(write_video(tmp_path / "v.mp4", steady(100), size=(480, 288)))
    shown = write_annotated(media, Annotations(result, [], SLOT, ENGLISH), tmp_path / "a.mp4", 2)
    images, _ = film(tmp_path / "a.mp4")
    assert shown == Interval(Fraction(1, 2), Fraction(5, 2))
    assert [number_of(image[:288]) for image in images] == list(range(12, 62))  # the one shown at 0.5 s began at 0.48


def test_the_panel_names_the_finding_while_it_lasts_and_its_hand_moves(result: Result) -> None:
    panel = Panel(result, ENGLISH, 640)
    before, during, later = (panel.at(t) for t in (0.2, 1.5, 3.9))
    words = slice(0, panel._top - 6)
    assert (before[words] != during[words]).any()
    assert (before[words] == later[words]).all()
    assert (before != later).any()
    assert panel.height % 2 == 0
    assert (during == HIT).all(axis=2).any()


def test_arabic_is_written_from_the_right(result: Result) -> None:
    image = Panel(result, translate("ar"), 640).at(0.1)
    line = (image[4:24] > 100).any(axis=2).any(axis=0)
    assert line[-60:].any()
    assert not line[:60].any()
