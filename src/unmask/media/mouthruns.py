"""Mouths followed from anchor to anchor, and put together to runs where the next anchor shows the same face."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from unmask.media.faces import FaceFinder
from unmask.media.mouths import ALIKE, Follower, Mouth, alike
from unmask.types import Box, FaceSample, FloatArray, ImageArray

SAME_FACE = 0.4
"""Overlap (IoU) of the face as it was followed and as it was found anew: between two ticks it hardly moves."""


@dataclass
class Piece:
    """One face from the anchor where it was found: its mouths at consecutive ticks from `first` on."""

    first: int
    follower: Follower | None
    mouths: list[Mouth] = field(default_factory=list)

    @classmethod
    def start(cls, finder: FaceFinder, image: ImageArray, face: FaceSample, tick: int) -> Piece:
        """A piece that begins with a face found in the picture of that tick."""
        return cls(tick, Follower(finder, finder.landmarks(image, face.observation.points)))

    @property
    def end(self) -> int:
        """The tick after the last one."""
        return self.first + len(self.mouths)

    def see(self, tick: int, image: ImageArray) -> None:
        """The picture of the next tick; nothing more is followed once a tick was left out or the mouth was lost."""
        mouth = self.follower.see(image) if self.follower is not None and tick == self.end else None
        if mouth is None:
            self.follower = None
        else:
            self.mouths.append(mouth)


@dataclass(frozen=True)
class MouthRun:
    """A mouth at consecutive ticks `[first, end)`; `boxes` is where its face is at each anchor inside.

    `crops` is grey uint8 (n, 80, 80), `outlines` float32 (n, 45, 2).
    """

    first: int
    crops: ImageArray
    outlines: FloatArray
    boxes: Mapping[int, Box]

    @property
    def end(self) -> int:
        """The tick after the last one."""
        return self.first + len(self.crops)


def chain(pieces: Mapping[int, Sequence[Piece]], tick: Callable[[int], int]) -> list[MouthRun]:
    """Runs made of the pieces of each anchor; `tick` gives the first tick of an anchor.

    A piece goes on in the one of the next anchor that lies where it was left, if it was followed all the way. Whether
    two pieces join depends on these two anchors' pieces alone.
    """
    runs: list[list[tuple[int, Piece]]] = []
    for anchor in sorted(pieces):
        left = [run for run in runs if run[-1][0] == anchor - 1 and run[-1][1].end == tick(anchor)]
        found = [piece for piece in pieces[anchor] if piece.mouths]
        pairs = [(run, piece) for run in left for piece in found if _goes_on(run[-1][1], piece)]
        for piece in found:
            fits = [run for run, one in pairs if one is piece]
            if len(fits) == 1 and sum(run is fits[0] for run, _ in pairs) == 1:
                fits[0].append((anchor, piece))
            else:  # new, or nobody can tell which of two it is
                runs.append([(anchor, piece)])
    return [_join(run) for run in runs]


def box_of(mouth: Mouth) -> Box:
    """The rectangle around a face's mesh."""
    low, high = mouth.mesh.min(axis=0), mouth.mesh.max(axis=0)
    return Box(float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1]))


def _goes_on(before: Piece, after: Piece) -> bool:
    last, first = before.mouths[-1], after.mouths[0]
    return box_of(last).iou(box_of(first)) >= SAME_FACE and alike(last.crop, first.crop) >= ALIKE


def _join(run: Sequence[tuple[int, Piece]]) -> MouthRun:
    mouths = [mouth for _, piece in run for mouth in piece.mouths]
    return MouthRun(
        first=run[0][1].first,
        crops=np.stack([mouth.crop for mouth in mouths]),
        outlines=np.stack([mouth.outline for mouth in mouths]),
        boxes={anchor: box_of(piece.mouths[0]) for anchor, piece in run},
    )
