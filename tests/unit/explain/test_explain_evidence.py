from __future__ import annotations

import io
import math
from dataclasses import fields, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from support import fakemedia as drawn
from support import fakeresult as fake
from unmask.explain.artifacts import Folder
from unmask.explain.choose import MOST_SUBJECTS, moments, stretch_of_sound, weightiest_windows
from unmask.explain.evidence import Built, build_evidence
from unmask.explain.faces import face_maps
from unmask.explain.inputs import EvidenceInputs, FaceTools, Tools
from unmask.result import AttributedPart, Attribution, Segment
from unmask.settings import Settings
from unmask.types import ScorePoint, Signal, Track


def inputs_of(
    tracks: list[Track], signals: list[Signal], segments: list[Segment], label: Any = "likely_manipulated"
) -> EvidenceInputs:
    return EvidenceInputs(label, tuple(tracks), tuple(map(drawn.scored, signals)), tuple(segments), drawn.SPEECH)


@pytest.fixture(scope="module")
def inputs() -> EvidenceInputs:
    first, a = drawn.face_signal("person-1", 0.14, [(10, 22, 0.93), (27, 28.5, 0.86)], 1)
    second, b = drawn.face_signal("person-2", 0.12, [], 2)
    return inputs_of(
        [first, second],
        [a, b, drawn.voice_signal(0.2, [(9, 23, 0.85)], 3)],
        [
            fake.segment(10, 22, "face", "person-1", 0.93),
            fake.segment(9, 23, "voice", "voice", 0.84),
            fake.segment(27, 28.5, "face", "person-1", 0.86),
        ],
    )


@pytest.fixture(scope="module")
def built(inputs: EvidenceInputs, tmp_path_factory: pytest.TempPathFactory) -> tuple[Built, Path]:
    folder = tmp_path_factory.mktemp("evidence")
    return build_evidence(drawn.media(), inputs, drawn.tools(), Folder(folder), Settings()), folder


def test_each_segment_gets_its_highest_face_first(inputs: EvidenceInputs) -> None:
    chosen = [m for m in moments(inputs, 2) if m.observation.key[1] == 0]
    assert [m.segment for m in chosen] == [0, 2]
    for moment in chosen:
        segment = inputs.segments[moment.segment or 0]
        inside = [p.logit for p in inputs.signals[0].signal.points if segment.start <= p.start < segment.end]
        assert moment.point.logit == max(inside)


def test_a_person_without_a_segment_is_shown_at_the_worst_moment_only(inputs: EvidenceInputs) -> None:
    chosen = [m for m in moments(inputs, 5) if m.observation.key[1] == 1]
    assert len(chosen) == 1
    assert chosen[0].segment is None
    assert chosen[0].point.logit == max(p.logit for p in inputs.signals[1].signal.points)


def test_there_is_one_picture_for_each_segment_and_person_of_the_highest_where_there_are_too_many(
    inputs: EvidenceInputs,
) -> None:
    assert [m.segment for m in moments(inputs, 6) if m.observation.key[1] == 0] == [0, 2]
    only = [m for m in moments(inputs, 1) if m.observation.key[1] == 0]
    both = [m for m in moments(inputs, 2) if m.observation.key[1] == 0]
    assert [m.point for m in only] == [max((m.point for m in both), key=lambda p: p.logit)]


def test_the_sound_is_shown_once_for_each_segment_and_where_there_is_none_at_its_highest(
    inputs: EvidenceInputs,
) -> None:
    voice = inputs.signals[2]
    (window,) = weightiest_windows(voice, inputs, 3)
    inside = [p for p in voice.signal.points if 9 <= (p.start + p.end) / 2 <= 23]
    assert window == max(inside, key=lambda p: p.logit)
    nothing = weightiest_windows(voice, replace(inputs, segments=()), 3)
    assert nothing == (max(voice.signal.points, key=lambda p: p.logit),)


def test_a_crowd_gets_maps_for_its_most_suspicious_only() -> None:
    track, signal = drawn.face_signal("person-1", 0.2, [], 3)
    crowd, signals = [], []
    for i in range(20):
        shift = tuple(replace(p, logit=p.logit + i / 4) for p in signal.points)
        crowd.append(Track(f"person-{i + 1}", track.observations))
        signals.append(replace(signal, subject=f"person-{i + 1}", points=shift))
    shown = {m.signal.signal.subject for m in moments(inputs_of(crowd, signals, []), 3)}
    assert shown == {f"person-{i}" for i in range(20 - MOST_SUBJECTS + 1, 21)}


