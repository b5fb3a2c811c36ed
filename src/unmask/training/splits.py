"""Splits by source, method and person: what trains, what calibrates and what tests never share any of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from unmask.training.manifest import Row

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Splits:
    """Rows by use. `dropped` would have trained, but show a person of `calibration` or `dev`."""

    train: tuple[Row, ...]
    calibration: tuple[Row, ...]
    dev: tuple[Row, ...]
    dropped: tuple[Row, ...]


def split_rows(
    rows: Sequence[Row],
    *,
    calibration_sources: Collection[str] = (),
    calibration_methods: Collection[str] = (),
    calibration_persons: Collection[str] = (),
) -> Splits:
    """Rows to train, to calibrate and to test with.

    Rows that the manifest calls `dev` are dev. Of the others a row calibrates when its source, its method or its
    person is held out. A person seen there or in dev does not train, whatever the source.
    """
    dev = tuple(row for row in rows if row.split == "dev")
    rest = [row for row in rows if row.split != "dev"]
    held = [
        row.source in calibration_sources
        or (row.method != "" and row.method in calibration_methods)
        or (row.person != "" and row.person in calibration_persons)
        for row in rest
    ]
    calibration = tuple(row for row, is_held in zip(rest, held, strict=True) if is_held)
    kept_out = {row.person for row in (*dev, *calibration) if row.person}
    left = [row for row, is_held in zip(rest, held, strict=True) if not is_held]
    train = tuple(row for row in left if row.person not in kept_out)
    dropped = tuple(row for row in left if row.person in kept_out)
    return Splits(train, calibration, dev, dropped)


def choose(names: Iterable[str], share: float, seed: int) -> frozenset[str]:
    """About `share` (0..1) of the names, the same ones on every machine, whatever else is in the list."""
    limit = round(share * 2**32)
    return frozenset(name for name in names if _number(name, seed) < limit)


def order_by(items: Sequence[T], name: Callable[[T], str], seed: int) -> list[T]:
    """The items in an order drawn from the seed and their names, whatever order they came in."""
    return sorted(items, key=lambda item: (_number(name(item), seed), name(item)))


def _number(name: str, seed: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}:{name}".encode()).digest()[:4], "big")
