"""What may happen to a voice on its way."""

import numpy as np
import pytest

from unmask.training import audio_augment as world

RATE = world.RATE


def sound(seconds: float = 1.0) -> np.ndarray:
    draw = np.random.default_rng(1)
    time = np.arange(int(seconds * RATE)) / RATE
    return (0.3 * np.sin(2 * np.pi * 300 * time) + 0.1 * draw.standard_normal(len(time))).astype(np.float32)


def power_above(wave: np.ndarray, frequency: float) -> float:
    spectrum = np.abs(np.fft.rfft(wave)) ** 2
    return float(spectrum[int(frequency * len(wave) / RATE) :].sum() / spectrum.sum())


@pytest.mark.parametrize("codec", world.CODECS)
def test_a_codec_keeps_length_and_sound(codec):
    wave = sound()
    _, _, rates, bit_rates = world._SETUP[codec]
    coded = world.round_trip(wave, codec, rates[0], bit_rates[-1])
    assert coded.shape == wave.shape
    assert coded.dtype == np.float32
    low = world.band_limit(wave, 200, 400)
    best = max(np.corrcoef(low[4_000:12_000], coded[4_000 + lag : 12_000 + lag])[0, 1] for lag in range(0, 600, 2))
    assert best > 0.8


def test_telephone_codecs_lose_the_highs():
    assert power_above(sound(), 4_200) > 0.05
    assert power_above(world.round_trip(sound(), "g711", 8_000, 64_000), 4_200) < 0.01
    assert power_above(world.round_trip(sound(), "amr", 8_000, 12_200), 4_200) < 0.01


def test_a_band_limit_cuts_both_ends_and_a_full_band_cuts_nothing():
    wave = sound()
    assert power_above(world.band_limit(wave, 0, 3_000), 4_000) < 0.001
    assert power_above(world.band_limit(wave, 1_000, 8_000), 500) > 0.99
    np.testing.assert_allclose(world.band_limit(wave, 0, 8_000), wave, atol=1e-5)


def test_noise_comes_in_at_the_ratio_asked_for():
    wave = sound()
    added = world.add_noise(wave, world.coloured_noise(len(wave), np.random.default_rng(0)), 10) - wave
    ratio = 10 * np.log10(np.mean(wave**2) / np.mean(added**2))
    assert abs(ratio - 10) < 0.1


def test_dither_leaves_no_exact_zero_and_is_faint():
    wave = np.concatenate([np.zeros(8_000, np.float32), sound()])
    dithered = world.dither(wave, np.random.default_rng(0))
    assert not (dithered == 0).any()
    assert np.abs(dithered - wave).max() < 0.01


def test_a_pause_is_longer_than_before():
    wave = sound(3)
    paused = world.pauses(wave, np.random.default_rng(2))
    still = np.abs(paused[: len(paused) // 320 * 320].reshape(-1, 320)).max(axis=1) < 0.02
    assert still.sum() * 320 >= 0.1 * RATE


def test_a_room_answers_after_a_clap():
    clap = np.zeros(RATE, np.float32)
    clap[100] = 1
    answered = world.room(clap, np.random.default_rng(0))
    assert answered[100] == pytest.approx(1, abs=0.01)
    assert np.abs(answered[200:5_000]).max() > 0.001
    assert not np.abs(answered[:99]).max() > 1e-5


def test_clipping_lowers_the_peak():
    for seed in range(4):
        assert np.abs(world.clip_peaks(sound(), np.random.default_rng(seed))).max() < 0.95 * np.abs(sound()).max()


def test_the_whole_chain_keeps_length_and_stays_finite_and_repeats():
    for seed in range(25):
        once = world.corrupt(sound(), np.random.default_rng(seed))
        assert once.shape == (RATE,)
        assert once.dtype == np.float32
        assert np.isfinite(once).all()
        assert np.abs(once).max() < 1
        np.testing.assert_array_equal(once, world.corrupt(sound(), np.random.default_rng(seed)))


def test_no_strength_leaves_only_level_and_dither():
    wave = sound()
    left = world.corrupt(wave, np.random.default_rng(0), strength=0.0)
    assert np.corrcoef(wave, left)[0, 1] > 0.9999
