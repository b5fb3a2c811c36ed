"""Copies of real voices for training, made once and kept in the cache beside the sound they are copies of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from unmask.training.manifest import Row
from unmask.training.vocoding import METHODS
from unmask.training.voice_data import RATE, as_float, cache_path, cached

PAGE = "copy synthesis"
LONGEST = 6 * RATE


def make_copies(rows: Sequence[Row], cache: Path, count: int, seed: int) -> list[tuple[Row, Row]]:
    """Pairs (real row, row of its copy) for about `count` of the real rows, each by a method drawn at random.

    The copies' sound is in the cache afterwards; which one a row gets depends on the seed and its name alone. Copies
    of at most 6 s are made, from the start of the sound.
    """
    real = [row for row in rows if row.label == "real"]
    chosen = sorted(real, key=lambda row: _number(row, seed))[:count]
    pairs = [(row, _copy_row(row, seed)) for row in chosen]
    for row, copy in pairs:
        _make(row, copy, cache, seed)
    return [(row, copy) for row, copy in pairs if cached(copy, cache) is not None]


def _copy_row(row: Row, seed: int) -> Row:
    names = sorted(METHODS)
    method = names[_number(row, seed + 1) % len(names)]
    return replace(
        row, label="fake", method=method, family="copy", source=PAGE, origin=f"{method}:{row.source}:{row.origin}"
    )


def _make(row: Row, copy: Row, cache: Path, seed: int) -> None:
    target = cache_path(copy, cache)
    sound = cached(row, cache)
    if sound is None or target.is_file():
        return
    draw = np.random.default_rng(_number(row, seed))
    made = METHODS[copy.method](as_float(sound[:LONGEST]), draw)
    peak = max(float(np.abs(made).max()), 1e-6)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".part.npy")
    np.save(partial, np.round(made * (29_000 / peak)).astype(np.int16))
    partial.replace(target)


def _number(row: Row, seed: int) -> int:
    text = json.dumps([seed, row.source, row.origin])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big")
