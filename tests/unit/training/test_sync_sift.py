import csv
from dataclasses import replace

import numpy as np
import pytest

from support.talking import clip
from unmask.models import sync_net as net
from unmask.training.sync_sift import TRUSTED_SOURCES, measure, sift

TRUSTED = sorted(TRUSTED_SOURCES)[0]


class Reader:
    """A network that reads the loudness of the sound and the opening of the mouth, smoothed, as a moving vector."""

    def __init__(self):
        self.calls = 0

    def __call__(self, inputs, training):
        self.calls += 1
        _, moved, loud = (np.asarray(part)[0] for part in inputs)
        ticks = len(moved) - 2 * net.EDGE
        opened = moved.reshape(len(moved), -1, 2)[:, :, 1]
        lips = opened[:, 11][net.EDGE : net.EDGE + ticks]
        voice = loud.mean(axis=1).reshape(-1, 4).mean(axis=1)[net.EDGE : net.EDGE + ticks + 2 * net.REACH]
        return unit(lips)[None], unit(voice)[None], np.zeros((1, 1))


def unit(values):
    """A direction that turns with the value: two alike values point the same way."""
    ranks = np.argsort(np.argsort(values)) / len(values)
    return np.stack([np.cos(np.pi * ranks), np.sin(np.pi * ranks)], axis=1)


def shifted(name, ticks):
    one = clip(name, 10, source="unknown")
    return replace(one, sound=np.roll(one.sound, ticks * 640))


def kept(table):
    with table.open(newline="") as source:
        return {line["path"].split("/")[-1]: line for line in csv.DictReader(source)}


def test_the_fit_of_a_clip_tells_how_far_its_sound_was_moved():
    own, late = measure(Reader(), [clip("a", 10), shifted("a", 8)])
    assert abs(own.offset) <= 1 and own.windows > 1
    assert late.offset == pytest.approx(8, abs=1)
    assert own.clearness > late.clearness


def test_clips_whose_sound_does_not_fit_are_left_out_and_trusted_ones_never(tmp_path):
    trusted, good, late = clip("t", 10, source=TRUSTED), clip("good", 10, source="unknown"), shifted("late", 10)
    strange = clip("odd", 10, source=TRUSTED)
    left = sift(Reader(), [trusted, good, late, strange], tmp_path / "sifted.csv")
    assert [one.row.path.stem for one in left] == ["t", "good", "odd"]
    table = kept(tmp_path / "sifted.csv")
    assert set(table) == {"good.mp4", "late.mp4"}
    assert table["late.mp4"]["kept"] == "0" and abs(int(table["late.mp4"]["offset"])) > net.NEAR


def test_a_table_that_is_there_is_believed(tmp_path):
    clips = [clip("good", 10, source="unknown"), shifted("late", 10)]
    first = sift(Reader(), clips, tmp_path / "sifted.csv")
    reader = Reader()
    assert sift(reader, clips, tmp_path / "sifted.csv") == first
    assert reader.calls == 0


def test_a_clip_too_short_to_be_heard_is_left_out_unless_trusted(tmp_path):
    short, known = clip("short", 1, source="unknown"), clip("known", 1, source=TRUSTED)
    assert [one.row.path.stem for one in sift(Reader(), [short, known], tmp_path / "s.csv")] == ["known"]
