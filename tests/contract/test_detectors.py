"""One suite over every detector: adding a detector adds it here by itself."""

from fractions import Fraction

import numpy as np
import pytest

from support.addedmodels import added_folder
from support.talking import window
from support.tinysync import models_with_lips
from unmask.bootstrap import added, detectors
from unmask.models.registry import Registry
from unmask.settings import Settings
from unmask.types import (
    SAMPLE_RATE,
    Box,
    FaceObservation,
    FaceSample,
    Interval,
    Shard,
    ShardSamples,
    Sound,
)

OURS = ["face", "lip_sync", "voice"]
ADDED = ["face:meso4", "face:mesoinception4", "voice:aasist-l"]
NAMES = [*OURS, *ADDED]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Ours with the weights that ship, added ones with weights that learned nothing."""
    shipped = Registry()
    registry = shipped if "lip_sync" in shipped.names() else Registry(models_with_lips())
    foreign = added_folder(tmp_path_factory.mktemp("added")).all()
    both = (*detectors(registry, Settings()), *(added(model, Settings()) for model in foreign))
    return {d.name: d for d in both}


def face(time, number=0, size=120.0, seed=0):
    from unmask.media.align import SIDE

    crop = np.random.default_rng([seed, number, int(time * 100)]).integers(0, 255, (SIDE, SIDE, 3), np.uint8)
    points = np.zeros((5, 2), np.float32)
    seen = FaceObservation(
        (time, number), Box(0, 0, size, size), 1.0, points, np.ones(1, np.float32), size, 100.0, 120.0, 0.0
    )
    wide = np.random.default_rng([seed, number, int(time * 100)]).integers(0, 255, (256, 256, 3), np.uint8)
    return FaceSample(seen, crop, wide)


def samples(start=0, end=8, media_end=12, faces=True, speech=True):
    """A shard of noise and noise faces; sound reaches four seconds beyond it."""
    shard = Shard(0, Fraction(start), Fraction(end))
    times = tuple(Fraction(k, 4) for k in range(start * 4, end * 4))
    noise = np.random.default_rng(5).normal(0, 0.1, 60 * SAMPLE_RATE).astype(np.float32)
    last = min(end + 4, media_end)
    talking = [window(t, number) for t in range(start, end) if t + 5 <= media_end for number in (0, 1)]
    sound = Sound(Fraction(start), noise[start * SAMPLE_RATE : last * SAMPLE_RATE])
    return ShardSamples(
        shard=shard,
        frame_times=times,
        faces=tuple(face(t) for t in times) if faces else (),
        sound=sound if speech else None,
        speech=(Interval(Fraction(start), Fraction(last)),) if speech else (),
        mouths=tuple(talking) if faces and speech else (),
    )


def test_the_suite_covers_every_detector(made):
    assert sorted(made) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
class TestEveryDetector:
    def test_it_says_what_it_is(self, made, name):
        detector = made[name]
        assert detector.needs in {"faces", "speech", "lips"}
        assert len(detector.model.sha256) == 64

    def test_it_gives_finite_scores_inside_its_shard(self, made, name):
        scores = made[name].score(samples(4, 8))
        assert scores.failed is None
        assert scores.points
        for point in scores.points:
            assert np.isfinite(point.logit)
            assert 4 <= point.start < 8
            assert point.end > point.start

    def test_without_what_it_needs_it_gives_no_score_at_all(self, made, name):
        assert made[name].score(samples(faces=False, speech=False)).points == ()

    def test_the_same_samples_give_the_same_numbers(self, made, name):
        assert made[name].score(samples()) == made[name].score(samples())

    def test_its_scores_depend_on_what_it_is_shown(self, made, name):
        first, second = (made[name].score(samples(start, start + 4)).points for start in (0, 4))
        assert not np.allclose([p.logit for p in first], [p.logit for p in second])

    def test_two_shards_give_what_one_gives(self, made, name):
        detector = made[name]
        whole = detector.score(samples(0, 8)).points
        parts = detector.score(samples(0, 4)).points + detector.score(samples(4, 8)).points
        assert [(p.start, p.end, p.face) for p in parts] == [(p.start, p.end, p.face) for p in whole]
        assert np.allclose([p.logit for p in parts], [p.logit for p in whole], atol=1e-4)
