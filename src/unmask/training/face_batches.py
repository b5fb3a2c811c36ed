"""Batches for the face network: balanced over sources, methods and people, made in a process of their own.

Half of each class comes as pairs: a real face, and a blend made of that very face, both through one recipe. The other
half are fakes as found against real faces as found, each through its own recipe from the same distribution.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from unmask.models.face_net import SIDE
from unmask.training.blending import self_blend, swap_blend
from unmask.training.faces_data import is_fake, load_part, part_path
from unmask.training.image_augment import recipe
from unmask.training.manifest import Row
from unmask.types import FloatArray, ImageArray

Rng = np.random.Generator
PAIR_SHARE = 0.56
SWAP_SHARE = 0.2
PAIR_PADDING = 0.15
"""A pair may show this much beyond the picture's edge: both halves show it alike."""
PLAIN_PADDING = 0.04
TEMPER = 0.5
"""A source is drawn with its number of people to this power: between all sources alike (0) and all people alike (1)."""
AHEAD = 6


@dataclass(frozen=True, slots=True)
class Item:
    """One cached file: `frames` are the crops that may be used as they are, `pair_frames` those for pairs."""

    path: Path
    frames: tuple[int, ...]
    pair_frames: tuple[int, ...]


People = tuple[tuple[Item, ...], ...]


@dataclass(frozen=True, slots=True)
class Pool:
    """Items by group (source or method), each a tuple of people; `weights` sum to one."""

    groups: tuple[People, ...]
    weights: FloatArray

    def draw(self, rng: Rng) -> Item:
        """A group, then one of its people, then one of their files."""
        people = self.groups[int(rng.choice(len(self.groups), p=self.weights))]
        items = people[int(rng.integers(len(people)))]
        return items[int(rng.integers(len(items)))]


@dataclass(frozen=True, slots=True)
class Pools:
    """All that batches are drawn from."""

    pairs: Pool
    real: Pool
    fake: Pool


def pools(rows: Sequence[Row], cache: Path) -> Pools:
    """Index the cached crops of the rows. Raises ValueError when one of the classes has none."""
    found = [(row, item) for row in rows if (item := _item(part_path(cache, row))) is not None]
    real = [(row, item) for row, item in found if not is_fake(row)]
    return Pools(
        pairs=_pool([pair for pair in real if pair[1].pair_frames], lambda row: f"{row.source} {row.kind}"),
        real=_pool([pair for pair in real if pair[1].frames], lambda row: f"{row.source} {row.kind}"),
        fake=_pool([pair for pair in found if is_fake(pair[0]) and pair[1].frames], lambda row: row.method),
    )


def _item(path: Path) -> Item | None:
    if not path.is_file():
        return None
    beyond = load_part(path, "outside")
    plain = tuple(int(i) for i in np.flatnonzero(beyond <= PLAIN_PADDING))
    paired = tuple(int(i) for i in np.flatnonzero(beyond <= PAIR_PADDING))
    return Item(path, plain, paired) if paired else None


def _pool(found: Sequence[tuple[Row, Item]], group_of: Callable[[Row], str]) -> Pool:
    if not found:
        raise ValueError("a class has no faces to train on")
    groups: dict[str, dict[str, list[Item]]] = defaultdict(lambda: defaultdict(list))
    for row, item in found:
        groups[group_of(row)][row.identity].append(item)
    names = sorted(groups)
    people = tuple(tuple(tuple(groups[name][who]) for who in sorted(groups[name])) for name in names)
    weights = np.asarray([len(members) ** TEMPER for members in people])
    return Pool(people, (weights / weights.sum()).astype(np.float64))


def make_batch(source: Pools, size: int, seed: int, step: int) -> tuple[ImageArray, FloatArray]:
    """Crops uint8 (size, SIDE, SIDE, 3) and labels float32 (size, 1); the same for the same seed and step."""
    import cv2

    cv2.setNumThreads(1)
    rng = np.random.default_rng([seed, step])
    crops: list[ImageArray] = []
    labels: list[float] = []
    for _ in range(round(size * PAIR_SHARE / 2)):
        blended, untouched = _pair(source, rng)
        crops += [blended, untouched]
        labels += [1.0, 0.0]
    while len(crops) < size:
        fake = len(crops) % 2 == 0
        item = (source.fake if fake else source.real).draw(rng)
        crops.append(recipe(rng, SIDE)(_crop(item, int(rng.choice(item.frames)))[0]))
        labels.append(float(fake))
    return np.stack(crops), np.asarray(labels, np.float32)[:, None]


def _pair(source: Pools, rng: Rng) -> tuple[ImageArray, ImageArray]:
    item = source.pairs.draw(rng)
    face, mesh = _crop(item, int(rng.choice(item.pair_frames)))
    if rng.random() < SWAP_SHARE:
        other = source.pairs.draw(rng)
        blended, untouched = swap_blend(face, mesh, *_crop(other, int(rng.choice(other.pair_frames))), rng)
    else:
        blended, untouched = self_blend(face, mesh, rng)
    apply = recipe(rng, SIDE)
    return apply(blended), apply(untouched)


def _crop(item: Item, number: int) -> tuple[ImageArray, FloatArray]:
    return load_part(item.path, "crops")[number], load_part(item.path, "meshes")[number].astype(np.float32)


_pools: Pools | None = None


def _start(source: Pools) -> None:
    global _pools  # noqa: PLW0603  # sent once to the worker process, not with every batch
    _pools = source


def _job(job: tuple[int, int, int]) -> tuple[ImageArray, FloatArray]:
    assert _pools is not None
    return make_batch(_pools, *job)


def batches(source: Pools, size: int, seed: int, first: int, last: int) -> Iterator[tuple[ImageArray, FloatArray]]:
    """The batches of the steps `first` to `last` - 1, prepared ahead by a second process."""
    with get_context("spawn").Pool(1, initializer=_start, initargs=(source,)) as worker:
        waiting: deque[object] = deque()
        for step in range(first, last + AHEAD):
            if step < last:
                waiting.append(worker.apply_async(_job, ((size, seed, step),)))
            if step - first >= AHEAD or step >= last:
                if not waiting:
                    return
                yield waiting.popleft().get()  # type: ignore[attr-defined]  # the pool's result type is private
