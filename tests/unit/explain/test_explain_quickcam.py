"""Heat maps without TensorFlow beside those that TensorFlow makes."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from support.makevideo import media_of
from unmask.explain.cam import CAMS, class_activation
from unmask.explain.quickcam import quick_activation
from unmask.media.faces import FaceFinder
from unmask.media.video import frames_at
from unmask.models import face_tail
from unmask.models.face_net import preprocess
from unmask.models.registry import Registry

FACE = Registry(device="cpu").get("face")
SAMPLE = Path(__file__).parents[3] / "samples" / "manipulated.mp4"
LAYERS = ("block5_expand_relu", "block11_expand_relu", "head_relu")


@pytest.fixture(scope="module")
def pictures():
    """Faces of the manipulated sample, as the network takes them: in the forged stretch and outside."""
    finder, media = FaceFinder(), media_of(SAMPLE)
    frames = frames_at(media, [Fraction(second) for second in (2, 5, 7, 9)])
    return preprocess(np.stack([finder.find(frame.image, frame.time)[0].crop for frame in frames]))


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("kind", CAMS)
def test_a_map_is_the_one_that_tensorflow_makes(pictures, kind, layer):
    ours = quick_activation(FACE, kind, layer, pictures)
    theirs = class_activation(FACE.network, kind, layer, pictures)
    assert np.median(theirs.max(axis=(1, 2))) == 1
    # the earlier the layer, the more ReLUs lie after it that a difference in the last digit, the processor's own, can
    # open or close; a step of the drawing is 1/255
    assert np.abs(ours - theirs).max() <= (0.02 if layer == "block5_expand_relu" else 1 / 255)
    assert np.abs(ours - theirs).mean() <= 1e-3


@pytest.mark.parametrize("layer", LAYERS)
def test_the_gradient_is_the_one_that_tensorflow_finds(pictures, layer):
    import keras
    import tensorflow as tf

    twin = keras.Model(FACE.network.inputs, [FACE.network.get_layer(layer).output, FACE.network.outputs[0]])
    with tf.GradientTape() as tape:
        batch = tf.constant(pictures)
        tape.watch(batch)
        features, logits = twin(batch, training=False)
    theirs = np.asarray(tape.gradient(logits, features))
    ours = face_tail.gradient(FACE.arrays, layer, np.asarray(features))
    assert np.abs(theirs).max() > 0
    apart = np.abs(ours - theirs) / np.abs(theirs).max()
    assert np.quantile(apart, 0.99) <= 1e-3
    assert apart.max() <= 0.02  # where a ReLU opens by the last digit


def test_every_layer_of_a_new_resolution_can_be_gone_from():
    assert set(LAYERS) <= set(face_tail.layers())


def test_what_only_tensorflow_can_is_left_to_it(pictures):
    assert quick_activation(FACE, "integrated-gradients", "", pictures) is None
    assert quick_activation(FACE, "hires-cam", "block3_expand_relu", pictures) is None
    with pytest.raises(ValueError, match="no way leads"):
        face_tail.gradient(FACE.arrays, "block9_expand_relu", np.zeros((1, 10, 10, 480), np.float32))
