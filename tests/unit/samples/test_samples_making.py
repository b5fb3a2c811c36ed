"""The parts of the script that makes the clips, and that truth.json tells the plan."""

from pathlib import Path

import numpy as np
import pytest
from sampleclips import face, plan
from sampleclips.camera import Camera
from sampleclips.sound import loudness, recording

SAMPLES = Path(__file__).parents[3] / "samples"


@pytest.fixture(scope="module")
def portrait():
    data = pytest.importorskip("skimage.data")
    return data.astronaut().astype(np.float32)


def test_the_same_seed_films_the_same_picture(portrait):
    one, other = Camera(7), Camera(7)
    assert np.array_equal(one.project(portrait, 30), other.project(portrait, 30))
    assert np.array_equal(one.grain(30), other.grain(30))


def test_the_hand_moves_but_not_far(portrait):
    camera = Camera(7)
    first, second = camera.project(portrait, 0), camera.project(portrait, 50)
    assert np.abs(first - second).mean() > 1.0
    assert first.shape == (plan.HEIGHT, plan.WIDTH, 3)


def test_a_loud_sound_opens_the_mouth_and_leaves_the_eyes(portrait):
    closed, opened = (face.forge(portrait, level, 0.0, (0.0, 0.0)) for level in (0.0, 1.0))
    apart = np.abs(closed - opened).mean(axis=2)
    assert apart[145:160, 205:238].mean() > 15
    assert apart[90:110, 190:260].mean() < 1


def test_a_blink_changes_the_eyes_and_leaves_the_mouth(portrait):
    awake, asleep = (face.forge(portrait, 0.0, closed, (0.0, 0.0)) for closed in (0.0, 1.0))
    apart = np.abs(awake - asleep).mean(axis=2)
    assert apart[95:106, 193:211].mean() > 10
    assert apart[140:160, 205:238].mean() < 1


def test_the_mask_covers_the_mouth_and_ends_before_the_hair():
    soft = face.mask((512, 512))
    assert soft[147, 221] == pytest.approx(1.0, abs=0.01)
    assert soft[50, 221] == pytest.approx(0.0, abs=0.01)


def test_eyes_blink_now_and_then():
    shut = [face.blink(frame, plan.FPS) > 0.5 for frame in range(plan.FRAMES)]
    assert 0.02 < np.mean(shut) < 0.2


@pytest.mark.parametrize("middle", [plan.MIDDLE, plan.MADE])
def test_every_sentence_fits_before_the_next_begins(middle):
    sentences = (plan.BEFORE, middle, plan.AFTER)
    ends = [s.start + len(recording(SAMPLES / "voice" / s.file)) / plan.RATE for s in sentences]
    assert ends[0] < middle.start
    assert ends[1] < plan.FORGED[1] < plan.AFTER.start
    assert ends[2] < plan.SECONDS


def test_loudness_follows_the_sound():
    track = np.zeros(round(plan.SECONDS * plan.RATE), np.float32)
    track[4 * plan.RATE : 6 * plan.RATE] = 0.1
    level = loudness(track)
    assert level[5 * plan.FPS] == 1.0
    assert level[2 * plan.FPS] == 0.0


def test_the_truth_file_tells_the_plan(truth):
    spans = truth["manipulated.mp4"]["manipulations"]
    assert {(s["start"], s["modality"]) for s in spans} == {(plan.FORGED[0], "face"), (plan.FORGED[0], "voice")}
    assert all(s["end"] <= plan.FORGED[1] for s in spans)
    assert truth["manipulated.mp4"]["words"][1] == plan.MADE.words
    assert truth["untouched.mp4"]["manipulations"] == []
