"""Batches for the motion network: made heads beside the real ones they were made of, and fakes as found beside real."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from unmask.media.heads import Head
from unmask.models.motion_net import FRAMES, changes
from unmask.training.beside import made_beside
from unmask.training.motion_augment import recipe
from unmask.training.motion_data import Clip
from unmask.training.motion_fakes import make_fake
from unmask.types import FloatArray

Draw = np.random.Generator
PAIR_SHARE = 0.6
"""Share of a batch that is a real head and a made copy of it, both through one recipe."""
NEIGHBOUR_SHARE = 0.6
"""How often a fake as found stands beside a real clip of its own page: camera, size and encoder are then the same."""
STRENGTH = (0.3, 0.9)
"""How often the recipes corrupt, at the first and at the last step: a cue must be seen before noise may cover it."""
TEMPER = 0.5

Batch = tuple[FloatArray, FloatArray]
"""Changes (b, FRAMES, VIEW, VIEW, 3) and labels (b, 1)."""


@dataclass(frozen=True)
class Pool:
    """Clips by group (source or method), each group with the root of its persons as weight."""

    groups: tuple[tuple[tuple[Clip, ...], ...], ...]
    weights: FloatArray

    @classmethod
    def of(cls, clips: Sequence[Clip], group_of: Callable[[Clip], str]) -> Pool:
        """Clips arranged for drawing: a group, then one of its people, then one of their clips."""
        found: dict[str, dict[str, list[Clip]]] = defaultdict(lambda: defaultdict(list))
        for clip in clips:
            found[group_of(clip)][clip.row.identity].append(clip)
        groups = tuple(tuple(tuple(people[who]) for who in sorted(people)) for _, people in sorted(found.items()))
        weights = np.asarray([len(people) ** TEMPER for people in groups])
        return cls(groups, np.asarray(weights / weights.sum()))

    def draw(self, draw: Draw) -> Clip:
        """A clip."""
        people = self.groups[int(draw.choice(len(self.groups), p=self.weights))]
        clips = people[int(draw.integers(len(people)))]
        return clips[int(draw.integers(len(clips)))]


@dataclass(frozen=True)
class Pools:
    """All that batches are drawn from; `neighbours` are the real clips of each source that has fakes too."""

    real: Pool
    fake: Pool
    neighbours: Mapping[str, Pool]

    @classmethod
    def of(cls, clips: Sequence[Clip]) -> Pools:
        """Raises ValueError when one of the classes has no clip."""
        real, fake = ([clip for clip in clips if clip.fake == made] for made in (False, True))
        if not real or not fake:
            raise ValueError("a class has no clips to train on")
        mixed = {clip.row.source for clip in real} & {clip.row.source for clip in fake}
        return cls(
            Pool.of(real, lambda clip: clip.row.source),
            Pool.of(fake, lambda clip: clip.row.method),
            {name: Pool.of([c for c in real if c.row.source == name], lambda c: c.row.source) for name in mixed},
        )


def window(head: Head, draw: Draw) -> Head:
    """`FRAMES` pictures of a head, from anywhere."""
    return part(head, int(draw.integers(0, len(head) - FRAMES + 1)))


def part(head: Head, start: int) -> Head:
    """`FRAMES` pictures of a head from `start` on."""
    return Head(head.crops[start : start + FRAMES], head.meshes[start : start + FRAMES], head.size)


def make_batch(pools: Pools, size: int, seed: int, step: int, strength: float = STRENGTH[1]) -> Batch:
    """One batch, `size` even; the same for the same arguments."""
    draw = np.random.default_rng((seed, step))
    heads: list[Head] = []
    labels: list[float] = []
    for _ in range(round(size * PAIR_SHARE / 2)):
        head, other = (window(pools.real.draw(draw).head, draw) for _ in range(2))
        change = recipe(draw, strength)
        heads += [change(make_fake(head, other.meshes, draw)), change(head)]
        labels += [1.0, 0.0]
    while len(heads) < size:
        fake = pools.fake.draw(draw)
        near = pools.neighbours.get(fake.row.source) if draw.random() < NEIGHBOUR_SHARE else None
        real = (near or pools.real).draw(draw)
        heads += [recipe(draw, strength)(window(clip.head, draw)) for clip in (fake, real)]
        labels += [1.0, 0.0]
    seen = np.stack([changes(head.crops, head.meshes) for head in heads])
    return seen, np.asarray(labels, np.float32)[:, None]


def batches(pools: Pools, *, size: int, seed: int, start: int, stop: int) -> Iterator[Batch]:
    """Batches of steps start..stop, more corrupted as they go, made in a process beside."""
    mild, strong = STRENGTH
    return made_beside(
        (
            make_batch(pools, size, seed, step, mild + (strong - mild) * step / max(stop, 1))
            for step in range(start, stop)
        ),
        stop - start,
    )
