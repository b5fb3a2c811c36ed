"""Which rows of the manifests are evaluated: by split, and a fixed choice of so many per source."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from unmask.errors import DatasetError
from unmask.training.manifest import Row
from unmask.training.splits import order_by, split_rows

Split = Literal["dev", "train", "calibration", "all"]
SPLITS: tuple[Split, ...] = ("dev", "train", "calibration", "all")
SEED = 0
"""Fixed, so that a limit takes the same files every time and runs can be compared."""


def choose_rows(rows: Sequence[Row], split: Split, limit: int | None = None) -> tuple[Row, ...]:
    """The rows of a split, in their order; with `limit` at most so many real and so many fake ones of each source.

    `dev` and `calibration` are those of the shipped networks: the manifest's own `dev`, and the sources, methods and
    pages that the trainings hold out.

    Raises:
        DatasetError: there is none.
    """
    chosen = tuple(rows) if split == "all" else _of_split(rows, split)
    if limit is not None:
        groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in chosen:
            groups[row.source, row.label].append(row)
        kept = {id(row) for group in groups.values() for row in order_by(group, _name, SEED)[:limit]}
        chosen = tuple(row for row in chosen if id(row) in kept)
    if not chosen:
        raise DatasetError(f"there is nothing to evaluate: none of {len(rows)} rows is in the split {split!r}")
    return chosen


def _name(row: Row) -> str:
    return f"{row.origin or row.path.name}:{row.crop}"


def _of_split(rows: Sequence[Row], split: Split) -> tuple[Row, ...]:
    from unmask.training.face_selection import CALIBRATION_METHODS, CALIBRATION_SOURCES
    from unmask.training.voice_pages import CALIBRATION, DEV

    marked = [replace(row, split="dev") if row.kind == "audio" and row.source in DEV else row for row in rows]
    parts = split_rows(
        marked, calibration_sources=CALIBRATION_SOURCES | CALIBRATION, calibration_methods=CALIBRATION_METHODS
    )
    if split == "dev":
        return parts.dev
    return parts.calibration if split == "calibration" else parts.train
