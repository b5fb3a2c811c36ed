"""Media are cut into a cache outside the project: processes beside, each with a face finder, and whole files only."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from unmask.media.faces import FaceFinder
from unmask.training.manifest import Row
from unmask.training.splits import order_by

Job = TypeVar("Job")


@cache
def finder() -> FaceFinder:
    """The process's face finder: interpreters can't be sent to another one."""
    return FaceFinder()


def cut_beside(cut: Callable[[Job], None], jobs: Sequence[Job], *, workers: int, chunk: int = 1) -> Iterator[int]:
    """Do the jobs in `workers` processes; yields how many are done, as it goes. `cut` is a function of a module."""
    if not jobs:
        return
    with get_context("spawn").Pool(workers, initializer=_begin) as pool:
        for done, _ in enumerate(pool.imap_unordered(cut, jobs, chunksize=chunk), 1):
            yield done


def by_file(rows: Sequence[Row], path_of: Callable[[Row], Path], seed: int = 0) -> list[list[Row]]:
    """Rows that the cache lacks, those of a file together, the files in random order.

    `path_of` says where it keeps a row.
    """
    files: dict[Path, list[Row]] = defaultdict(list)
    for row in rows:
        if not path_of(row).exists():
            files[row.path].append(row)
    return order_by(list(files.values()), lambda group: str(group[0].path), seed)


def keep(path: Path, parts: Mapping[str, NDArray[Any]]) -> None:
    """Write a cached file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_suffix(f".{os.getpid()}.npz")
    np.savez(scratch, **parts)  # type: ignore[arg-type]  # numpy's stub takes arrays by keyword only as bool
    scratch.replace(path)


def _begin() -> None:
    import cv2

    os.nice(5)
    cv2.setNumThreads(1)
