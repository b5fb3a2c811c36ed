from __future__ import annotations

import io
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from unmask.explain.spectrogram import COLUMNS, RANGE, WINDOW, decibels, draw_spectrogram
from unmask.types import SAMPLE_RATE, Interval, Sound


def tone(frequency: float, seconds: float) -> np.ndarray:
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return (0.3 * np.sin(2 * np.pi * frequency * time)).astype(np.float32)


@pytest.mark.parametrize("frequency", [250, 1000, 4000])
def test_a_tone_lies_at_its_frequency(frequency: int) -> None:
    levels = decibels(tone(frequency, 1.0))
    assert (levels.argmax(axis=0) * SAMPLE_RATE / WINDOW == pytest.approx(frequency, abs=SAMPLE_RATE / WINDOW)) is True


def test_levels_run_from_the_loudest_down_to_the_floor() -> None:
    levels = decibels(np.concatenate([np.zeros(8000, np.float32), tone(500, 1.0)]))
    assert levels.max() == 0
    assert levels.min() == -RANGE


def test_silence_is_drawn_as_silence() -> None:
    levels = decibels(np.zeros(SAMPLE_RATE, np.float32))
    assert np.isfinite(levels).all()
    assert levels.max() == -RANGE or levels.max() <= 0


def test_a_long_sound_is_put_together_to_few_columns() -> None:
    assert decibels(tone(300, 60.0)).shape == (WINDOW // 2 + 1, COLUMNS)


def test_too_short_a_sound_is_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        decibels(np.zeros(WINDOW - 1, np.float32))


def test_the_picture_is_the_same_each_time_and_shows_its_marks() -> None:
    sound = Sound(Fraction(10), tone(440, 4.0))
    weighs = Interval(Fraction(11), Fraction(13))
    first = draw_spectrogram(sound, [Interval(Fraction(10), Fraction(12))], weighs)
    assert first == draw_spectrogram(sound, [Interval(Fraction(10), Fraction(12))], weighs)
    assert first != draw_spectrogram(sound, [], weighs)
    assert first != draw_spectrogram(sound, [Interval(Fraction(10), Fraction(12))], None)
    picture = Image.open(io.BytesIO(first))
    assert picture.format == "PNG"
    assert picture.width > 900
