from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from support.makers import make_video
from support.talking import clip, row
from unmask.errors import DatasetError
from unmask.training import sync_data
from unmask.training.sync_data import LOOK_AGAIN, load, part_path, prepare, select
from unmask.types import FaceSample


def manifest(folder: Path, lines: list[str]) -> Path:
    path = folder / "manifest.csv"
    path.write_text("\n".join(["path,kind,label,person,split,source,licence", *lines]) + "\n", "utf-8")
    return path


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    folder = tmp_path_factory.mktemp("films")
    for name in ("a", "b", "c", "held", "borrowed", "fake"):
        make_video(folder / f"{name}.mp4", seconds=1, size=(64, 48))
    make_video(folder / "mute.mp4", seconds=1, size=(64, 48), audio=False)
    return folder


def line(name, label="real", person="", source="made"):
    return f"{name}.mp4,video,{label},{person},train,{source},CC0"


def test_only_real_clips_with_their_own_sound_are_chosen(films):
    borrowed = next(iter(sync_data.NO_OWN_SOUND))
    lines = [line("a"), line("mute"), line("fake", "fake"), line("borrowed", source=borrowed)]
    splits = select([manifest(films, lines)])
    assert [one.path.name for one in splits.train] == ["a.mp4"]


def test_whole_sources_are_held_back_and_no_person_is_in_two_parts(films):
    dev, calibration = sorted(sync_data.DEV_SOURCES)[0], sorted(sync_data.CALIBRATION_SOURCES)[0]
    persons = [
        line(name, person=f"person {number}", source=f"s{number}") for number in range(12) for name in ("a", "b")
    ]
    splits = select([manifest(films, [*persons, line("c", source=dev), line("held", source=calibration)])])
    assert "c.mp4" in {one.path.name for one in splits.dev}
    assert "held.mp4" in {one.path.name for one in splits.calibration}
    parts = [{one.identity for one in part} for part in (splits.train, splits.calibration, splits.dev)]
    assert not (parts[0] & parts[1] or parts[0] & parts[2] or parts[1] & parts[2])


def test_without_a_clip_to_train_on_it_says_so(films):
    with pytest.raises(DatasetError, match="real clips of people who talk"):
        select([manifest(films, [line("mute")])])


@pytest.mark.parametrize(
    ("changes", "usable"),
    [
        ({}, True),
        ({"voiced": (0, 2)}, False),
        ({"voiced": (0, 4)}, True),
        ({"rival": 0.7}, False),
        ({"rival": 0.5}, True),
        ({"runs": ((200, 50),), "voiced": (0, 5)}, False),
    ],
    ids=["speaks", "hardly speaks", "speaks enough", "two faces", "a small one behind", "speaks unseen"],
)
def test_a_clip_is_used_where_one_person_is_seen_to_speak(changes, usable):
    assert clip("a", 10, **changes).usable() == usable


def test_what_the_cache_keeps_comes_back_and_what_holds_nobody_is_left_out(tmp_path):
    kept, empty, missing = row("kept"), row("empty"), row("missing")
    made = clip("kept", 3, runs=((5, 30), (40, 35)))
    for one, parts in ((kept, stored(made)), (empty, {})):
        path = part_path(tmp_path, one)
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, **parts)
    (back,) = load(tmp_path, [empty, kept, missing])
    assert back.row == kept and [run.first for run in back.runs] == [5, 40]
    assert all(np.array_equal(a.crops, b.crops) for a, b in zip(back.runs, made.runs, strict=True))
    assert all(np.allclose(a.outlines, b.outlines, atol=0.05) for a, b in zip(back.runs, made.runs, strict=True))
    assert np.allclose(back.sound, made.sound, atol=1e-4)


def stored(made):
    """What `read_clip` leaves of a clip."""
    return {
        "sound": np.round(made.sound * 32_767).astype(np.int16),
        "voiced": made.voiced,
        "starts": np.asarray([run.first for run in made.runs], np.int32),
        "lengths": np.asarray([len(run) for run in made.runs], np.int32),
        "crops": np.concatenate([run.crops for run in made.runs]),
        "outlines": np.concatenate([run.outlines for run in made.runs]).astype(np.float16),
        "rival": np.asarray(made.rival, np.float32),
    }


def test_a_clip_that_is_in_the_cache_is_not_cut_again(tmp_path):
    known = row("known")
    part_path(tmp_path, known).parent.mkdir(parents=True)
    np.savez(part_path(tmp_path, known))
    assert list(prepare([known], tmp_path)) == []


class OneFace:
    """Finds a face of the size that the picture's first value says, and one more after `LOOK_AGAIN` pictures."""

    def __init__(self, sizes):
        self.sizes, self.looks = sizes, 0

    def find(self, image, time, most, least):
        self.looks += 1
        return tuple(face(size) for size in self.sizes[min(self.looks, len(self.sizes)) - 1])

    def landmarks(self, image, points):
        return np.zeros((468, 2), np.float32)


def face(size):
    from unmask.types import Box, FaceObservation

    seen = FaceObservation(
        (Fraction(0), 0), Box(0, 0, size, size), 1.0, np.zeros((5, 2), np.float32), np.ones(1), size, 1, 1, 0
    )
    return FaceSample(seen, np.zeros((1, 1, 3), np.uint8))


def test_a_second_face_shows_at_the_next_look_and_runs_end_where_ticks_are_missing(monkeypatch):
    class Seen:
        def __init__(self, finder, mesh):
            pass

        def see(self, image):
            return "mouth"

    monkeypatch.setattr(sync_data, "Follower", Seen)
    image = np.zeros((4, 4, 3), np.uint8)
    ticks = [*range(LOOK_AGAIN + 5), *range(LOOK_AGAIN + 20, LOOK_AGAIN + 30)]
    finder = OneFace([[100.0], [100.0, 70.0], [100.0]])
    runs, rival = sync_data._follow([(tick, image) for tick in ticks], finder)
    assert [(first, len(run)) for first, run in runs] == [(0, LOOK_AGAIN + 5), (LOOK_AGAIN + 20, 10)]
    assert rival == pytest.approx(0.7)


def test_a_small_face_is_not_followed(monkeypatch):
    image = np.zeros((4, 4, 3), np.uint8)
    runs, _ = sync_data._follow([(0, image), (1, image)], OneFace([[30.0]]))
    assert runs == []
