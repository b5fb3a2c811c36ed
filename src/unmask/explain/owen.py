"""Owen values of patches that are joined to ever larger groups: Shapley values that respect the groups (Owen 1977).

What a group adds is shared between its two halves: each gets the mean of what it adds alone and what it adds after the
other (Shapley 1953, for two players), and each is asked both in the absence and in the presence of the other. Groups
that matter most are divided first, as in SHAP's partition explainer (Lundberg and Lee 2017), until enough was asked;
what a group that was never divided adds is shared by size. A test holds the values against those of the library `shap`,
whose import alone takes longer than these values do.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Worth = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Which patches are there (n, count), 0 or 1, to what the whole is worth then (n,)."""


@dataclass(frozen=True, slots=True)
class Group:
    """Patches that lie side by side: their numbers, and the two groups that they fall into, none for a single patch."""

    members: tuple[int, ...]
    halves: tuple[Group, Group] | None = None

    @classmethod
    def join(cls, one: Group, other: Group) -> Group:
        """The group of both."""
        return cls((*one.members, *other.members), (one, other))


@dataclass(order=True, slots=True)
class _Open:
    """A group that may be divided, among the patches `around` it: `without` and with it the whole is worth so much."""

    rank: float
    number: int
    group: Group = field(compare=False)
    around: NDArray[np.float64] = field(compare=False)
    without: float = field(compare=False)
    together: float = field(compare=False)
    weight: float = field(compare=False)

    @property
    def adds(self) -> float:
        return (self.together - self.without) * self.weight


def owen_values(worth: Worth, whole: Group, evaluations: int, batch: int = 32) -> NDArray[np.float64]:
    """What each patch of `whole` adds (count,); the values sum to its worth less that of nothing.

    `worth` is asked for at most `evaluations` sets of patches, `batch` at a time.
    """
    count = len(whole.members)
    values = np.zeros(count)
    ends = worth(np.stack([np.zeros(count), np.ones(count)]))
    numbers = itertools.count()
    queue = [_Open(0.0, next(numbers), whole, np.zeros(count), float(ends[0]), float(ends[1]), 1.0)]
    left = evaluations - 2
    while queue:
        divided = _to_divide(queue, min(batch, left), values)
        if not divided:
            break
        found = worth(np.stack([_with(part, half) for part in divided for half in _halves(part.group)]))
        left -= len(found)
        for part, (first, other) in zip(divided, found.reshape(-1, 2), strict=True):
            for half in _asked(part, float(first), float(other), numbers):
                heapq.heappush(queue, half)
    for part in queue:
        _share(part, values)
    return values


def _to_divide(queue: list[_Open], most: int, values: NDArray[np.float64]) -> list[_Open]:
    """The next groups, two questions each; single patches among them are done with."""
    taken: list[_Open] = []
    while queue and 2 * len(taken) + 1 < most:
        part = heapq.heappop(queue)
        if part.group.halves is None:
            _share(part, values)
        else:
            taken.append(part)
    return taken


def _asked(part: _Open, first: float, other: float, numbers: itertools.count[int]) -> list[_Open]:
    """Both halves, each in the absence and in the presence of the other; one alone is worth `first`, `other`."""
    one, two = _halves(part.group)
    with_one, with_two = _with(part, one), _with(part, two)
    asked = [
        (one, part.around, part.without, first),
        (two, part.around, part.without, other),
        (one, with_two, other, part.together),
        (two, with_one, first, part.together),
    ]
    weight = part.weight / 2
    return [
        _Open(-abs(together - without) * weight, next(numbers), group, around, without, together, weight)
        for group, around, without, together in asked
    ]


def _halves(group: Group) -> tuple[Group, Group]:
    assert group.halves is not None
    return group.halves


def _with(part: _Open, group: Group) -> NDArray[np.float64]:
    there = part.around.copy()
    there[list(group.members)] = 1.0
    return there


def _share(part: _Open, values: NDArray[np.float64]) -> None:
    """What a group adds goes to its patches in equal parts."""
    members: Sequence[int] = part.group.members
    values[list(members)] += part.adds / len(members)
