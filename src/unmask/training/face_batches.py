"""Batches for the face network: balanced over sources, methods and people, made in a process of their own.

A part of each class comes as pairs: a real face, and a blend made of that very face, both through one recipe. The rest
are fakes as found against real faces as found, each through its own recipe from the same distribution. Clips and
pictures have the same shares in both classes: a source of real faces is most often pictures, one of fakes most often
clips, and the network would learn the difference of the two. A fake whose page also shows real faces is often drawn
with one of these, since camera, size and encoder are then the same.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
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
PAIR_SHARE = 0.5
SWAP_SHARE = 0.2
CLIP_SHARE = 0.7
NEIGHBOUR_SHARE = 0.6
PAIR_PADDING = 0.15
"""A pair may show this much beyond the picture's edge: both halves show it alike."""
PLAIN_PADDING = 0.04
TEMPER = 0.5
"""A source is drawn with its number of people to this power: between all sources alike (0) and all people alike (1)."""
STRENGTH = (0.3, 0.8)
"""How often the recipes corrupt, at the first and at the last step: a cue must be seen before noise may cover it."""
AHEAD = 6


@dataclass(frozen=True, slots=True)
class Batch:
    """Crops uint8 (n, SIDE, SIDE, 3), labels float32 (n, 1) and groups of `n` samples, n even.

    The group is the method of a found fake, and the source of everything else. Samples lie in twos, a fake and a real
    face that belongs to it: its own, or one that stands against it.
    """

    crops: ImageArray
    labels: FloatArray
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One cached file: `frames` are the crops that may be used as they are, `pair_frames` those for pairs."""

    path: Path
    source: str
    method: str
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
class ByKind:
    """One class: its clips and its pictures; at least one of the two is there."""

    clips: Pool | None
    pictures: Pool | None

    def draw(self, rng: Rng) -> Item:
        """From the clips in `CLIP_SHARE` of the draws, where there are both."""
        clip = rng.random() < CLIP_SHARE
        pool = (self.clips or self.pictures) if clip else (self.pictures or self.clips)
        assert pool is not None
        return pool.draw(rng)


@dataclass(frozen=True, slots=True)
class Pools:
    """All that batches are drawn from. `neighbours` are the real faces of each source that has fakes too."""

    pairs: ByKind
    real: ByKind
    fake: ByKind
    neighbours: Mapping[str, Pool]


def pools(rows: Sequence[Row], cache: Path) -> Pools:
    """Index the cached crops of the rows. Raises ValueError when one of the classes has none."""
    found = [(row, item) for row in rows if (item := _item(row, part_path(cache, row))) is not None]
    real = [(row, item) for row, item in found if not is_fake(row)]
    usable = [pair for pair in real if pair[1].frames]
    mixed = {row.source for row, _ in usable} & {row.source for row, item in found if is_fake(row) and item.frames}
    return Pools(
        pairs=_by_kind([pair for pair in real if pair[1].pair_frames], source_of),
        real=_by_kind(usable, source_of),
        fake=_by_kind([pair for pair in found if is_fake(pair[0]) and pair[1].frames], lambda row: row.method),
        neighbours={name: _pool([pair for pair in usable if pair[0].source == name], source_of) for name in mixed},
    )


def source_of(row: Row) -> str:
    """The group of a real face."""
    return row.source


def _by_kind(found: Sequence[tuple[Row, Item]], group_of: Callable[[Row], str]) -> ByKind:
    if not found:
        raise ValueError("a class has no faces to train on")
    clips = [pair for pair in found if pair[0].kind == "video"]
    pictures = [pair for pair in found if pair[0].kind != "video"]
    return ByKind(_pool(clips, group_of) if clips else None, _pool(pictures, group_of) if pictures else None)


def _item(row: Row, path: Path) -> Item | None:
    if not path.is_file():
        return None
    beyond = load_part(path, "outside")
    plain = tuple(int(i) for i in np.flatnonzero(beyond <= PLAIN_PADDING))
    paired = tuple(int(i) for i in np.flatnonzero(beyond <= PAIR_PADDING))
    return Item(path, row.source, row.method if is_fake(row) else "", plain, paired) if paired else None


def _pool(found: Sequence[tuple[Row, Item]], group_of: Callable[[Row], str]) -> Pool:
    groups: dict[str, dict[str, list[Item]]] = defaultdict(lambda: defaultdict(list))
    for row, item in found:
        groups[group_of(row)][row.identity].append(item)
    names = sorted(groups)
    people = tuple(tuple(tuple(groups[name][who]) for who in sorted(groups[name])) for name in names)
    weights = np.asarray([len(members) ** TEMPER for members in people])
    return Pool(people, (weights / weights.sum()).astype(np.float64))


def make_batch(source: Pools, size: int, seed: int, step: int, strength: float = STRENGTH[1]) -> Batch:
    """A batch of `size` samples, an even number; the same for the same arguments."""
    import cv2

    cv2.setNumThreads(1)
    rng = np.random.default_rng([seed, step])
    made: list[tuple[ImageArray, float, str]] = []
    for _ in range(round(size * PAIR_SHARE / 2)):
        item = source.pairs.draw(rng)
        blended, untouched = _blended(item, source, rng)
        apply = recipe(rng, SIDE, strength)
        made += [(apply(blended), 1.0, item.source), (apply(untouched), 0.0, item.source)]
    while len(made) < size:
        item = source.fake.draw(rng)
        near = source.neighbours.get(item.source) if rng.random() < NEIGHBOUR_SHARE else None
        for one, label in ((item, 1.0), ((near or source.real).draw(rng), 0.0)):
            crop = recipe(rng, SIDE, strength)(_crop(one, int(rng.choice(one.frames)))[0])
            made.append((crop, label, one.method or one.source))
    crops, labels, groups = zip(*made, strict=True)
    return Batch(np.stack(crops), np.asarray(labels, np.float32)[:, None], groups)


def _blended(item: Item, source: Pools, rng: Rng) -> tuple[ImageArray, ImageArray]:
    """A face of the item with a blend in it, and without."""
    face, mesh = _crop(item, int(rng.choice(item.pair_frames)))
    if rng.random() < SWAP_SHARE:
        other = source.pairs.draw(rng)
        return swap_blend(face, mesh, *_crop(other, int(rng.choice(other.pair_frames))), rng)
    return self_blend(face, mesh, rng)


def _crop(item: Item, number: int) -> tuple[ImageArray, FloatArray]:
    return load_part(item.path, "crops")[number], load_part(item.path, "meshes")[number].astype(np.float32)


_pools: Pools | None = None


def _start(source: Pools) -> None:
    global _pools  # noqa: PLW0603  # sent once to the worker process, not with every batch
    _pools = source


def _job(job: tuple[int, int, int, float]) -> Batch:
    assert _pools is not None
    return make_batch(_pools, *job)


def batches(source: Pools, size: int, seed: int, first: int, last: int) -> Iterator[Batch]:
    """The batches of the steps `first` to `last` - 1, more corrupted as they go, prepared ahead by a second process."""
    mild, strong = STRENGTH
    with get_context("spawn").Pool(1, initializer=_start, initargs=(source,)) as worker:
        waiting: deque[object] = deque()
        for step in range(first, last + AHEAD):
            if step < last:
                strength = mild + (strong - mild) * step / last
                waiting.append(worker.apply_async(_job, ((size, seed, step, strength),)))
            if step - first >= AHEAD or step >= last:
                if not waiting:
                    return
                yield waiting.popleft().get()  # type: ignore[attr-defined]  # the pool's result type is private
