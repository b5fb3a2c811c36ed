from fractions import Fraction

import numpy as np

from unmask.media.tracks import link
from unmask.types import Box, FaceObservation

RNG = np.random.default_rng(7)
ANNA, BERT, CARL = (v / np.linalg.norm(v) for v in RNG.standard_normal((3, 64)))
TIMES = [Fraction(k, 4) for k in range(40)]


STUDIO, STREET = np.eye(16, dtype=np.float32)[:2]


def face(time, look, x, *, y=100.0, size=80.0, number=0, confidence=0.9, blur=0.15, around=None):
    seed = round(time * 1000) * 10 + number
    noisy = look + blur / 8 * np.random.default_rng(seed).standard_normal(64)
    return FaceObservation(
        key=(Fraction(time), number),
        box=Box(x, y, size, size),
        confidence=confidence,
        points=np.zeros((5, 2), np.float32),
        descriptor=(noisy / np.linalg.norm(noisy)).astype(np.float32),
        size=size,
        sharpness=100.0,
        brightness=120.0,
        yaw=0.0,
        surroundings=around,
    )


def keys(track):
    return [observation.key for observation in track.observations]


def test_no_faces_give_no_tracks():
    assert link([], TIMES) == ()


def test_one_face_is_one_person():
    faces = [face(time, ANNA, 100 + 3 * k) for k, time in enumerate(TIMES)]
    (track,) = link(faces, TIMES)
    assert track.subject == "person-1"
    assert keys(track) == [f.key for f in faces]


def test_a_missed_frame_does_not_break_a_track():
    faces = [face(time, ANNA, 100) for k, time in enumerate(TIMES) if k not in (5, 6, 20)]
    (track,) = link(faces, TIMES)
    assert len(track.observations) == 37


def test_a_person_who_comes_back_after_a_long_time_is_the_same():
    faces = [face(time, ANNA, 100 if time < 2 else 400) for time in TIMES if time < 2 or time > 8]
    assert len(link(faces, TIMES)) == 1


def test_two_people_side_by_side_are_two():
    faces = [f for t in TIMES for f in (face(t, ANNA, 100), face(t, BERT, 300, number=1))]
    first, second = link(faces, TIMES)
    assert {k[1] for k in keys(first)} == {0}
    assert {k[1] for k in keys(second)} == {1}


def test_two_people_who_look_alike_are_never_one_at_the_same_time():
    faces = [f for t in TIMES for f in (face(t, ANNA, 100), face(t, ANNA, 300, number=1))]
    tracks = link(faces, TIMES)
    assert [{observation.box.x for observation in track.observations} for track in tracks] == [{100}, {300}]


def test_people_who_cross_keep_their_own_track():
    faces, truth = [], {}
    for k, time in enumerate(TIMES):
        a, b = 100 + 10 * k, 490 - 10 * k
        names = [("anna", ANNA, a), ("bert", BERT, b)]
        for number, (name, look, x) in enumerate(sorted(names, key=lambda item: item[2])):
            faces.append(face(time, look, x, number=number))
            truth[time, number] = name
    tracks = link(faces, TIMES)
    assert [{truth[key] for key in keys(track)} for track in tracks] == [{"anna"}, {"bert"}]
    assert [len(track.observations) for track in tracks] == [40, 40]


def test_a_cut_to_somebody_else_in_the_same_place_starts_a_new_person():
    faces = [face(time, ANNA if time < 4 else BERT, 100) for time in TIMES]
    assert [len(track.observations) for track in link(faces, TIMES)] == [24, 16]


def test_a_head_that_turns_away_in_the_same_setting_stays_the_same_person():
    turned = (ANNA * 0.4 + CARL * 0.9) / np.linalg.norm(ANNA * 0.4 + CARL * 0.9)
    faces = [face(time, ANNA if time < 4 else turned, 100, around=STUDIO) for time in TIMES]
    assert len(link(faces, TIMES)) == 1


def test_a_cut_to_somebody_similar_in_another_setting_starts_a_new_person():
    similar = (ANNA * 0.8 + BERT * 0.7) / np.linalg.norm(ANNA * 0.8 + BERT * 0.7)
    faces = [face(t, ANNA if t < 4 else similar, 100, around=STUDIO if t < 4 else STREET) for t in TIMES]
    assert [len(track.observations) for track in link(faces, TIMES)] == [24, 16]


def test_shot_and_countershot_give_two_persons():
    faces = [face(time, ANNA if time % 4 < 2 else BERT, 100 if time % 4 < 2 else 260) for time in TIMES]
    tracks = link(faces, TIMES)
    assert [len(track.observations) for track in tracks] == [24, 16]
    assert all(key[0] % 4 < 2 for key in keys(tracks[0]))


def test_an_unsure_face_in_one_frame_is_dropped_and_a_sure_one_kept():
    faces = [face(time, ANNA, 100) for time in TIMES]
    unsure = face(TIMES[7], CARL, 500, number=1, confidence=0.6)
    sure = face(TIMES[9], BERT, 500, number=1, confidence=0.95)
    tracks = link([*faces, unsure, sure], TIMES)
    assert [keys(track)[0] for track in tracks] == [(TIMES[0], 0), (TIMES[9], 1)]


def test_a_still_picture_keeps_every_face():
    assert len(link([face(0, ANNA, 100, confidence=0.55)], [Fraction(0)])) == 1


def test_persons_are_numbered_by_time_on_screen_then_first_seen_then_left_to_right():
    faces = [face(t, BERT, 300, number=1) for t in TIMES[:20]] + [face(t, CARL, 500, number=2) for t in TIMES[:20]]
    faces += [face(t, ANNA, 100) for t in TIMES]
    tracks = link(faces, TIMES)
    assert [track.subject for track in tracks] == ["person-1", "person-2", "person-3"]
    assert [track.observations[0].box.x for track in tracks] == [100, 300, 500]


def test_the_order_of_the_observations_does_not_matter():
    faces = [f for t in TIMES for f in (face(t, ANNA, 100), face(t, BERT, 300, number=1))]
    shuffled = [faces[k] for k in np.random.default_rng(0).permutation(len(faces))]
    assert [keys(track) for track in link(faces, TIMES)] == [keys(track) for track in link(shuffled, TIMES)]
