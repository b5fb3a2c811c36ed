"""The weights that others published, where the research data lies beside the project: read, and true to their networks.

The answers of AASIST to compare with are those of its authors' program on the same three sounds.
"""

import os
from pathlib import Path

import numpy as np
import pytest

from unmask.models.added import AddedModels, add_model

ROOT = Path(__file__).parents[2]
WEIGHTS = Path(os.environ.get("UNMASK_DATA", ROOT.parent / "shared" / "data")) / "weights"

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not WEIGHTS.is_dir(), reason="the published weights are not on this machine"),
]
AASIST = {"AASIST": [13.01231, 3.24021, 1.91603], "AASIST-L": [-1.21316, 6.40554, 7.59478]}
MESO = ["Meso4_DF", "Meso4_F2F", "MesoInception_DF", "MesoInception_F2F"]


def model(file, folder):
    card = add_model(file, folder, name="it", source="published", licence="as published")
    return AddedModels(folder).get(card.name)


def sounds():
    """A rising tone, noise, and a buzz that dies away twice a second; 64,600 samples each."""
    time = np.arange(64_600) / 16_000
    return np.stack(
        [
            0.3 * np.sin(2 * np.pi * (200 * time + 300 * time**2)),
            0.05 * np.random.default_rng(7).normal(size=64_600),
            0.2 * np.sign(np.sin(2 * np.pi * 120 * time)) * np.exp(-((time % 0.5) * 4)),
        ]
    ).astype(np.float32)


@pytest.mark.parametrize("name", AASIST)
def test_aasist_answers_as_its_authors_program_does(name, tmp_path):
    made = model(WEIGHTS / "aasist" / f"{name}.pth", tmp_path)
    assert made.card.architecture == name.lower()
    assert made.logits(sounds()) == pytest.approx(AASIST[name], abs=2e-3)


@pytest.mark.parametrize("name", MESO)
def test_mesonets_weights_fit_and_give_one_logit_a_face(name, tmp_path):
    made = model(WEIGHTS / "mesonet" / f"{name}.h5", tmp_path)
    assert made.card.architecture == ("mesoinception4" if "Inception" in name else "meso4")
    faces = np.random.default_rng(3).random((3, 256, 256, 3)).astype(np.float32)
    logits = made.logits(faces)
    assert logits.shape == (3,) and np.isfinite(logits).all() and len(set(logits.tolist())) == 3
