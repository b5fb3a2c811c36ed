import io
import wave
from fractions import Fraction

import numpy as np
import pytest

from unmask.explain.clips import voice_clip
from unmask.types import SAMPLE_RATE, Interval, Sound

RAMP = np.linspace(-0.5, 0.5, 3 * SAMPLE_RATE, dtype=np.float32)


def test_a_clip_is_exactly_the_stretch():
    clip = voice_clip(Sound(Fraction(10), RAMP), Interval(Fraction(11), Fraction(12)))
    with wave.open(io.BytesIO(clip)) as opened:
        assert (opened.getframerate(), opened.getnchannels(), opened.getsampwidth()) == (SAMPLE_RATE, 1, 2)
        samples = np.frombuffer(opened.readframes(opened.getnframes()), "<i2") / 32767
    assert len(samples) == SAMPLE_RATE
    assert np.allclose(samples, RAMP[SAMPLE_RATE : 2 * SAMPLE_RATE], atol=1e-4)


def test_a_stretch_outside_the_sound_is_an_error_and_no_empty_file():
    with pytest.raises(ValueError, match="does not reach"):
        voice_clip(Sound(Fraction(0), RAMP), Interval(Fraction(5), Fraction(6)))
