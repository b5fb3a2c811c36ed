from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from support.talking import window
from support.tinysync import models_with_lips
from unmask.bootstrap import detectors
from unmask.detectors.lip_sync import SPEAKING, LipSyncDetector, movement
from unmask.models import sync_net as net
from unmask.models.registry import HERE, Registry
from unmask.settings import Settings
from unmask.types import ModelRef, Shard, ShardSamples


class Agreeing:
    """A model whose lips and voice agree at a shift that depends on the window, and a logit that the test lays down."""

    ref = ModelRef("lip_sync", "1", "0" * 64)

    def __init__(self, shift, logits):
        self.shift, self.logits, self.shapes = shift, list(logits), []

    def outputs(self, *inputs):
        self.shapes.append([part.shape for part in inputs])
        ticks = inputs[0].shape[1] - 2 * net.EDGE
        voice = np.random.default_rng(0).normal(size=(ticks + 2 * net.REACH, net.WIDTH)).astype(np.float32)
        voice /= np.linalg.norm(voice, axis=1, keepdims=True)
        begin = net.REACH + self.shift
        lips = voice[begin : begin + ticks]
        return lips[None], voice[None], np.float32([[self.logits.pop(0)]])


def samples(*mouths):
    return ShardSamples(Shard(0, Fraction(0), Fraction(30)), (), (), None, (), tuple(mouths))


def test_a_window_is_given_to_the_network_as_it_was_trained():
    model = Agreeing(0, [1.0])
    LipSyncDetector(model).score(samples(window(3)))
    length = net.WINDOW + 2 * net.EDGE
    sound = 4 * (net.WINDOW + 2 * (net.EDGE + net.REACH))
    assert model.shapes == [[(1, length, 64, 64), (1, length, 90), (1, sound, 80)]]


@pytest.mark.parametrize(("shift", "offset"), [(0, 0.0), (6, 0.24), (-10, -0.4)])
def test_sound_that_fits_later_is_late(shift, offset):
    (point,) = LipSyncDetector(Agreeing(shift, [2.0])).score(samples(window(3))).points
    assert point.sync.offset == pytest.approx(offset)
    assert point.sync.confidence > 0.8
    assert (point.start, point.end, point.face, point.logit) == (3, Fraction(37, 5), (Fraction(3), 0), 2.0)


def test_of_several_moving_mouths_the_one_that_fits_best_speaks():
    scores = LipSyncDetector(Agreeing(0, [2.0, -1.0, 0.5])).score(samples(window(1, 0), window(1, 1), window(1, 2)))
    assert [(p.face, p.logit) for p in scores.points] == [((Fraction(1), 1), -1.0)]
    assert scores.silent == ((Fraction(1), 0), (Fraction(1), 2))


def test_a_mouth_that_does_not_move_gets_no_score():
    still = window(2, moving=False)
    assert movement(still) < SPEAKING < movement(window(2))
    scores = LipSyncDetector(Agreeing(0, [])).score(samples(still))
    assert scores.points == () and scores.silent == (still.face,)


def test_movement_is_what_the_judge_of_the_network_reads():
    network = Registry(models_with_lips()).get("lip_sync").network
    import keras

    seen = window(1)
    part = keras.Model(network.inputs, network.get_layer("evidence").output)
    crops = net.pictures(net.middle(seen.crops))[None]
    heard = net.sounds(seen.sound, len(seen.crops) + 2 * net.REACH)[None]
    read = np.asarray(part([crops, net.outlines(seen.outlines)[None], heard]))[0]
    assert read[net.EVIDENCE.index("movement")] == pytest.approx(movement(seen), abs=1e-3)


def test_a_shorter_window_is_scored_as_it_is():
    whole = window(0)
    part = replace(whole, crops=whole.crops[:70], outlines=whole.outlines[:70], sound=whole.sound[: 100 * 640])
    (point,) = LipSyncDetector(Agreeing(5, [0.0])).score(samples(part)).points
    assert point.sync.offset == pytest.approx(0.2)


def test_lip_sync_takes_part_only_where_its_model_is():
    assert ("lip_sync" in {d.name for d in detectors(Registry(), Settings())}) == (
        HERE / "cards/lip_sync.json"
    ).is_file()
    assert "lip_sync" in {d.name for d in detectors(Registry(models_with_lips()), Settings())}
