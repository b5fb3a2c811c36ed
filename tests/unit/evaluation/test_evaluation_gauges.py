"""Measures of the people in a media, on pictures and sounds whose measure is known."""

from fractions import Fraction

import numpy as np
import pytest

from unmask.evaluation.gauges import GAUGES, PitchGauge, SkinGauge, pitch_of, pitches, skin_luma, skin_of
from unmask.fusion.conditions import DIMENSIONS, Traits, bands
from unmask.types import (
    SAMPLE_RATE,
    Box,
    FaceObservation,
    FaceSample,
    Interval,
    Shard,
    ShardOutcome,
    ShardSamples,
    Sound,
    Track,
)

SHARD = Shard(0, Fraction(0), Fraction(4))


def buzz(hertz, seconds=4.0, noise=0.0):
    """A voice-like tone: pulses through two resonances."""
    count = int(seconds * SAMPLE_RATE)
    time = np.arange(count) / SAMPLE_RATE
    tone = sum(np.sin(2 * np.pi * hertz * k * time) / k for k in range(1, 12) if hertz * k < 7000)
    return (0.1 * tone + noise * np.random.default_rng(1).normal(size=count)).astype(np.float32)


@pytest.mark.parametrize("hertz", [80, 120, 175, 210, 300, 420])
@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_a_tones_pitch_is_read_to_two_percent_and_not_an_octave_off(hertz, noise):
    found = pitches(buzz(hertz, noise=noise))
    assert len(found) > 100
    assert np.median(found) == pytest.approx(hertz, rel=0.02)


def test_noise_silence_and_sound_that_is_too_short_have_no_pitch():
    rng = np.random.default_rng(2)
    assert len(pitches(rng.normal(0, 0.1, 2 * SAMPLE_RATE).astype(np.float32))) < 10
    assert len(pitches(np.zeros(2 * SAMPLE_RATE, np.float32))) == 0
    assert len(pitches(np.zeros(100, np.float32))) == 0


def test_pitch_agrees_with_world(tmp_path):
    world = pytest.importorskip("pyworld", reason="pyworld comes with the extra train")
    glide = np.linspace(110, 190, 4 * SAMPLE_RATE)
    phase = 2 * np.pi * np.cumsum(glide) / SAMPLE_RATE
    sound = sum(np.sin(k * phase) / k for k in range(1, 10)).astype(np.float64) * 0.1
    theirs, _ = world.harvest(sound, SAMPLE_RATE)
    assert np.median(pitches(sound.astype(np.float32))) == pytest.approx(np.median(theirs[theirs > 0]), rel=0.03)


def crop_of(skin, rest):
    crop = np.full((160, 160, 3), rest, np.uint8)
    crop[50:115, 15:145] = skin
    return crop


def test_skin_is_measured_on_skin_and_not_on_hair_or_background():
    assert skin_luma(crop_of((200, 160, 130), 0)) == pytest.approx(0.299 * 200 + 0.587 * 160 + 0.114 * 130, abs=1)
    assert skin_luma(crop_of((60, 40, 30), 255)) < 50


def sample(time, number, crop):
    zero = np.zeros(1, np.float32)
    seen = FaceObservation(
        (time, number), Box(0, 0, 100, 100), 1.0, np.zeros((5, 2), np.float32), zero, 100.0, 1.0, 100.0, 0.0
    )
    return FaceSample(seen, crop)


def outcome_of(samples):
    scores = tuple(gauge.score(samples) for gauge in GAUGES)
    return ShardOutcome(SHARD, samples.frame_times, tuple(f.observation for f in samples.faces), samples.speech, scores)


def test_the_face_that_is_seen_most_gives_the_skin_and_speech_the_pitch():
    times = [Fraction(k, 4) for k in range(16)]
    bright, dark = crop_of((220, 180, 160), 90), crop_of((60, 50, 40), 90)
    faces = (*(sample(t, 0, dark) for t in times), sample(times[0], 1, bright))
    speech = (Interval(Fraction(0), Fraction(4)),)
    outcome = outcome_of(ShardSamples(SHARD, tuple(times), faces, Sound(Fraction(0), buzz(150)), speech))
    track = Track("person-1", tuple(f.observation for f in faces[:16]))
    assert skin_of([outcome], [track]) == pytest.approx(skin_luma(dark), abs=0.1)
    assert pitch_of([outcome]) == pytest.approx(150, rel=0.02)


def test_where_nobody_is_seen_or_heard_nothing_is_measured():
    tone = Sound(Fraction(0), buzz(150))
    outcome = outcome_of(ShardSamples(SHARD, (), (), tone, ()))
    assert skin_of([outcome], []) is None and pitch_of([outcome]) is None
    assert SkinGauge().score(ShardSamples(SHARD, (), (), None, ())).points == ()
    assert PitchGauge().score(ShardSamples(SHARD, (), (), None, ())).points == ()


def test_measures_become_bands_of_an_evaluation_and_only_where_there_are_any():
    named = bands(Traits("video", 150.0, 120.0, 0.08, 12.0, "aac", skin=95.0, pitch=205.0))
    assert (named["skin"], named["pitch"]) == ("skin luma 70-110", "pitch 180-230 Hz")
    assert {"skin", "pitch"} <= set(DIMENSIONS)
    assert not {"skin", "pitch"} & set(bands(Traits("video", 150.0, 120.0, 0.08, 12.0, "aac")))