def test_segments_come_back_in_their_order_with_evidence_of_their_own(
    inputs: EvidenceInputs, built: tuple[Built, Path]
) -> None:
    kinds = {e.id: e for e in built[0].evidence}
    assert [(s.start, s.end, s.subject) for s in built[0].segments] == [
        (s.start, s.end, s.subject) for s in inputs.segments
    ]
    for segment in built[0].segments:
        assert segment.evidence
        for number in segment.evidence:
            assert kinds[number].subject == segment.subject
            if kinds[number].kind == "heat_map":
                assert segment.start <= kinds[number].facts["time"] < segment.end
    assert "spectrogram" in {kinds[n].kind for n in built[0].segments[1].evidence}


def test_a_segment_names_the_regions_of_its_strongest_face(built: tuple[Built, Path]) -> None:
    maps = [e for e in built[0].evidence if e.kind == "heat_map" and e.facts["segment"] == [10.0, 22.0]]
    top = max(maps, key=lambda e: e.facts["logit"])
    assert built[0].segments[0].regions == top.facts["strongest"]


def test_ids_are_counted_through_and_every_file_is_there(built: tuple[Built, Path]) -> None:
    evidence, folder = built[0].evidence, built[1]
    assert [e.id for e in evidence] == [f"E{i + 1}" for i in range(len(evidence))]
    named = {path for e in evidence for path in (e.artifact, *e.facts.get("more", {}).values()) if path}
    on_disk = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert named == on_disk


def test_facts_of_a_heat_map_can_be_checked(built: tuple[Built, Path], inputs: EvidenceInputs) -> None:
    for item in (e for e in built[0].evidence if e.kind == "heat_map"):
        points = next(s for s in inputs.signals if s.signal.subject == item.subject).signal.points
        point = next(p for p in points if float(p.start) == item.facts["time"])
        assert item.facts["logit"] == pytest.approx(point.logit, abs=1e-4)
        assert item.facts["probability"] == pytest.approx(1 / (1 + math.exp(-point.logit)), abs=1e-4)
        assert sum(item.facts["regions"].values()) == pytest.approx(1.0, abs=1e-3)
        assert sum(item.facts["areas"].values()) == pytest.approx(1.0, abs=1e-3)


def test_every_map_that_is_shown_is_better_than_both_references(built: tuple[Built, Path]) -> None:
    maps = [e for e in built[0].evidence if e.kind == "heat_map"]
    assert maps
    for item in maps:
        check = item.facts["check"]
        assert check["holds"]
        better = {name: check["insertion"][name] - check["deletion"][name] for name in ("map", "centre", "random")}
        assert better["map"] > max(better["centre"], better["random"])
        assert (built[1] / item.facts["more"]["check"]).read_bytes().startswith(b"<?xml")


class _Misled(FaceTools):
    """The same network with maps that point at a corner where it sees nothing."""

    def heat(self, inputs: np.ndarray) -> np.ndarray:
        heat = np.zeros(inputs.shape[:3], np.float32)
        heat[:, :20, :20] = 1.0
        return heat


def test_a_map_that_fails_its_check_is_not_shown_and_names_no_region(inputs: EvidenceInputs, tmp_path: Path) -> None:
    face = drawn.tools().face
    assert face is not None
    misled = _Misled(**{f.name: getattr(face, f.name) for f in fields(face)})
    built = build_evidence(drawn.media(), inputs, replace(drawn.tools(), face=misled), Folder(tmp_path), Settings())
    assert not [e for e in built.evidence if e.kind == "heat_map"]
    faces = [e for e in built.evidence if e.kind == "face"]
    assert len(faces) == 3
    for item in faces:
        assert item.facts["check"]["holds"] is False
        assert item.facts["regions"] == {}
        assert item.facts["strongest"] == []
        assert item.artifact is not None
        assert item.artifact.endswith("crop.png")
    assert not list(tmp_path.rglob("*overlay*"))
    assert [s.regions for s in built.segments if s.detector == "face"] == [[], []]
    assert all(s.evidence for s in built.segments)


