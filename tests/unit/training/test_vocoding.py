"""Copies of a voice by a machine."""

from importlib.util import find_spec

import numpy as np
import pytest

from unmask.training import vocoding

NO_WORLD = pytest.mark.skipif(find_spec("pyworld") is None, reason="pyworld is not installed (it needs a compiler)")
METHODS = [pytest.param(m, marks=[NO_WORLD] if "world" in m else []) for m in vocoding.METHODS]


def voice(seconds: float = 1.5) -> np.ndarray:
    draw = np.random.default_rng(3)
    time = np.arange(int(seconds * vocoding.RATE)) / vocoding.RATE
    pitch = np.cumsum(120 + 20 * np.sin(2 * np.pi * 2 * time)) / vocoding.RATE
    sound = sum(np.sin(2 * np.pi * k * pitch) / k for k in range(1, 25))
    envelope = 0.2 + np.abs(np.sin(2 * np.pi * 1.5 * time))
    return (0.1 * sound * envelope + 0.005 * draw.standard_normal(len(time))).astype(np.float32)


def spectrum(sound: np.ndarray) -> np.ndarray:
    return np.log(np.abs(np.fft.rfft(sound[: len(sound) // 512 * 512].reshape(-1, 512) * np.hanning(512))) + 1e-2)


@pytest.mark.parametrize("method", METHODS)
def test_a_copy_sounds_like_its_original_and_is_not_it(method):
    sound = voice()
    copy = vocoding.METHODS[method](sound, np.random.default_rng(0))
    assert copy.shape == sound.shape
    assert copy.dtype == np.float32
    assert np.isfinite(copy).all()
    assert np.corrcoef(spectrum(sound).ravel(), spectrum(copy).ravel())[0, 1] > 0.4
    assert np.abs(copy - sound).max() > 0.01


@pytest.mark.parametrize("method", METHODS)
def test_the_same_draw_gives_the_same_copy(method):
    copies = [vocoding.METHODS[method](voice(), np.random.default_rng(5)) for _ in range(2)]
    np.testing.assert_array_equal(*copies)


@pytest.mark.parametrize("method", METHODS)
def test_copying_takes_every_draw_and_digital_silence(method):
    for seed in range(3):
        copy = vocoding.METHODS[method](
            np.concatenate([np.zeros(8_000, np.float32), voice(0.6)]), np.random.default_rng(seed)
        )
        assert np.isfinite(copy).all()


def test_mel_bands_cover_the_spectrum_without_holes():
    bank = vocoding.mel_bank(80, 513)
    assert bank.shape == (80, 513)
    assert (bank.sum(axis=0)[1:-1] > 0).all()
