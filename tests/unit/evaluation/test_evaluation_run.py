from fractions import Fraction

import numpy as np
import pytest

from support.fakeevaluation import outcome, row
from unmask.errors import Cancelled, Truncated
from unmask.evaluation.outcome import INTERNAL
from unmask.evaluation.run import FOLDER, inside, key_of, run_with
from unmask.fusion.conditions import Traits
from unmask.types import (
    Box,
    DetectorScores,
    FaceObservation,
    Media,
    ScorePoint,
    Shard,
    ShardOutcome,
    VideoStream,
)


class Examined:
    """Answers every row, or raises what is laid down for its name; remembers what it was asked."""

    def __init__(self, **broken):
        self.broken = broken
        self.asked = []

    def __call__(self, one, key):
        self.asked.append(one.path.name)
        if one.path.stem in self.broken:
            raise self.broken[one.path.stem]
        return outcome(one.path.name, "likely_authentic", 0.1, face=0.1).model_copy(update={"key": key})


def rows(folder, *names):
    made = []
    for name in names:
        path = folder / name
        path.write_bytes(name.encode())
        made.append(row(str(path)))
    return made


def silent(number, found):
    pass


def test_a_run_that_was_broken_off_goes_on_where_it_stopped(tmp_path):
    files = rows(tmp_path, "a.mp4", "b.mp4", "c.mp4")

    def stop(number, found):
        if number == 2:
            raise KeyboardInterrupt

    first, second = Examined(), Examined()
    with pytest.raises(KeyboardInterrupt):
        run_with(files, tmp_path / "out", "models 1", first, stop)
    found = run_with(files, tmp_path / "out", "models 1", second, silent)
    assert (first.asked, second.asked) == (["a.mp4", "b.mp4"], ["c.mp4"])
    assert [one.file for one in found] == ["a.mp4", "b.mp4", "c.mp4"]


def test_a_file_without_a_face_is_taken_again_too(tmp_path):
    """Its condition has gaps, and those must be read back as they were."""
    files = rows(tmp_path, "a.wav")
    asked = []

    def examine(one, key):
        asked.append(one.path.name)
        bare = outcome(one.path.name, "inconclusive", 0.5, traits=Traits("audio", None, None, None, 4.0, "aac"))
        return bare.model_copy(update={"key": key})

    first = run_with(files, tmp_path / "out", "m", examine, silent)
    assert run_with(files, tmp_path / "out", "m", examine, silent) == first
    assert asked == ["a.wav"]


def test_other_models_or_a_changed_file_are_looked_at_again(tmp_path):
    files = rows(tmp_path, "a.mp4", "b.mp4")
    run_with(files, tmp_path / "out", "models 1", Examined(), silent)
    other, changed = Examined(), Examined()
    run_with(files, tmp_path / "out", "models 2", other, silent)
    files[0].path.write_bytes(b"another film")
    run_with(files, tmp_path / "out", "models 2", changed, silent)
    assert other.asked == ["a.mp4", "b.mp4"]
    assert changed.asked == ["a.mp4"]


def test_a_file_that_fails_is_named_with_its_code_and_ends_nothing(tmp_path):
    seen = []
    examine = Examined(b=Truncated("It ends early."), c=ZeroDivisionError("no frames"))
    found = run_with(
        rows(tmp_path, "a.mp4", "b.mp4", "c.mp4", "d.mp4"),
        tmp_path / "out",
        "m",
        examine,
        lambda number, one: seen.append((number, one.error)),
    )
    assert [one.error for one in found] == [None, "truncated", INTERNAL, None]
    assert found[1].message == "It ends early." and "ZeroDivisionError" in found[2].message
    assert seen == [(1, None), (2, "truncated"), (3, INTERNAL), (4, None)]


def test_a_bad_file_is_not_tried_again_but_a_breakdown_of_ours_is(tmp_path):
    files = rows(tmp_path, "b.mp4", "c.mp4")
    run_with(files, tmp_path / "out", "m", Examined(b=Truncated("x"), c=ZeroDivisionError()), silent)
    again = Examined()
    found = run_with(files, tmp_path / "out", "m", again, silent)
    assert again.asked == ["c.mp4"]
    assert [one.error for one in found] == ["truncated", None]


def test_stopping_is_not_taken_for_a_bad_file(tmp_path):
    with pytest.raises(Cancelled):
        run_with(rows(tmp_path, "a.mp4"), tmp_path / "out", "m", Examined(a=Cancelled("stop")), silent)


def test_a_damaged_record_is_made_anew(tmp_path):
    files = rows(tmp_path, "a.mp4")
    run_with(files, tmp_path / "out", "m", Examined(), silent)
    (kept,) = (tmp_path / "out" / FOLDER).glob("*.json")
    kept.write_text(kept.read_text()[:40])
    again = Examined()
    run_with(files, tmp_path / "out", "m", again, silent)
    assert again.asked == ["a.mp4"]


def test_names_from_outside_never_lead_out_of_the_folder(tmp_path):
    (tmp_path / "..a b\u202e.mp4").write_bytes(b"x")
    run_with([row(str(tmp_path / "..a b\u202e.mp4"))], tmp_path / "out", "m", Examined(), silent)
    (kept,) = (tmp_path / "out" / FOLDER).iterdir()
    assert kept.name.startswith("a_b_-") and kept.suffix == ".json"


def test_panels_of_one_picture_have_records_of_their_own(tmp_path):
    (one,) = rows(tmp_path, "a.mp4")
    assert key_of(row(str(one.path), crop=(0, 0, 0.5, 1)), "m") != key_of(
        row(str(one.path), crop=(0.5, 0, 0.5, 1)), "m"
    )


def face(x):
    zero = np.zeros(1, np.float32)
    key = (Fraction(0), int(x))
    return FaceObservation(key, Box(x, 10, 20, 20), 1.0, np.zeros((5, 2), np.float32), zero, 20, 1.0, 100.0, 0.0)


def test_a_panel_keeps_the_faces_inside_it_their_scores_and_the_sound(tmp_path):
    left, right = face(20), face(140)
    points = tuple(ScorePoint(Fraction(0), Fraction(1), 1.0, key) for key in (left.key, right.key, None))
    shard = Shard(0, Fraction(0), Fraction(1))
    whole = ShardOutcome(shard, (Fraction(0),), (left, right), (), (DetectorScores("face", points),))
    video = VideoStream(0, "h264", None, None, 200, 100, 0, 25.0, None, None, None, Fraction(0), Fraction(1))
    media = Media(tmp_path, "a", "video", "", 1, "mp4", Fraction(1), Fraction(0), None, video, None)
    panel = inside(whole, media, (0.5, 0.0, 0.5, 1.0))
    assert panel.faces == (right,)
    assert [p.face for p in panel.scores[0].points] == [right.key, None]
