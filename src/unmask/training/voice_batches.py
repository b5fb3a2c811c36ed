"""Batches for the voice network: pages, methods and files drawn evenly, real beside fake, corrupted alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from unmask.models.voice_net import features
from unmask.training.audio_augment import corrupt
from unmask.training.beside import made_beside
from unmask.training.manifest import Row
from unmask.training.voice_data import RATE, Pcm, as_float, cached
from unmask.types import FloatArray

STRENGTH = (0.3, 1.0)
"""How often the corruptions come in, drawn anew for each pair of sounds: clean speech and worn speech both train."""
PAIR_SHARE = 0.2
SAME_PAGE_SHARE = 0.5


@dataclass(frozen=True)
class Pool:
    """What batches are drawn from: by label, page and method; and pairs of a real voice and its copy."""

    pages: dict[str, dict[str, dict[str, list[Row]]]]
    pairs: Sequence[tuple[Row, Row]]

    @classmethod
    def of(cls, rows: Sequence[Row], pairs: Sequence[tuple[Row, Row]]) -> Pool:
        """Rows arranged for drawing."""
        pages: dict[str, dict[str, dict[str, list[Row]]]] = {"real": {}, "fake": {}}
        for row in rows:
            pages[row.label].setdefault(row.source, defaultdict(list))[row.method].append(row)
        return cls(pages, pairs)

    def draw(self, label: str, draw: np.random.Generator, page: str | None = None) -> Row:
        """One row: a page by the root of its number of files, a method of it evenly, a file evenly."""
        of_label = self.pages[label]
        if page is None or page not in of_label:
            names = list(of_label)
            weight = np.sqrt([min(200, sum(map(len, of_label[name].values()))) for name in names])
            page = names[int(draw.choice(len(names), p=weight / weight.sum()))]
        methods = of_label[page]
        files = methods[list(methods)[int(draw.integers(len(methods)))]]
        return files[int(draw.integers(len(files)))]

    def slot(self, draw: np.random.Generator) -> tuple[Row, Row, bool]:
        """A real and a fake row, and whether they are a voice and its copy."""
        if self.pairs and draw.random() < PAIR_SHARE:
            real, fake = self.pairs[int(draw.integers(len(self.pairs)))]
            return real, fake, True
        fake = self.draw("fake", draw)
        return self.draw("real", draw, fake.source if draw.random() < SAME_PAGE_SHARE else None), fake, False


def make_batch(
    pool: Pool, cache: Path, size: int, length: int, draw: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Spectrograms (size, frames, bands) and labels (size, 1); real and fake alternate."""
    sounds, labels = [], []
    for _ in range(size // 2):
        real, fake, paired = pool.slot(draw)
        place, chain = draw.random(), int(draw.integers(1 << 62))
        strength = float(draw.uniform(*STRENGTH))
        for row, label in ((real, 0.0), (fake, 1.0)):
            where = place if paired else draw.random()
            chain_of = np.random.default_rng(chain if paired else int(draw.integers(1 << 62)))
            sounds.append(corrupt(cut(cached(row, cache), length, where, row, draw), chain_of, strength))
            labels.append([label])
    pictures = features(np.stack(sounds))
    _mask(pictures, draw)
    return pictures, np.asarray(labels, np.float32)


def cut(sound: Pcm | None, length: int, where: float, row: Row, draw: np.random.Generator) -> FloatArray:
    """A stretch of `length` at a share `where` (0..1) of what is possible; a short sound is repeated after a breath."""
    if sound is None:
        raise ValueError(f"no speech in {row.origin or row.path}")
    whole = as_float(sound)
    if len(whole) < length:
        hush = draw.standard_normal(int(draw.uniform(0.02, 0.3) * RATE)).astype(np.float32) * 1e-4
        whole = np.tile(np.concatenate([whole, hush]), -(-length // len(whole)))
    start = int(where * (len(whole) - length))
    return whole[start : start + length]


def _mask(pictures: FloatArray, draw: np.random.Generator) -> None:
    """One stretch of bands and one of time set to their mean in half of the pictures (Park et al. 2019)."""
    _, frames, bands = pictures.shape
    for picture in pictures:
        if draw.random() < 0.5:
            width = int(draw.integers(4, 40))
            start = int(draw.integers(0, bands - width))
            picture[:, start : start + width] = 0
        if draw.random() < 0.5:
            width = int(draw.integers(4, 25))
            start = int(draw.integers(0, frames - width))
            picture[start : start + width] = 0


def batches(
    pool: Pool, cache: Path, *, size: int, length: int, seed: int, start: int, stop: int
) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Batches of steps start..stop, made in a process beside; batch i depends on the seed and i alone."""
    return made_beside(
        (make_batch(pool, cache, size, length, np.random.default_rng((seed, i))) for i in range(start, stop)),
        stop - start,
    )
