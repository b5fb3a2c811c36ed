import pytest

from support.fakeevaluation import row
from unmask.errors import DatasetError
from unmask.evaluation.choose import choose_rows
from unmask.evaluation.truth import applies, truth
from unmask.training.face_selection import CALIBRATION_METHODS, CALIBRATION_SOURCES
from unmask.training.manifest import read_manifests
from unmask.training.voice_pages import DEV


def test_a_real_clip_is_real_in_every_respect():
    found = truth(row("a.mp4"))
    assert (found.face, found.voice, found.whole, found.segments) == (False, False, False, ())


def test_a_face_swap_is_fake_for_the_face_and_tells_nothing_about_the_voice():
    clip = row("a.mp4", "fake", method="FaceSwap")
    assert (truth(clip).face, truth(clip).voice) == (True, None)
    assert applies(clip, "face") and not applies(clip, "voice") and applies(clip, "verdict")


def test_a_clip_with_a_made_voice_is_real_for_the_face():
    found = truth(row("a.mp4", "fake", method="audiosynth:VITS"))
    assert (found.face, found.voice, found.whole) == (False, True, True)


def test_columns_know_better_than_the_label():
    found = truth(row("a.mp4", "fake", method="x", face="real", voice="fake", segments=((1.0, 2.0),)))
    assert (found.face, found.voice) == (False, True)
    assert found.stretches("voice") == ((1.0, 2.0),)
    assert found.stretches("face") == ()


def test_where_a_fake_was_altered_is_unknown_unless_somebody_says():
    assert truth(row("a.mp4", "fake", method="x")).stretches("verdict") is None


def test_a_sound_asks_nothing_of_the_face_and_a_still_nothing_of_the_voice():
    sound, still = row("a.flac", "fake", kind="audio"), row("a.jpg", "fake", kind="image")
    assert truth(sound).voice is True and not applies(sound, "face") and not applies(sound, "lip_sync")
    assert truth(still).face is True and not applies(still, "voice") and not applies(still, "motion")


def test_the_manifest_may_say_where_and_in_what_a_clip_is_fake(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text(
        "path,kind,label,face,voice,segments\na.mp4,video,fake,real,fake,20-22;4.0-11.3\nb.mp4,video,real,,,\n"
    )
    first, second = read_manifests([path])
    assert (first.face, first.voice, first.segments) == ("real", "fake", ((4.0, 11.3), (20.0, 22.0)))
    assert (second.face, second.voice, second.segments) == (None, None, ())


@pytest.mark.parametrize("values", [",,5-2", ",,soon", ",,1-2-3", ",,-1-2", "maybe,,", ",half,"])
def test_a_manifest_that_says_it_wrongly_is_refused(tmp_path, values):
    path = tmp_path / "m.csv"
    path.write_text(f"path,kind,label,face,voice,segments\na.mp4,video,fake,{values}\n")
    with pytest.raises(DatasetError, match="line 2"):
        read_manifests([path])


ROWS = (
    *(row(f"d{i}.mp4", split="dev", source="talks", person=f"d{i}") for i in range(30)),
    row("t.mp4", source="talks", person="t"),
    row("shared.mp4", source="talks", person="d1"),
    row("c.mp4", source=min(CALIBRATION_SOURCES), person="c"),
    row("m.mp4", "fake", method=min(CALIBRATION_METHODS), source="x", person="m"),
    row("v.flac", kind="audio", source=min(DEV), person="v"),
)


def test_splits_are_those_of_the_shipped_networks():
    names = {split: {r.origin for r in choose_rows(ROWS, split)} for split in ("dev", "train", "calibration", "all")}
    assert names["dev"] == {*(f"d{i}.mp4" for i in range(30)), "v.flac"}
    assert names["train"] == {"t.mp4"}
    assert names["calibration"] == {"c.mp4", "m.mp4"}
    assert len(names["all"]) == len(ROWS)


def test_a_limit_takes_the_same_files_whatever_the_order():
    one = choose_rows(ROWS, "dev", 5)
    other = choose_rows(ROWS[::-1], "dev", 5)
    assert len(one) == 6
    assert {r.origin for r in one} == {r.origin for r in other}


def test_nothing_to_evaluate_is_an_error():
    with pytest.raises(DatasetError, match="nothing to evaluate"):
        choose_rows(ROWS[:3], "train")
