"""Mouths, closely followed: a grey crop and the lips' outline at every tick of a clock of 25 a second.

Reading lips takes every frame, which finding faces anew in each would not pay: a face is found once and then followed
from tick to tick by its mesh alone. The clock is absolute (tick k is at k/25 s of the media), so a picture's time comes
from the stream's own stamps, whatever its frame rate.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from unmask.media.align import similarity, warp
from unmask.types import FloatArray, ImageArray

if TYPE_CHECKING:
    from unmask.media.faces import FaceFinder

T = TypeVar("T")

TICKS = 25
"""Ticks a second, as in Chung and Zisserman (2016)."""

SIDE = 80
"""Pixels along a crop as it is kept: the network sees the middle 64, augmentation moves it within."""

REACH = 0.85
"""Side of the crop, in sides of the aligned face (`align.SIDE`): from the nose's tip to below the chin."""

CENTRE = (0.5, 0.785)
"""Middle of the crop on the aligned face, as fractions of its side: the middle of the closed mouth."""

ANCHORS = (33, 133, 362, 263, 168, 6, 98, 327, 2)
"""Points of the mesh that speech does not move: corners of the eyes, bridge and base of the nose."""

ANCHOR_PLACES: FloatArray = np.asarray(
    [
        [0.212, 0.349],
        [0.391, 0.358],
        [0.609, 0.358],
        [0.788, 0.349],
        [0.5, 0.323],
        [0.5, 0.373],
        [0.388, 0.621],
        [0.612, 0.621],
        [0.5, 0.637],
    ],
    dtype=np.float32,
)
"""Where they lie on the aligned face: the median of 2,925 faces, made symmetric."""

OUTER = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185)
INNER = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191)
JAW = (152, 148, 377, 205, 425)
OUTLINE = (*OUTER, *INNER, *JAW)
"""Points of the mesh that speech moves: around the lips outside and inside, the chin and the cheeks."""

LONGEST_GAP = Fraction(1, 8)
"""Seconds between two pictures from which the time between is not seen at all."""

PRESENT = 0.5
"""Sureness of the mesh under which the face is lost."""

MOST_MOVED = 0.35
"""Movement within a tick, in face sizes, from which it is another face."""

ALIKE = 0.5
"""Correlation of consecutive crops under which the picture was cut."""


@dataclass(frozen=True, slots=True)
class Mouth:
    """A mouth at one tick: `crop` grey uint8 (SIDE, SIDE), `outline` float32 (45, 2) in pixels of the crop.

    `mesh` float32 (468, 2) is in pixels of the picture; `size` is the face's shorter side there.
    """

    crop: ImageArray
    outline: FloatArray
    mesh: FloatArray
    size: float


def on_clock(pictures: Iterable[tuple[Fraction, T]]) -> Iterator[tuple[int, T]]:
    """For every tick the picture nearest to it in time, from pictures in the order of time.

    A picture may serve several ticks, or none. Ticks for which no picture lies nearer than half of `LONGEST_GAP` are
    left out.
    """
    tick: int | None = None
    last: tuple[Fraction, T] | None = None
    for time, picture in pictures:
        if tick is None:
            tick = max(0, -int(-(time - LONGEST_GAP / 2) * TICKS // 1))
        while last is not None and Fraction(tick, TICKS) <= (last[0] + time) / 2:
            if abs(Fraction(tick, TICKS) - last[0]) <= LONGEST_GAP / 2:
                yield tick, last[1]
            tick += 1
        last = (time, picture)
    while last is not None and tick is not None and Fraction(tick, TICKS) <= last[0]:
        if abs(Fraction(tick, TICKS) - last[0]) <= LONGEST_GAP / 2:
            yield tick, last[1]
        tick += 1


def mouth_matrix(mesh: FloatArray) -> FloatArray:
    """Similarity transform float32 (2, 3) from picture to crop pixels, by what speech does not move."""
    corner = np.asarray(CENTRE) - REACH / 2
    target = (ANCHOR_PLACES - corner) * (SIDE / REACH) - 0.5
    return similarity(mesh[list(ANCHORS)], target)


def cut_mouth(image: ImageArray, mesh: FloatArray) -> Mouth:
    """The mouth of a face whose mesh (468, 2) in pixels of the RGB picture is known."""
    import cv2

    matrix = mouth_matrix(mesh)
    crop = np.asarray(cv2.cvtColor(warp(image, matrix, SIDE), cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    outline = mesh[list(OUTLINE)] @ matrix[:, :2].T + matrix[:, 2]
    low, high = mesh.min(axis=0), mesh.max(axis=0)
    return Mouth(crop, outline.astype(np.float32), mesh, float((high - low).min()))


class Follower:
    """Follows one mouth from tick to tick; None once it is lost, to a cut, a hand or a turned head."""

    def __init__(self, finder: FaceFinder, mesh: FloatArray) -> None:
        self._finder = finder
        self._mesh = mesh
        self._last: Mouth | None = None

    def see(self, image: ImageArray) -> Mouth | None:
        """The mouth in the next picture."""
        mesh, presence = self._finder.follow(image, self._mesh)
        if presence < PRESENT or not np.isfinite(mesh).all() or _moved(self._mesh, mesh) > MOST_MOVED:
            return None
        try:
            mouth = cut_mouth(image, mesh)
        except ValueError:  # points that coincide are no face
            return None
        if self._last is not None and alike(self._last.crop, mouth.crop) < ALIKE:
            return None
        self._mesh, self._last = mesh, mouth
        return mouth


def alike(one: ImageArray, other: ImageArray) -> float:
    """Correlation (-1..1) of two crops of one size."""
    a = one.astype(np.float32) - one.mean(dtype=np.float32)
    b = other.astype(np.float32) - other.mean(dtype=np.float32)
    return float((a * b).sum() / max(float(np.sqrt((a * a).sum() * (b * b).sum())), 1e-6))


def _moved(before: FloatArray, after: FloatArray) -> float:
    """Distance of the centres, or change of size if that is more, in face sizes."""
    sizes = [float(np.sqrt(np.prod(np.ptp(mesh, axis=0)))) for mesh in (before, after)]
    across = float(np.linalg.norm(before.mean(axis=0) - after.mean(axis=0)))
    return max(across, abs(sizes[0] - sizes[1])) / max(*sizes, 1e-6)
