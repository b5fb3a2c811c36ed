"""The networks that others published weights for, with weights that learned nothing: structure and input."""

import numpy as np
import pytest

from support.addedmodels import meso_file
from unmask.errors import ModelError
from unmask.models.aasist_net import KERNEL, SAMPLES, fit, sinc_filters
from unmask.models.keras_file import load_keras_file, read_keras_file
from unmask.models.meso_net import build_meso4, build_mesoinception4, preprocess


def test_a_file_fits_its_network_whatever_number_its_layers_begin_with(tmp_path):
    one, other = build_mesoinception4(), build_mesoinception4()
    load_keras_file(one, meso_file(tmp_path / "a.h5", inception=True, first=1))
    load_keras_file(
        other, meso_file(tmp_path / "b.h5", inception=True, first=98)
    )  # 98, 99, 100: by number, not by name
    assert all(np.array_equal(a, b) for a, b in zip(one.get_weights(), other.get_weights(), strict=True))
    stored = read_keras_file(tmp_path / "a.h5")
    assert np.array_equal(one.get_layer("conv2d_5").get_weights()[0], stored["conv2d_5"]["kernel"])


def test_a_file_of_another_network_is_refused(tmp_path):
    with pytest.raises(ModelError, match="do not fit"):
        load_keras_file(build_meso4(), meso_file(tmp_path / "a.h5", inception=True))


def test_the_networks_are_as_large_as_the_paper_says():
    assert build_meso4().count_params() == 27_977 + 2 * (8 + 8 + 16 + 16)  # the paper counts what is trained
    assert build_mesoinception4().count_params() == 28_615 + 2 * (11 + 12 + 16 + 16)


def test_mesonets_sigmoid_says_real_so_its_logit_is_turned_about(tmp_path):
    network = build_meso4()
    load_keras_file(network, meso_file(tmp_path / "a.h5"))
    faces = np.random.default_rng(1).random((2, 256, 256, 3)).astype(np.float32)
    before = np.asarray(network(faces, training=False))
    kernel, bias = network.get_layer("dense_2").get_weights()
    network.get_layer("dense_2").set_weights([kernel, bias + 1])
    assert np.asarray(network(faces, training=False)) == pytest.approx(before - 1, abs=1e-5)


def test_faces_are_scaled_to_256_pixels_and_to_one():
    crops = np.full((2, 160, 160, 3), 255, np.uint8)
    assert preprocess(crops).shape == (2, 256, 256, 3)
    assert float(preprocess(crops).max()) == 1.0
    with pytest.raises(ValueError, match="crops must be"):
        preprocess(crops.astype(np.float32))


def test_sound_is_repeated_or_cut_to_what_aasist_was_trained_on():
    short = np.arange(64_000, dtype=np.float32)
    assert len(fit(short)) == SAMPLES and fit(short)[64_000] == short[0]
    assert np.array_equal(fit(np.arange(70_000)), np.arange(SAMPLES))
    with pytest.raises(ValueError, match="empty"):
        fit(np.zeros(0, np.float32))


def test_the_sinc_filters_pass_one_band_each_from_low_to_high():
    filters = sinc_filters()
    assert filters.shape == (70, KERNEL)
    assert np.allclose(filters, filters[:, ::-1], atol=1e-7)
    loudest = np.abs(np.fft.rfft(filters, 4096, axis=1)).argmax(axis=1)
    assert (np.diff(loudest) >= 0).all() and loudest[-1] > 1800
