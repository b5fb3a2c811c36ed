"""Faces followed from frame to frame, without a look at the pixels: place, size and appearance decide.

Thresholds were measured on 179 clips with one face each, at 4 frames a second (3,279 steps from frame to frame): a face
moves by 0.09 of its size in the 95th percentile and 0.21 in the 99th, its size changes by 10 % in the 99th; descriptors
of the same face have a cosine of 0.95 in the median, 0.76 in the 5th percentile and 0.56 in the 1st. Different people
have 0.32 in the median, 0.61 in the 95th percentile and 0.73 in the 99th. A turning head can change its descriptor
altogether (0.14) in one step, but what lies around it stays: see `surroundings.py`.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from unmask.types import Box, FaceObservation, FloatArray

LONGEST_GAP = Fraction(2)
"""Seconds that a face may stay unseen within a tracklet: a turned head or a hand; later only appearance can tell."""

NEAR = 0.5
"""Movement, in face sizes, beyond which place says nothing any more: over twice what 99 % of the steps need."""

DRIFT = 0.5
"""Face sizes that `NEAR` grows with every second unseen, up to `FARTHEST`."""

FARTHEST = 1.5

SIZE_STEP = 0.3
"""Change of the logarithm of size beyond which place says nothing: three times what 99 % of the steps need."""

SAME_SETTING = 0.96
"""Cosine of surroundings from which nothing was cut: 0.1 % of the steps miss it, 1.3 % of other clips reach it."""

SAME_SETTING_LOOK = 0.1
"""Cosine that a face in the very same place and size must reach in the same setting: a head may turn away."""

SAME_PLACE_LOOK = 0.45
"""The same where the surroundings are not known: below it somebody else sits there."""

SAME_LOOK = 0.78
"""Cosine that a face must reach anywhere else in the picture, after a cut or a jump: 1 % of other people do."""

PLACE_WEIGHT = 0.5
"""What a distance of one face size costs, as a loss of cosine: it decides between people who look alike."""

FARTHEST_COST = 2.0

FORBIDDEN = 1e3


@dataclass
class Tracklet:
    """One face through neighbouring frames; `total` is the sum of its descriptors, `around` of its surroundings."""

    observations: list[FaceObservation] = field(default_factory=list)
    total: FloatArray | None = None
    around: FloatArray | None = None

    def add(self, face: FaceObservation) -> None:
        """The next observation, in the order of time."""
        self.observations.append(face)
        self.total = face.descriptor if self.total is None else self.total + face.descriptor
        if face.surroundings is not None:
            self.around = face.surroundings if self.around is None else self.around + face.surroundings

    @property
    def first(self) -> FaceObservation:
        """The earliest observation."""
        return self.observations[0]

    @property
    def last(self) -> FaceObservation:
        """The latest observation."""
        return self.observations[-1]

    @property
    def look(self) -> FloatArray:
        """The mean descriptor, of length one."""
        assert self.total is not None
        return _unit(self.total)

    def in_setting_of(self, other: Tracklet) -> bool:
        """Whether both were seen in the same surroundings."""
        if self.around is None or other.around is None:
            return False
        return float(_unit(self.around) @ _unit(other.around)) >= SAME_SETTING


def follow(observations: Sequence[FaceObservation]) -> list[Tracklet]:
    """Tracklets in the order in which they begin. A frame's faces are given to them at the least total cost."""
    done: list[Tracklet] = []
    active: list[Tracklet] = []
    ordered = sorted(observations, key=lambda face: face.key)
    for time, group in itertools.groupby(ordered, key=lambda face: face.time):
        faces = list(group)
        active = [tracklet for tracklet in active if time - tracklet.last.time <= LONGEST_GAP]
        taken = _assign(active, faces)
        for number, face in enumerate(faces):
            if number in taken:
                active[taken[number]].add(face)
            else:
                new = Tracklet()
                new.add(face)
                active.append(new)
                done.append(new)
    return done


def _assign(active: Sequence[Tracklet], faces: Sequence[FaceObservation]) -> dict[int, int]:
    """Which face goes to which tracklet: the numbers of both (Kuhn 1955, by scipy)."""
    from scipy.optimize import linear_sum_assignment

    if not active:
        return {}
    costs: NDArray[np.float64] = np.array([[_cost(tracklet, face) for tracklet in active] for face in faces])
    rows, columns = linear_sum_assignment(costs)
    return {int(r): int(c) for r, c in zip(rows, columns, strict=True) if costs[r, c] < FORBIDDEN}


def _cost(tracklet: Tracklet, face: FaceObservation) -> float:
    """What it costs to call the face the tracklet's next; `FORBIDDEN` where it can't be."""
    last = tracklet.last
    # the last look knows the pose, the mean look survives a blurred frame
    likeness = max(float(last.descriptor @ face.descriptor), float(tracklet.look @ face.descriptor))
    distance, step = _moved(last.box, face.box)
    near = min(FARTHEST, NEAR + DRIFT * float(face.time - last.time))
    doubt = min(1.0, max(distance / near, step / SIZE_STEP))
    at_place = _needed(last, face)
    if likeness < at_place + (SAME_LOOK - at_place) * doubt:
        return FORBIDDEN
    return (1.0 - likeness) + PLACE_WEIGHT * min(distance, FARTHEST_COST)


def _needed(last: FaceObservation, face: FaceObservation) -> float:
    """The likeness that a face in the same place needs."""
    if last.surroundings is None or face.surroundings is None:
        return SAME_PLACE_LOOK
    return SAME_SETTING_LOOK if float(last.surroundings @ face.surroundings) >= SAME_SETTING else SAME_LOOK


def _moved(before: Box, after: Box) -> tuple[float, float]:
    """Distance of the centres in face sizes, and the change of the logarithm of size."""
    sizes = [max(1.0, (box.width * box.height) ** 0.5) for box in (before, after)]
    across = (before.x + before.width / 2) - (after.x + after.width / 2)
    down = (before.y + before.height / 2) - (after.y + after.height / 2)
    return float(np.hypot(across, down)) / (sum(sizes) / 2), abs(float(np.log(sizes[0] / sizes[1])))


def _unit(vector: FloatArray) -> FloatArray:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9), dtype=np.float32)
