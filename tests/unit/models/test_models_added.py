"""Weights that others published: read, hashed, refused where they don't fit. No network is run here."""

import json
import os

import h5py
import numpy as np
import pytest
from typer.testing import CliRunner

from support.addedmodels import meso_file, torch_file
from support.scores import CALIBRATION
from unmask.cli.analyze import BROKEN
from unmask.cli.app import app
from unmask.cli.models import name_from
from unmask.errors import ModelError
from unmask.models.added import AddedModels, add_model
from unmask.models.architectures import ARCHITECTURES, recognise
from unmask.models.keras_file import read_keras_file
from unmask.models.registry import HERE, Registry
from unmask.models.torch_file import read_torch_file
from unmask.models.weights import file_hash


@pytest.fixture
def meso(tmp_path):
    return meso_file(tmp_path / "Meso4_DF.h5")


def put(weights, folder, name="meso4_df"):
    return add_model(weights, folder, name=name, source="a page", licence="Apache-2.0")


def test_a_card_holds_hash_source_and_what_network_it_is(meso, tmp_path):
    card = put(meso, tmp_path / "added")
    kept = json.loads((tmp_path / "added" / "cards" / "meso4_df.json").read_text())
    assert kept["schema"] == "unmask.added_model/1"
    assert (kept["sha256"], kept["source"], kept["architecture"]) == (file_hash(meso), "a page", "meso4")
    assert kept["calibration"] is None and "MesoNet" in kept["paper"]
    assert AddedModels(tmp_path / "added").card("meso4_df") == card
    assert card.detector == "face:meso4_df"


def test_networks_are_told_by_what_is_in_the_file(meso, tmp_path):
    assert recognise(meso) == "meso4"
    assert recognise(meso_file(tmp_path / "other.bin", inception=True)) == "mesoinception4"
    assert recognise(torch_file(tmp_path / "a.pth", {"pos_S": np.zeros((1, 23, 64))})) == "aasist"
    assert recognise(torch_file(tmp_path / "b.pth", {"pos_S": np.zeros((1, 23, 24))})) == "aasist-l"


def test_a_changed_byte_in_the_weights_is_a_coded_error(meso, tmp_path):
    put(meso, tmp_path / "added")
    path = tmp_path / "added" / "weights" / "meso4_df.h5"
    damaged = bytearray(path.read_bytes())
    damaged[-1] ^= 1
    path.write_bytes(damaged)
    added = AddedModels(tmp_path / "added")
    for look in (added.all, lambda: added.get("meso4_df").network):
        with pytest.raises(ModelError, match="do not match the hash") as refused:
            look()
        assert refused.value.code == "model_unusable"
    path.unlink()
    with pytest.raises(ModelError, match="missing"):
        added.all()


@pytest.mark.parametrize("content", [b"", b"\x89HDF\r\n\x1a\n broken", b"PK\x03\x04 broken", b"GIF89a", b"\x80\x02."])
def test_what_holds_no_weights_is_refused(tmp_path, content):
    path = tmp_path / "w.h5"
    path.write_bytes(content)
    with pytest.raises(ModelError):
        put(path, tmp_path / "added")
    assert not (tmp_path / "added").exists()


def test_weights_of_an_unknown_network_are_refused(tmp_path):
    with h5py.File(tmp_path / "w.h5", "w") as out:
        out["conv2d_1/conv2d_1/kernel:0"] = np.zeros((3, 3, 3, 9), np.float32)
    with pytest.raises(ModelError, match="no network that is known"):
        put(tmp_path / "w.h5", tmp_path / "added")


@pytest.mark.parametrize("name", ["", "../x", "A", "a b", "a:b", "x" * 60, "-a"])
def test_a_name_never_leads_out_of_the_folder(meso, tmp_path, name):
    with pytest.raises(ModelError, match="can't be the name"):
        put(meso, tmp_path / "added", name)


@pytest.mark.parametrize("weights", ["../../etc/passwd", "/etc/passwd", ".hidden", "a/b.h5"])
def test_a_card_cannot_name_a_file_elsewhere(meso, tmp_path, weights):
    put(meso, tmp_path / "added")
    path = tmp_path / "added" / "cards" / "meso4_df.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"weights": weights}))
    with pytest.raises(ModelError, match="can't be read"):
        AddedModels(tmp_path / "added").all()


