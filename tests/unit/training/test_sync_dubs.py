from dataclasses import replace

import numpy as np
import pytest

from support.scores import card
from support.talking import clip
from unmask.training.sync_card import LIMITS, weak_spots
from unmask.training.sync_dubs import CONDITION, LENGTH, find_dubs, make_dubs, segments
from unmask.training.sync_report import Judge, Scored, windows
from unmask.types import Sync

JUDGE = Judge(np.asarray([1, 0, 0, 0], np.float32), 0.0)


class Hearing:
    """Answers for every window with +3 where at least half of it has another sound than the clip's own, else -3."""

    def __init__(self, clips, deaf=False):
        self.own = {one.row.path: one.sound for one in clips}
        self.deaf = deaf

    def score(self, clips, alter=None):
        found = []
        for number, one in enumerate(clips):
            sound = one.sound if alter is None else alter(number, one)
            other = np.abs(sound - self.own[one.row.path]) > 1e-6
            logits = []
            for run, start, ticks in windows(one):
                begin = (run.first + start) * 640
                share = 0 if self.deaf else other[begin : begin + ticks * 640].mean()
                logits.append([3.0 if share > 0.45 else -3.0, 0, 0, 0])
            found.append(np.asarray(logits, np.float32))
        return Scored(list(clips), found, np.zeros(len(clips), bool))

    def syncs(self, one, sound):
        """Fifths of a second in sync; where there is another sound than the clip's own, it fits some other shift."""
        other = np.abs(sound - self.own[one.row.path]) > 1e-6
        found = []
        for run, start, ticks in windows(one):
            rows = np.random.default_rng(start).normal(50, 20, (ticks // 5, 31))
            for row, values in enumerate(rows):
                begin = (run.first + start + 5 * row) * 640
                dubbed = not self.deaf and other[begin : begin + 5 * 640].mean() > 0.5
                values[4 if dubbed else 15] += 400
            read = tuple(tuple(int(value) for value in values) for values in rows)
            found.append(Sync(0.0, 0.4, read, (-20.0,) * len(rows)))
        return found


CLIPS = [clip(name, 14) for name in "abcd"]


def test_three_seconds_in_the_middle_are_another_persons_and_as_loud():
    dubs = make_dubs(CLIPS)
    assert len(dubs) == 4
    for dub in dubs:
        begin, end = dub.first * 640, (dub.first + LENGTH) * 640
        assert abs((begin + end) / 2 - 7 * 16_000) <= 640
        assert np.array_equal(dub.sound[:begin], dub.clip.sound[:begin])
        assert np.array_equal(dub.sound[end:], dub.clip.sound[end:])
        part, own = dub.sound[begin:end], dub.clip.sound[begin:end]
        assert not np.allclose(part, own, atol=1e-3)
        assert np.sqrt((part**2).mean()) == pytest.approx(np.sqrt((own**2).mean()), rel=0.1)


def test_no_dub_is_made_of_short_clips_nor_with_the_own_voice():
    assert make_dubs([clip("a", 5), clip("b", 5)]) == []
    assert make_dubs([CLIPS[0]]) == []
    assert make_dubs([CLIPS[0], clip("b", 14, voiced=(0, 1))])[0:1] == []


def test_dubs_that_are_heard_are_found_where_they_are():
    metric = find_dubs(Hearing(CLIPS), CLIPS, JUDGE, card("lip_sync", 0.0), "dev")
    assert metric.condition == CONDITION and (metric.n_real, metric.n_fake) == (4, 4)
    assert metric.ap_50 == pytest.approx(1.0)
    assert metric.ap_50_interval[0] <= metric.ap_50 <= metric.ap_50_interval[1]


def test_dubs_that_are_not_heard_are_a_weak_spot():
    metric = find_dubs(Hearing(CLIPS, deaf=True), CLIPS, JUDGE, card("lip_sync", 0.0), "dev")
    assert metric.ap_50 == 0
    assert any("average precision" in text for text in weak_spots([metric]))
    assert find_dubs(Hearing([]), [clip("a", 5)], JUDGE, card("lip_sync"), "dev") is None


def test_segments_stand_on_the_clock_of_the_media():
    late = replace(CLIPS[0], runs=tuple(replace(run, first=run.first) for run in CLIPS[0].runs))
    logits = np.full(len(windows(late)), 3.0, np.float32)
    ((start, end, probability),) = segments(late, logits, Hearing(CLIPS).syncs(late, late.sound), card("lip_sync", 0.0))
    assert start == 0 and end == pytest.approx(14.2) and probability > 0.9


def test_the_limits_say_what_sifting_and_aac_mean():
    text = " ".join(LIMITS)
    assert "sifted by the model's own reading" in text and "AAC is left out" in text
    assert "translated speech" in text
