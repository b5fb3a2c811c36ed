"""Heads over time from manifests, cut once and kept in a cache outside the project, for the motion network."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from unmask.errors import DatasetError
from unmask.media.heads import SIDE, STEP, Head, cut_head
from unmask.media.mouths import Follower, on_clock
from unmask.models.motion_net import FRAMES
from unmask.training import face_selection
from unmask.training.cutting import by_file, cut_beside, finder, keep
from unmask.training.faces_data import capped, is_fake, panel
from unmask.training.manifest import Row
from unmask.training.splits import Splits
from unmask.types import FloatArray, ImageArray

FORMAT = 1
"""Part of every cached file's name: raise it when clips are cut in another way."""

LONGEST = 40
"""Pictures of a clip that are kept: 3.2 seconds."""

LONG_CLIP = 12.0
"""Seconds from which a clip is entered after an eighth of its length: its beginning is often a title."""

MIN_FACE = 40.0
CAP, HELD_CAP = 10, 16
"""Clips of one source, label and method that train, and that are held out: many sources count, not many clips."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip of the cache."""

    row: Row
    head: Head

    @property
    def fake(self) -> bool:
        """Whether the picture was made or altered."""
        return is_fake(self.row)


def select(manifests: Sequence[Path]) -> Splits:
    """Clips by use, as the face network's: a source or method that is held out there is held out here too.

    Raises DatasetError when there is nothing real or nothing fake to train on.
    """
    splits = face_selection.select(manifests)
    train, calibration, dev = (
        capped([row for row in rows if row.kind == "video"], {}, cap, 0)
        for rows, cap in ((splits.train, CAP), (splits.calibration, HELD_CAP), (splits.dev, HELD_CAP))
    )
    if {is_fake(row) for row in train} != {True, False}:
        raise DatasetError("training motion takes real and fake clips")
    return Splits(train, calibration, dev, splits.dropped)


def prepare(rows: Sequence[Row], cache: Path, *, workers: int = 2) -> Iterator[int]:
    """Cut all rows that the cache lacks; yields how many files are done, as it goes."""
    cache.mkdir(parents=True, exist_ok=True)
    jobs = [(cache, group) for group in by_file(rows, lambda row: part_path(cache, row))]
    yield from cut_beside(_cut_file, jobs, workers=workers)


def load(cache: Path, rows: Iterable[Row]) -> list[Clip]:
    """The clips of those rows in which a face was followed for long enough, in their order."""
    found = ((row, _load(part_path(cache, row))) for row in rows)
    return [Clip(row, head) for row, head in found if head is not None]


def part_path(cache: Path, row: Row) -> Path:
    """Where the cache keeps a row."""
    name = hashlib.sha256(f"{FORMAT}:{row.path}:{row.crop}".encode()).hexdigest()[:20]
    return cache / name[:2] / f"{name}.npz"


def follow(pictures: Iterable[ImageArray], finder: Any) -> Head | None:
    """The longest run of one face in RGB pictures, at most `LONGEST`; None when none is of `FRAMES` pictures."""
    import cv2

    runs: list[tuple[list[ImageArray], list[FloatArray]]] = []
    follower: Follower | None = None
    for picture in pictures:
        if follower is None:
            follower = _found(picture, finder)
            runs.append(([], []))
        mouth = follower.see(picture) if follower is not None else None
        if mouth is None:
            follower = None
            continue
        runs[-1][0].append(np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8))
        runs[-1][1].append(mouth.mesh)
        if len(runs[-1][0]) == LONGEST:
            break
    greys, meshes = max(runs, key=lambda run: len(run[0]), default=([], []))
    return cut_head(greys, np.stack(meshes)) if len(greys) >= FRAMES else None


def read_pictures(row: Row) -> Iterator[ImageArray]:
    """RGB pictures of a clip 12.5 times a second, some seconds of it; ends early where it can't be read."""
    import av

    try:
        with av.open(str(row.path)) as container:
            stream = container.streams.video[0]
            length = float(container.duration or 0) / 1e6
            if length > LONG_CLIP and row.split != "dev":
                container.seek(int(length / 8 * 1e6))
            stamped = ((frame.time, frame) for frame in container.decode(stream) if frame.time is not None)
            first: int | None = None
            for tick, frame in on_clock((_exact(time), frame) for time, frame in stamped):
                first = tick if first is None else first
                if tick - first > 2 * LONGEST * STEP:
                    return
                if (tick - first) % STEP == 0:
                    yield cast(ImageArray, frame.to_ndarray(format="rgb24"))
    except (av.FFmpegError, OSError, IndexError, ValueError):
        return


def _exact(time: float) -> Any:
    from fractions import Fraction

    return Fraction(time).limit_denominator(90_000)


def _found(picture: ImageArray, finder: Any) -> Follower | None:
    """A follower of the largest face of the picture."""
    from fractions import Fraction

    faces = finder.find(picture, Fraction(0), 8, MIN_FACE)
    if not faces:
        return None
    largest = max(faces, key=lambda face: face.observation.size)
    return Follower(finder, finder.landmarks(picture, largest.observation.points))


def _load(path: Path) -> Head | None:
    if not path.is_file():
        return None
    with np.load(path, allow_pickle=False) as stored:
        if len(stored["crops"]) < FRAMES:
            return None
        return Head(stored["crops"], stored["meshes"].astype(np.float32), float(stored["size"]))


def _cut_file(job: tuple[Path, list[Row]]) -> None:
    cache, rows = job
    whole = list(read_pictures(rows[0])) if len(rows) > 1 else None
    for row in rows:
        pictures = whole if whole is not None else read_pictures(row)
        head = follow((panel(picture, row.crop) for picture in pictures), finder())
        store(cache, row, head)


def store(cache: Path, row: Row, head: Head | None) -> None:
    """Keep a row's head in the cache, or that there is none."""
    parts: dict[str, NDArray[Any]] = {
        "crops": head.crops if head else np.zeros((0, SIDE, SIDE), np.uint8),
        "meshes": (head.meshes if head else np.zeros((0, 468, 2))).astype(np.float16),
        "size": np.asarray(head.size if head else 0.0, np.float32),
    }
    keep(part_path(cache, row), parts)