def test_other_weights_do_not_take_a_models_place_and_the_same_keep_their_calibration(meso, tmp_path):
    folder = tmp_path / "added"
    put(meso, folder)
    with pytest.raises(ModelError, match="other weights"):
        put(meso_file(tmp_path / "other.h5", seed=2), folder)
    added = AddedModels(folder)
    added.save(added.card("meso4_df").model_copy(update={"calibration": CALIBRATION, "threshold": 1.0}))
    assert put(meso, folder).calibration == CALIBRATION


def test_a_folder_that_is_not_there_is_named_and_none_is_no_model(tmp_path):
    assert AddedModels(None).all() == []
    with pytest.raises(ModelError, match="does not exist"):
        AddedModels(tmp_path / "gone").all()


def test_a_calibrated_one_has_a_card_like_ours_and_an_uncalibrated_one_has_none(meso, tmp_path):
    put(meso, tmp_path / "added")
    added = AddedModels(tmp_path / "added")
    registry = Registry(HERE, added)
    with pytest.raises(ModelError, match="no calibration"):
        registry.card("face:meso4_df")
    added.save(added.card("meso4_df").model_copy(update={"calibration": CALIBRATION, "threshold": 1.5}))
    card = registry.card("face:meso4_df")
    assert (card.name, card.threshold, card.sha256) == ("face:meso4_df", 1.5, file_hash(meso))


def test_a_pytorch_file_is_read_without_pytorch(tmp_path):
    arrays = {"a.weight": np.arange(12).reshape(3, 4), "b": np.float32([[1.5]])}
    found = read_torch_file(torch_file(tmp_path / "w.pth", arrays))
    assert set(found) == set(arrays)
    assert all(np.array_equal(found[name], arrays[name]) and found[name].dtype == np.float32 for name in arrays)


class Harmful:
    def __reduce__(self):
        return os.system, ("touch harmed",)


def test_a_pytorch_file_can_run_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelError, match="which no state dict"):
        read_torch_file(torch_file(tmp_path / "w.pth", {"a": Harmful()}))
    assert not (tmp_path / "harmed").exists()


def test_a_pytorch_file_of_other_things_is_refused(tmp_path):
    with pytest.raises(ModelError, match="something else"):
        read_torch_file(torch_file(tmp_path / "w.pth", {"epoch": 7}))


def test_an_array_that_unfolds_to_too_much_is_refused(tmp_path):
    with h5py.File(tmp_path / "w.h5", "w") as out:
        out.create_dataset("conv2d_1/conv2d_1/kernel:0", (1 << 14, 1 << 14), "f4", compression="gzip")
    with pytest.raises(ModelError, match="more than is taken"):
        read_keras_file(tmp_path / "w.h5")


def test_every_network_says_what_it_looks_at_and_whose_it_is():
    assert {one.looks for one in ARCHITECTURES.values()} == {"face", "voice"}
    assert all("et al. 20" in one.paper for one in ARCHITECTURES.values())


def call(*args):
    return CliRunner().invoke(app, ["models", *map(str, args)])


def test_the_command_adds_lists_and_verifies(meso, tmp_path, monkeypatch):
    folder = tmp_path / "added"
    done = call("add", meso, "--folder", folder, "--source", "a page", "--licence", "MIT")
    assert done.exit_code == 0, done.output
    assert "face:meso4_df" in done.output
    monkeypatch.setenv("UNMASK_EXTRA_MODELS", str(folder))
    assert "face:meso4_df" in call("list").output
    assert call("verify").exit_code == 0
    (folder / "weights" / "meso4_df.h5").write_bytes(b"other")
    checked = call("verify")
    assert checked.exit_code == 1
    assert "face:meso4_df: the weights do not match" in checked.output


def test_the_command_says_what_it_refuses(tmp_path, meso):
    (tmp_path / "x.h5").write_bytes(b"nothing")
    refused = call("add", tmp_path / "x.h5", "--folder", tmp_path / "added")
    assert refused.exit_code == BROKEN
    assert "model_unusable" in refused.output
    assert "bad_settings" in call("add", meso).output


@pytest.mark.parametrize(
    ("file", "name"), [("Meso4_DF.h5", "meso4_df"), ("AASIST-L.pth", "aasist-l"), ("é .h5", "model")]
)
def test_a_name_is_made_from_the_files(tmp_path, file, name):
    assert name_from(tmp_path / file) == name
