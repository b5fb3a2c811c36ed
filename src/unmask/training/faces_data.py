"""Face crops from manifests, cut once and kept in a cache outside the project.

Crops are kept wider than the network sees them (`CONTEXT`), so that augmentation can move, turn and scale them.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from unmask.media.align import SIDE, crop_matrix, outside, warp
from unmask.training.cutting import by_file, cut_beside, finder, keep
from unmask.training.manifest import Row
from unmask.training.splits import order_by
from unmask.types import FloatArray, ImageArray

CONTEXT = 1.2
STORED = round(SIDE * CONTEXT)
FRAMES = 10
WINDOW = 6.0
MIN_FACE = 32.0
FORMAT = 2
"""Part of every cached file's name: raise it when crops are cut in another way."""

VOICE_ONLY = ("audiosynth:", "TTS dub only")
"""Methods that leave the picture as it was: real for the face, whatever the label."""


@dataclass(frozen=True, slots=True)
class CropSet:
    """Crops of one row: `crops` uint8 (n, STORED, STORED, 3), `meshes` float32 (n, 468, 2) in pixels of these.

    `sizes` (n,) is the face's shorter side in the original picture, `outside` (n,) the share of the network's view
    that lies beyond it.
    """

    crops: ImageArray
    meshes: FloatArray
    sizes: FloatArray
    outside: FloatArray


def is_fake(row: Row) -> bool:
    """Whether the picture was made or altered, as far as the manifest knows."""
    return row.label == "fake" and not row.method.startswith(VOICE_ONLY)


def capped(rows: Iterable[Row], caps: Mapping[str, int], default: int, seed: int) -> tuple[Row, ...]:
    """At most `caps[source]` (or `default`) files of each source, label and method, the same on every machine."""
    groups: dict[tuple[str, str, str, str], list[Row]] = defaultdict(list)
    for row in rows:
        method = "voice only" if row.method.startswith(VOICE_ONLY) else row.method
        groups[row.source, row.kind, row.split, f"{is_fake(row)}:{method}"].append(row)
    chosen: list[Row] = []
    for (source, *_), members in sorted(groups.items()):
        chosen += order_by(members, lambda row: f"{row.origin or row.path}{row.crop}", seed)[
            : caps.get(source, default)
        ]
    return tuple(chosen)


def prepare(rows: Sequence[Row], cache: Path, *, workers: int = 2, seed: int = 0) -> Iterator[int]:
    """Cut the crops of all rows that the cache lacks; yields how many files are done, as it goes.

    Files are taken in an order drawn from the seed, so that a run that is stopped leaves a fair sample.
    """
    cache.mkdir(parents=True, exist_ok=True)
    jobs = [(cache, group) for group in by_file(rows, lambda row: part_path(cache, row), seed)]
    yield from cut_beside(_cut_file, jobs, workers=workers, chunk=4)


def load(cache: Path, row: Row) -> CropSet | None:
    """The row's crops; None when they were not cut or no face was found."""
    path = part_path(cache, row)
    if not path.is_file():
        return None
    with np.load(path, allow_pickle=False) as stored:
        if len(stored["crops"]) == 0:
            return None
        return CropSet(stored["crops"], stored["meshes"].astype(np.float32), stored["sizes"], stored["outside"])


def load_part(path: Path, name: str) -> NDArray[Any]:
    """One array of a cached file, without reading the others."""
    with np.load(path, allow_pickle=False) as stored:
        return np.asarray(stored[name])


def part_path(cache: Path, row: Row) -> Path:
    """Where the cache keeps a row's crops."""
    name = hashlib.sha256(f"{FORMAT}:{row.path}:{row.crop}".encode()).hexdigest()[:20]
    return cache / name[:2] / f"{name}.npz"


def _cut_file(job: tuple[Path, list[Row]]) -> None:
    cache, rows = job
    pictures = _frames(rows[0])
    for row in rows:
        found = [face for picture in pictures if (face := _cut(panel(picture, row.crop))) is not None]
        crops, meshes, sizes, beyond = zip(*found, strict=True) if found else ((), (), (), ())
        parts: dict[str, NDArray[Any]] = {
            "crops": np.asarray(crops, dtype=np.uint8),
            "meshes": np.asarray(meshes, dtype=np.float16),
            "sizes": np.asarray(sizes, dtype=np.float32),
            "outside": np.asarray(beyond, dtype=np.float32),
            "looked": np.asarray(len(pictures)),
        }
        keep(part_path(cache, row), parts)


def _cut(picture: ImageArray) -> tuple[ImageArray, FloatArray, float, float] | None:
    """The face that the row is about: the largest, or the one in the middle when several are about as large."""
    faces = finder().find(picture, Fraction(0), max_faces=8, min_face=MIN_FACE)
    if not faces:
        return None
    height, width = picture.shape[:2]
    largest = max(face.observation.size for face in faces)

    def off_centre(face: Any) -> float:
        box = face.observation.box
        return float(np.hypot(box.x + box.width / 2 - width / 2, box.y + box.height / 2 - height / 2))

    chosen = min((face for face in faces if face.observation.size > 0.7 * largest), key=off_centre).observation
    tight = crop_matrix(chosen.points, SIDE)
    wide = tight.copy()
    wide[:, 2] += (STORED - SIDE) / 2
    mesh = finder().landmarks(picture, chosen.points) @ wide[:, :2].T + wide[:, 2]
    return warp(picture, wide, STORED), mesh.astype(np.float32), chosen.size, outside(tight, SIDE, height, width)


def panel(picture: ImageArray, crop: tuple[float, float, float, float] | None) -> ImageArray:
    """The part (x, y, width, height, as fractions) of a picture that a row is about; all of it for None."""
    if crop is None:
        return picture
    height, width = picture.shape[:2]
    x, y, w, h = crop
    left, top, right, bottom = round(x * width), round(y * height), round((x + w) * width), round((y + h) * height)
    return np.ascontiguousarray(picture[top : max(bottom, top + 1), left : max(right, left + 1)])


def _frames(row: Row) -> list[ImageArray]:
    """A still picture, or some frames of a video; none when it can't be read (the source may be damaged)."""
    import av
    import cv2

    if row.kind == "image":
        picture = cv2.imread(str(row.path), cv2.IMREAD_COLOR)
        return [] if picture is None else [cast(ImageArray, cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))]
    try:
        return list(_video_frames(row))
    except (av.FFmpegError, OSError, IndexError, ValueError):
        return []


def _video_frames(row: Row) -> Iterator[ImageArray]:
    """`FRAMES` frames spread over a window of `WINDOW` seconds; long clips are entered after an eighth."""
    import av

    with av.open(str(row.path)) as container:
        stream = container.streams.video[0]
        length = float(container.duration or 0) / 1e6
        if length > 2 * WINDOW and row.split != "dev":
            container.seek(int(length / 8 * 1e6))
        step = min(WINDOW, length or WINDOW) / FRAMES
        first: float | None = None
        taken = 0
        for frame in container.decode(stream):
            time = float(frame.time or 0)
            first = time if first is None else first
            if time - first >= taken * step - 1e-6:
                taken += 1
                yield cast(ImageArray, frame.to_ndarray(format="rgb24"))
            if taken >= FRAMES or time - first > WINDOW:
                return
