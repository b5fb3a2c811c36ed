import csv
import json
from pathlib import Path

import numpy as np
import pytest

from unmask.models.face_net import SIDE, build
from unmask.models.weights import save_weights
from unmask.training.face_batches import Batch
from unmask.training.face_rotation import Rotation, family, group, rotations, train_rotations
from unmask.training.face_rotation_report import Unseen, measured
from unmask.training.face_scores import Scored
from unmask.training.faces_data import STORED, part_path
from unmask.training.manifest import Row, read_manifests

FAKES = ("Wav2Lip", "Wav2Lip-GAN", "Hallo", "MEMO", "roop (inswapper)")


def row(name, label="real", method="", source="home", kind="video"):
    return Row(Path("/nowhere") / name, kind, label, method=method, person=name, source=source)


def scored(name, pooled, **kind):
    return Scored(row(name, **kind), np.asarray([pooled, pooled], np.float32), pooled, 100.0, 120.0)


def test_every_method_and_every_source_is_left_out_by_one_rotation():
    rows = [row(f"f{i}", "fake", method) for i, method in enumerate(FAKES)]
    rows += [row(f"r{i}", source=f"source {i}") for i in range(7)]
    parts = rotations(rows, 3)
    for name in {group(one) for one in rows}:
        assert sum(name in part.without for part in parts) == 1
    assert any({"Wav2Lip", "Wav2Lip-GAN"} <= part.without for part in parts)


@pytest.mark.parametrize(
    ("one", "other"), [("Wav2Lip", "Wav2Lip-GAN"), ("Wav2Lip+GFPGAN", "wav2lip (seen)"), ("StyleGAN-V", "StyleGAN")]
)
def test_variants_of_a_method_are_of_one_family(one, other):
    assert family(one) == family(other) != family("Hallo")


def test_a_rotation_sees_nothing_of_what_it_leaves_out_and_both_classes_alike():
    labels = np.asarray([[1], [0]] * 4, np.float32)
    groups = ("home", "home", "Hallo", "home", "MEMO", "away", "MEMO", "home")
    batch = Batch(np.zeros((8, SIDE, SIDE, 3), np.uint8), labels, groups)
    chosen = Rotation("one", frozenset({"Hallo", "away"})).seen(batch, np.random.default_rng(1))
    assert len(chosen) == 8 and set(chosen.tolist()) == {0, 1, 6, 7} and labels[chosen].mean() == 0.5
    assert len(Rotation("none", frozenset({"home", "Hallo", "away"})).seen(batch, np.random.default_rng(1))) == 0


def test_methods_and_sources_are_judged_by_the_network_that_never_saw_them():
    held = tuple(scored(f"h{i}", i / 20) for i in range(20))
    well = tuple(scored(f"w{i}", 2.0 + i, label="fake", method="seen through") for i in range(3))
    badly = tuple(scored(f"b{i}", -2.0 - i, label="fake", method="missed") for i in range(3))
    calm = tuple(scored(f"c{i}", 0.1, source="calm") for i in range(4))
    loud = tuple(scored(f"l{i}", 5.0, source="loud") for i in range(4))
    found = measured([Unseen("one", (*well, *calm), held), Unseen("two", (*badly, *loud), held)])
    assert {line["method"]: line["auc"] for line in found["methods"]} == {"seen through": 1.0, "missed": 0.0}
    assert {line["source"]: line["rate"] for line in found["real_sources"]} == {"calm": 0.0, "loud": 1.0}
    assert found["summary"]["video"]["auc"] == 0.5 and found["summary"]["video"]["under_0.8_of_several"] == ["missed"]
    assert found["false_alarms"]["video"]["rate"] == 0.5
    json.dumps(found)


def test_rotations_train_and_leave_their_numbers(tmp_path):
    rng = np.random.default_rng(1)
    lines = [("real", "", f"source {i}") for i in range(4)] + [("fake", method, "made") for method in ("Hallo", "MEMO")]
    lines += [("real", "", "superhero-7/DreamID")]
    manifest = tmp_path / "manifest.csv"
    with manifest.open("w", newline="") as sink:
        writer = csv.writer(sink)
        writer.writerow(["path", "kind", "label", "method", "source", "person"])
        for number, (label, method, source) in enumerate(line for line in lines for _ in range(2)):
            writer.writerow([f"{number}.png", "image", label, method, source, f"person {number}"])
    for one in read_manifests([manifest]):
        path = part_path(tmp_path / "cache", one)
        path.parent.mkdir(parents=True, exist_ok=True)
        crops = rng.integers(0, 255, (1, STORED, STORED, 3), dtype=np.uint8)
        mesh = rng.uniform(40, 150, (1, 468, 2)).astype(np.float16)
        one_each = np.full(1, 100, np.float32)
        np.savez(path, crops=crops, meshes=mesh, sizes=one_each, outside=np.zeros(1, np.float32))
    save_weights(build(), tmp_path / "initial.npz")
    path = train_rotations(
        [manifest], tmp_path / "out", tmp_path / "cache", steps=2, initial=tmp_path / "initial.npz", count=2
    )
    found = json.loads(path.read_text("utf-8"))
    assert found["run"]["steps"] == 2
    assert {line["method"] for line in found["methods"]} == {"Hallo", "MEMO"}
    assert {line["source"] for line in found["real_sources"]} == {f"source {i}" for i in range(4)}
    assert {line["rotation"] for line in found["methods"]} == {"rotation1", "rotation2"}
