"""The voice network's input and shape."""

import numpy as np
import pytest

from unmask.models import voice_net


def speechlike(seconds: float = 4.0, seed: int = 0) -> np.ndarray:
    draw = np.random.default_rng(seed)
    time = np.arange(int(seconds * voice_net.RATE)) / voice_net.RATE
    tone = sum(np.sin(2 * np.pi * 140 * k * time) / k for k in range(1, 30))
    return (tone * (0.5 + 0.5 * np.sin(2 * np.pi * 3 * time)) + 0.05 * draw.standard_normal(len(time))).astype(
        np.float32
    )


def test_a_window_becomes_a_picture_of_time_and_frequency():
    picture = voice_net.features(speechlike()[None])
    assert picture.shape == (1, voice_net.FRAMES, voice_net.BANDS)
    assert picture.dtype == np.float32
    assert np.isfinite(picture).all()


def test_loudness_does_not_change_the_picture():
    sound = speechlike()[None]
    np.testing.assert_allclose(voice_net.features(sound), voice_net.features(0.01 * sound), atol=2e-3)


def test_each_band_has_its_mean_over_time_taken_out():
    picture = voice_net.features(speechlike()[None])[0]
    np.testing.assert_allclose(picture.mean(axis=0), 0, atol=1e-4)


def test_a_fixed_equaliser_hardly_changes_the_picture():
    sound = speechlike()
    filtered = np.convolve(sound, [1.0, 0.5, 0.2])[: len(sound)].astype(np.float32)
    before, after = voice_net.features(np.stack([sound, filtered]))
    assert np.abs(before - after).mean() < 0.1 * before.std()


def test_digital_silence_gives_a_flat_picture_and_no_warning():
    np.testing.assert_allclose(voice_net.features(np.zeros((1, voice_net.WINDOW), np.float32)), 0, atol=1e-4)


def test_a_picture_does_not_depend_on_its_neighbours_in_the_batch():
    several = np.stack([speechlike(seed=i) * 10**-i for i in range(3)])
    np.testing.assert_array_equal(voice_net.features(several)[1], voice_net.features(several[1:2])[0])


def test_short_sound_is_repeated_and_long_sound_is_cut():
    short = speechlike(1.5)
    window = voice_net.fit(short)
    assert window.shape == (voice_net.WINDOW,)
    np.testing.assert_array_equal(window[len(short) : 2 * len(short)], short)
    np.testing.assert_array_equal(voice_net.fit(speechlike(6)), speechlike(6)[: voice_net.WINDOW])


def test_no_sound_is_refused():
    with pytest.raises(ValueError, match="empty"):
        voice_net.fit(np.zeros(0, np.float32))


def test_the_network_gives_one_logit_a_window_and_has_the_layer_that_heat_maps_read():
    network = voice_net.build()
    logits = np.asarray(network(voice_net.features(np.stack([speechlike(), speechlike(seed=1)])), training=False))
    assert logits.shape == (2, 1)
    assert np.isfinite(logits).all()
    assert network.get_layer(voice_net.CAM_LAYER).output.shape[-1] == 96
    assert 200_000 < network.count_params() < 2_000_000
