"""What the player draws is where the faces are."""

import json
from fractions import Fraction
from types import SimpleNamespace

import numpy as np

from unmask.media.align import TEMPLATE
from unmask.report.player import write_player
from unmask.result import Evidence
from unmask.types import Box, FaceObservation, ScorePoint, Signal, Track


def face(time, x, y, side):
    points = (TEMPLATE * side + [x, y]).astype(np.float32)
    key = (Fraction(time), 0)
    values = {"confidence": 1.0, "descriptor": np.ones(1, np.float32), "size": side, "sharpness": 1.0}
    return FaceObservation(key=key, box=Box(x, y, side, side), points=points, brightness=100.0, yaw=0.0, **values)


def written(folder, evidence=(), signals=()):
    media = SimpleNamespace(video=SimpleNamespace(width=640, height=480))
    track = Track("person-1", (face(0, 10, 20, 100), face("1/3", 12, 20, 100)))
    card = SimpleNamespace(calibration=SimpleNamespace(slope=1.0, intercept=0.0))
    cards = {"face": card}
    return json.loads(
        write_player(media, [track], signals, evidence=evidence, cards=cards, folder=folder).read_text("utf-8")
    )


def heat(time):
    return Evidence(id="E1", kind="heat_map", subject="person-1", artifact="evidence/e1.png", facts={"time": time})


def test_boxes_come_with_their_times_in_pixels_of_the_picture(tmp_path):
    document = written(tmp_path)
    assert document["schema"] == "unmask.player/1"
    assert document["size"] == [640, 480]
    assert document["persons"] == [
        {"subject": "person-1", "boxes": [[0.0, 10, 20, 100, 100], [0.3333, 12, 20, 100, 100]]}
    ]


def test_a_heat_map_has_the_corners_of_the_crop_that_it_covers(tmp_path):
    (found,) = written(tmp_path, [heat(0.0)])["heats"]
    np.testing.assert_allclose(found["corners"], [[10, 20], [110, 20], [10, 120]], atol=0.6)


def test_a_heat_map_without_its_face_is_not_drawn_at_a_wrong_place(tmp_path):
    assert written(tmp_path, [heat(7.0)])["heats"] == []


def test_curves_are_probabilities_at_the_middle_of_what_was_scored(tmp_path):
    points = (ScorePoint(Fraction(0), Fraction(2), 0.0), ScorePoint(Fraction(2), Fraction(4), 40.0))
    signal, unknown = Signal("face", "person-1", "video", points), Signal("other", "x", "video", points)
    (curve,) = written(tmp_path, signals=[signal, unknown])["signals"]
    assert curve["points"][0] == [1.0, 0.5]
    assert curve["points"][1][0] == 3.0
    assert 0.9 < curve["points"][1][1] <= 1.0
