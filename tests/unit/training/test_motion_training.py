import csv
import json

import pytest

from support.nodding import clip
from unmask.errors import DatasetError
from unmask.models.motion_net import build
from unmask.models.weights import load_weights
from unmask.training import motion_data, train_motion
from unmask.training.splits import Splits


@pytest.fixture
def stored(tmp_path, monkeypatch):
    """Drawn clips in the cache, with a selection that hands them out; face's scores are given."""
    parts = {
        use: [
            clip(f"{use}{i}", fake=i % 2 == 1, source=f"{use}/{i}", split="dev" if use == "dev" else "train", seed=i)
            for i in range(4)
        ]
        for use in ("train", "calibration", "dev")
    }
    for part in parts.values():
        for one in part:
            motion_data.store(tmp_path / "cache" / "heads", one.row, one.head)
    rows = {use: tuple(one.row for one in part) for use, part in parts.items()}
    monkeypatch.setattr(train_motion, "select", lambda manifests: Splits(**rows, dropped=()))
    everyone = {f"{row.path}:{row.crop}": 0.1 * i for part in rows.values() for i, row in enumerate(part)}
    monkeypatch.setattr("unmask.training.motion_report.face_scores", lambda *_: everyone)
    monkeypatch.setattr("unmask.training.motion_report.DRAWS", 20)
    return tmp_path


def test_a_run_leaves_weights_a_curve_the_scores_and_what_was_measured(stored, monkeypatch):
    monkeypatch.setattr(train_motion, "BATCH", 4)
    path = train_motion.train_motion([], stored / "out", stored / "cache", steps=3)
    found = json.loads(path.read_text("utf-8"))
    assert found["run"]["steps"] == 3 and set(found) == {"run", "calibration", "dev"}
    assert found["calibration"]["n_real"] == 2 and 0 <= found["calibration"]["both"]["auc"] <= 1
    with (stored / "out" / "scores.csv").open(newline="") as source:
        lines = list(csv.DictReader(source))
    assert len(lines) == 8 and {line["fake"] for line in lines} == {"0", "1"}
    load_weights(build(), stored / "out" / "weights" / "motion.npz")
    with (stored / "out" / "curve.csv").open(newline="") as source:
        assert [line["step"] for line in csv.DictReader(source)] == ["3"]


def test_clips_that_show_nobody_are_refused(stored, monkeypatch):
    monkeypatch.setattr(train_motion, "load", lambda cache, rows: [])
    with pytest.raises(DatasetError, match="no clips to train on"):
        train_motion.train_motion([], stored / "out", stored / "cache", steps=1)