def test_the_sum_is_the_last_piece_and_each_part_names_its_evidence(inputs: EvidenceInputs, tmp_path: Path) -> None:
    values = {"face": 1.5, "voice": 0.5, "quality": 0.0}
    parts: list[Any] = [AttributedPart(source=s, log_odds=v, state="scored") for s, v in values.items()]
    summed = replace(inputs, attribution=Attribution(base=0.0, log_odds=2.0, parts=parts))
    built = build_evidence(drawn.media(), summed, drawn.tools(), Folder(tmp_path), Settings())
    assert built.evidence[-1].kind == "waterfall"
    assert built.evidence[-1].facts["parts"] == values
    assert built.attribution is not None
    by_id = {e.id: e for e in built.evidence}
    named = {p.source: {by_id[i].facts["detector"] for i in p.evidence} for p in built.attribution.parts}
    assert named == {"face": {"face"}, "voice": {"voice"}, "quality": {"input"}}


def test_the_pictures_are_the_face_and_its_frame(built: tuple[Built, Path]) -> None:
    item = next(e for e in built[0].evidence if e.kind == "heat_map")
    crop, overlay, frame = (
        Image.open(io.BytesIO((built[1] / path).read_bytes()))
        for path in (item.facts["more"]["crop"], item.artifact, item.facts["more"]["frame"])
    )
    assert crop.size == overlay.size == (320, 320)
    assert frame.size == (960, 540)


def test_the_same_inputs_give_the_same_files(inputs: EvidenceInputs, built: tuple[Built, Path], tmp_path: Path) -> None:
    again = build_evidence(drawn.media(), inputs, drawn.tools(), Folder(tmp_path), Settings())
    assert again.evidence == built[0].evidence
    for path in (p for p in built[1].rglob("*") if p.is_file()):
        assert (tmp_path / path.relative_to(built[1])).read_bytes() == path.read_bytes(), path.name


def test_a_media_with_nothing_in_it_still_says_what_there_was(tmp_path: Path) -> None:
    none = EvidenceInputs("not_assessable", (), (), (), ())
    built = build_evidence(drawn.media(), none, replace(drawn.tools(), face=None), Folder(tmp_path), Settings())
    assert [e.kind for e in built.evidence] == ["provenance_fact"]
    assert built.evidence[0].facts["persons"] == 0


def test_maps_without_the_network_are_an_error_and_not_an_empty_gallery(inputs: EvidenceInputs) -> None:
    blind = Tools(drawn.tools().frames_at, drawn.speak, None)
    with pytest.raises(ValueError, match="face tools"):
        face_maps(drawn.media(), moments(inputs, 1), blind)


def test_the_map_is_of_the_face_that_was_scored(tmp_path: Path) -> None:
    """Two faces in one frame: each map's crop shows its own person's skin."""
    first, a = drawn.face_signal("person-1", 0.9, [], 1)
    second, b = drawn.face_signal("person-2", 0.9, [], 2)
    cut = [replace(s, points=s.points[:4]) for s in (a, b)]
    maps = face_maps(drawn.media(), moments(inputs_of([first, second], cut, []), 1), drawn.tools())
    skins = [np.asarray(Image.open(io.BytesIO(m.crop)))[190:210, 60:90].mean(axis=(0, 1)) for m in maps]
    np.testing.assert_allclose(skins, [(205, 160, 130), (150, 105, 80)], atol=12)


def point(start: float, end: float) -> ScorePoint:
    return ScorePoint(Fraction(start), Fraction(end), 1.0)


def test_the_sound_drawn_lasts_at_least_four_seconds_and_stays_in_the_media() -> None:
    of = drawn.media()
    middle = stretch_of_sound(of, point(10, 12), [])
    assert (middle.start, middle.end) == (9, 13)
    last = stretch_of_sound(of, point(29, 31), [(20.0, 31.0)])
    assert last.end <= drawn.LENGTH
    assert last.length == 11
    assert stretch_of_sound(of, point(10, 14), [(0.0, 31.0)]).length == 12
    assert stretch_of_sound(of, point(0, 1), []).start == 0


def test_the_sound_of_a_short_clip_is_drawn_whole() -> None:
    of = drawn.media(duration=Fraction(3, 2))
    audio = replace(of.audio, duration=Fraction(3, 2)) if of.audio else None
    stretch = stretch_of_sound(replace(of, audio=audio), point(0, 1), [])
    assert (stretch.start, stretch.end) == (0, Fraction(3, 2))


@pytest.mark.parametrize("name", ["../up.png", "/etc/x", "a//b", "E1.png", "a/../b", "", "a\x00b"])
def test_an_artifact_can_not_leave_its_folder(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not an artifact"):
        Folder(tmp_path).write(name, b"x")
    assert not list(tmp_path.iterdir())
