"""Where each face is at a time, how suspicious it looks there, and the heat that belongs to it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from unmask.types import FloatArray, Track

HOLD = Fraction(1)
"""Seconds between two sightings up to which a face is taken to have moved evenly from one to the other."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A face at a time: `box` float32 (4,) x, y, width, height; `points` (5, 2); `probability` None if not scored."""

    subject: str
    box: FloatArray
    points: FloatArray
    probability: float | None
    heat: FloatArray | None


@dataclass(frozen=True, slots=True)
class HeatStretch:
    """The maps (S, S) of a face within `[start, end)` seconds, by the times of the sightings that they are of."""

    start: float
    end: float
    heats: Mapping[Fraction, FloatArray]

    def at(self, time: Fraction) -> FloatArray | None:
        """Between two maps a mixture, as even as the face's way between their sightings; None outside the stretch.

        Maps are of faces cut alike, so that a place in one is about the same place of the face in the other.
        """
        if not self.heats or not self.start <= float(time) < self.end:
            return None
        times = sorted(self.heats)
        after = bisect_right(times, time)
        first, second = times[max(0, after - 1)], times[min(after, len(times) - 1)]
        if first == second:
            return self.heats[first]
        part = min(1.0, max(0.0, float((time - first) / (second - first))))
        return self.heats[first] * (1 - part) + self.heats[second] * part


class FaceTrack:
    """One person: sightings in the order of time, with a probability each, and the heat of the stretches found."""

    def __init__(self, track: Track, probabilities: Mapping[object, float], heats: Sequence[HeatStretch] = ()) -> None:
        self.subject = track.subject
        ordered = sorted(track.observations, key=lambda o: o.time)
        self.times = [o.time for o in ordered]
        self._boxes = np.array([[o.box.x, o.box.y, o.box.width, o.box.height] for o in ordered], np.float32)
        self._points = np.stack([o.points for o in ordered]).astype(np.float32)
        self._probabilities = [probabilities.get(o.key) for o in ordered]
        self._heats = heats
        self._made_of = (track, probabilities)

    def with_heats(self, heats: Sequence[HeatStretch]) -> FaceTrack:
        """The same person with heat in these stretches."""
        return FaceTrack(*self._made_of, heats)

    def at(self, time: Fraction, slot: Fraction) -> Seen | None:
        """The face at `time`; None where it is not seen. A last sighting holds for a slot of sampling."""
        before = bisect_right(self.times, time) - 1
        if before < 0:
            return None
        then = self.times[before]
        part = 0.0
        after = before
        if before + 1 < len(self.times) and self.times[before + 1] - then <= HOLD:
            after = before + 1
            part = float((time - then) / (self.times[after] - then))
        elif time - then >= slot:
            return None
        nearer = after if part > 0.5 else before
        return Seen(
            self.subject,
            self._boxes[before] * (1 - part) + self._boxes[after] * part,
            self._points[before] * (1 - part) + self._points[after] * part,
            self._probabilities[nearer],
            next((heat for one in self._heats if (heat := one.at(time)) is not None), None),
        )

    def sightings(self, stretches: Iterable[tuple[float, float]], most: int) -> list[tuple[Fraction, FloatArray]]:
        """Times and points of at most `most` sightings in the stretches, evenly picked."""
        spans = list(stretches)
        found = [
            (time, points)
            for time, points in zip(self.times, self._points, strict=True)
            if any(start <= time < end for start, end in spans)
        ]
        if len(found) <= most:
            return found
        return [found[i] for i in np.linspace(0, len(found) - 1, most).round().astype(int)] if most else []
