"""Which files train, calibrate and test the face network: caps on narrow sources, and what is held out as a whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from unmask.errors import DatasetError
from unmask.training.faces_data import capped, is_fake
from unmask.training.manifest import read_manifests
from unmask.training.splits import Splits, choose, split_rows

CAPS = {
    "sumanvithaeadala/EthnicityDetection": 1500,
    "zyc123456zzz/ML_face_detector": 1500,
    "muxspace/facial_expressions": 900,
    "Rees451/faces-fake-vs-real": 1500,
    "chandrikadeb7/Face-Mask-Detection": 600,
    "opendemo-mm/AlignDiT": 30,
}
CAP = 2500
DEV_CAP = 300
CAP_SEED = 0
"""Not the run's seed: all runs share one cache."""

CALIBRATION_SOURCES = frozenset(
    {
        "FreedomIntelligence/talk-vid",
        "vico-challenge/vico-challenge.github.io",
        "Hangz-nju-cuhk/Talking-Face_PC-AVS",
        "google-research/lingvo-lab",
        "looking-to-listen/looking-to-listen.github.io",
        "SkyworkAI/SkyReels-A1",
        "wyhsirius/LIA",
        "prajnasb/observations",
        "superhero-7/DreamID",
        "neeek2303/neeek2303.github.io",
        "lixinyyang/MoDA.github.io",
    }
)
CALIBRATION_METHODS = frozenset(
    {
        "OmniTalker",
        "MoDA",
        "StyleHEAT",
        "EMOPortraits",
        "CyberHost",
        "DiffusionVideoEditing",
        "DreamID",
        "StyleGAN-V",
        "SyncTalk",
        "FLOAT",
        "roop (inswapper_128)",
        "SimSwap++",
    }
)
"""Nothing of these trains: phone and lecture video, other laboratories' pages, portraits; generators of each kind."""
NARROW = 8
HELD_SHARE = 0.15
"""Of the sources with at most `NARROW` clips, this share calibrates too: width counts there as much as in training."""


def select(manifests: Sequence[Path]) -> Splits:
    """Rows of the manifests by use. Raises DatasetError when there is nothing real or nothing fake to train on."""
    found = read_manifests(manifests, kinds=("image", "video"))
    rows = capped([row for row in found if row.split != "dev"], CAPS, CAP, CAP_SEED)
    rows += capped([row for row in found if row.split == "dev"], {}, DEV_CAP, CAP_SEED)
    clips = Counter(row.source for row in rows if row.kind == "video" and row.split != "dev")
    drawn = choose([source for source, files in clips.items() if files <= NARROW], HELD_SHARE, CAP_SEED)
    splits = split_rows(rows, calibration_sources=CALIBRATION_SOURCES | drawn, calibration_methods=CALIBRATION_METHODS)
    if {is_fake(row) for row in splits.train} != {True, False}:
        raise DatasetError("training a face model takes real and fake faces")
    return splits
