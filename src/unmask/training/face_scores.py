"""Scores of cached faces by a network: per frame, and pooled per subject (a clip or a picture)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from unmask.fusion.pooling import pool
from unmask.models.face_net import SIDE, preprocess
from unmask.training.faces_data import is_fake, load
from unmask.training.image_augment import centre
from unmask.training.manifest import Row
from unmask.training.splits import order_by
from unmask.types import FloatArray, ImageArray

BATCH = 16
CHECK_ROWS = 300


@dataclass(frozen=True, slots=True)
class Scored:
    """One subject: its row, the logit of each frame (n,), and the pooled logit."""

    row: Row
    points: FloatArray
    pooled: float
    size: float
    brightness: float

    @property
    def fake(self) -> bool:
        """Whether the picture was made or altered."""
        return is_fake(self.row)


def forward(network: Any, crops: ImageArray) -> FloatArray:
    """Logits (n,) of crops uint8 (n, SIDE, SIDE, 3), in batches of one size."""
    if len(crops) == 0:
        return np.zeros(0, np.float32)
    padded = np.concatenate([crops, np.repeat(crops[-1:], -len(crops) % BATCH, axis=0)])
    parts = [network.predict_on_batch(preprocess(padded[i : i + BATCH])) for i in range(0, len(padded), BATCH)]
    return np.concatenate(parts).reshape(-1)[: len(crops)].astype(np.float32)


def score_rows(network: Any, rows: Sequence[Row], cache: Path) -> list[Scored]:
    """All rows that have a face in the cache, scored; the same cut as in an analysis, without augmentation."""
    found = [(row, crops) for row in rows if (crops := load(cache, row)) is not None]
    scored: list[Scored] = []
    for start in range(0, len(found), 64):
        part = found[start : start + 64]
        views = [np.stack([centre(crop, SIDE) for crop in crops.crops]) for _, crops in part]
        logits = forward(network, np.concatenate(views))
        ends = np.cumsum([len(view) for view in views])
        for (row, crops), view, points in zip(part, views, np.split(logits, ends[:-1]), strict=True):
            size, light = float(np.median(crops.sizes)), float(view.mean())
            scored.append(Scored(row, points, pool(points), size, light))
    return scored


def check_set(rows: Sequence[Row], cache: Path) -> tuple[ImageArray, FloatArray]:
    """One face of each of some held-out rows, half of each class as far as there are: crops and labels (n,)."""
    crops: list[ImageArray] = []
    labels: list[float] = []
    for fake in (False, True):
        taken = 0
        for row in order_by([row for row in rows if is_fake(row) == fake], lambda row: f"{row.path}{row.crop}", 0):
            found = load(cache, row)
            if found is not None and taken < CHECK_ROWS // 2:
                crops.append(centre(found.crops[len(found.crops) // 2], SIDE))
                labels.append(float(fake))
                taken += 1
    return np.stack(crops) if crops else np.zeros((0, SIDE, SIDE, 3), np.uint8), np.asarray(labels, np.float32)
