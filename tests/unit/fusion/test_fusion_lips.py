"""Findings about lips: who is scored, and the reason of everybody else."""

import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from support.fakemedia import media
from support.scores import REF, card
from unmask.fusion.combine import SHARES
from unmask.fusion.fuse import fuse
from unmask.types import (
    Box,
    DetectorScores,
    FaceObservation,
    Interval,
    ScorePoint,
    Shard,
    ShardOutcome,
    Sync,
)

SPEECH = (Interval(Fraction(0), Fraction(30)),)
CARDS = {"lip_sync": card("lip_sync", 0.0)}


class Lips:
    """A detector of lips, by name alone: its scores are laid down in the outcome."""

    name, modality, needs, model = "lip_sync", "audio_visual", "lips", REF


def face(time, number=0, size=120.0):
    look = np.eye(4, dtype=np.float32)[number]
    box = Box(300.0 * number, 0, size, size)
    return FaceObservation((time, number), box, 1.0, np.zeros((5, 2), np.float32), look, size, 100.0, 120.0, 0.0)


def faces(persons=1, size=120.0):
    return tuple(face(Fraction(k, 4), n, size) for k in range(120) for n in range(persons))


def points(logits, number=0):
    return tuple(
        ScorePoint(Fraction(t), Fraction(t) + Fraction(22, 5), v, (Fraction(t), number), Sync(0.0, 0.3))
        for t, v in enumerate(logits)
    )


def fused(seen=None, speech=SPEECH, scored=(), silent=(), **changes):
    seen = faces() if seen is None else seen
    shard = Shard(0, Fraction(0), Fraction(30))
    times = tuple(Fraction(k, 4) for k in range(120))
    outcome = ShardOutcome(shard, times, seen, speech, (DetectorScores("lip_sync", scored, silent=silent),))
    return fuse(media(**changes), [outcome], [Lips()], CARDS)


def reasons(found):
    return {f.subject: f.reason for f in found.findings if f.detector == "lip_sync"}


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"kind": "image", "speech": ()}, "still_picture"),
        ({"kind": "audio", "seen": ()}, "no_video"),
        ({"sound": False, "speech": ()}, "no_audio"),
        ({"seen": ()}, "no_face"),
        ({"speech": ()}, "no_speech"),
    ],
)
def test_where_nobody_can_be_seen_to_speak_it_does_not_apply_and_says_why(given, reason):
    found = fused(**given)
    assert reasons(found) == {"faces": reason}
    assert found.findings[0].state == "not_applicable"
    assert found.verdict.label == "not_assessable"


def test_a_person_who_was_looked_at_and_did_not_speak_is_said_not_to():
    assert reasons(fused(silent=((Fraction(3), 0),))) == {"person-1": "not_speaking"}


def test_a_person_for_whom_no_window_was_long_enough_is_said_to_be_seen_too_short():
    assert reasons(fused()) == {"person-1": "too_short"}


def test_a_small_face_is_said_to_be_small():
    assert reasons(fused(faces(size=44.0))) == {"person-1": "face_too_small"}


def test_who_speaks_is_scored_and_who_listens_is_not():
    found = fused(faces(2), scored=points([-2.0] * 20, 1), silent=tuple((Fraction(t), 0) for t in range(20)))
    by_state = {f.subject: (f.state, f.reason) for f in found.findings}
    assert sorted(by_state.values(), key=str) == [("not_applicable", "not_speaking"), ("scored", None)]


def test_one_window_is_enough():
    (finding,) = fused(scored=points([2.0])).findings
    assert (finding.state, finding.samples) == ("scored", 1)


def test_lips_in_sync_speak_for_little_and_lips_that_part_for_much():
    low, high = (fused(scored=points([v] * 20)).contributions[0].log_odds for v in (-6.0, 6.0))
    assert math.log(1 - SHARES["lip_sync"]) <= low < -0.3
    assert high > 3


def test_a_stretch_that_parts_is_a_segment_of_both_picture_and_sound():
    (segment,) = fused(scored=points([-3.0] * 10 + [3.0] * 4 + [-3.0] * 10)).segments
    assert (segment.detector, segment.modality, segment.subject) == ("lip_sync", "audio_visual", "person-1")
    assert abs(segment.start - 11.7) < 0.1 and abs(segment.end - 15.7) < 0.1


def test_a_detector_that_broke_down_is_no_finding_about_anybody():
    shard = Shard(0, Fraction(0), Fraction(30))
    outcome = ShardOutcome(shard, (), faces(), SPEECH, (DetectorScores("lip_sync", (), failed="broken"),))
    (finding,) = fuse(media(path=Path("/nowhere")), [outcome], [Lips()], CARDS).findings
    assert (finding.state, finding.reason, finding.subject) == ("failed", "broken", "faces")
