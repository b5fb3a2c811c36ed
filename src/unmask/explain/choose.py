"""Which moments are shown: those that weigh most, one per segment first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from unmask.explain.inputs import EvidenceInputs, ScoredSignal
from unmask.types import FaceObservation, Interval, Media, ScorePoint, Track

MOST_SUBJECTS = 8
"""Persons for whom heat maps are made: those with the highest scores."""
APART = Fraction(1)
"""Seconds between two pictures of one person: neighbours show the same."""
SPECTROGRAM = (Fraction(4), Fraction(12))
"""Shortest and longest stretch of sound drawn, in seconds, where the media is long enough."""


@dataclass(frozen=True, slots=True, eq=False)  # each is one of its kind; arrays inside do not compare
class Moment:
    """A face to be shown. `segment` is the number of the segment it stands for, None outside of all."""

    signal: ScoredSignal
    point: ScorePoint
    probability: float
    observation: FaceObservation
    segment: int | None


def moments(inputs: EvidenceInputs, per_subject: int) -> tuple[Moment, ...]:
    """The faces that weigh most, by person and, within a person, by time.

    A person with segments gets the highest score of each, then the next highest inside them, up to `per_subject`.
    A person without gets the highest score of all: also where nothing was found, the reader sees the worst of it.
    """
    tracks = {track.subject: track for track in inputs.tracks}
    faces = [s for s in inputs.signals if s.signal.subject in tracks and s.signal.detector == "face"]
    loudest = sorted(faces, key=lambda s: (-max(s.probabilities), s.signal.subject))[:MOST_SUBJECTS]
    found: list[Moment] = []
    for signal in faces:
        if signal in loudest:
            found.extend(_of_person(signal, tracks[signal.signal.subject], inputs, per_subject))
    return tuple(found)


def _of_person(signal: ScoredSignal, track: Track, inputs: EvidenceInputs, per_subject: int) -> list[Moment]:
    candidates = list(_candidates(signal, track, inputs))
    if not candidates:
        return []
    inside = [c for c in candidates if c.segment is not None]
    if not inside:
        return candidates[:1]
    firsts = list({c.segment: c for c in reversed(inside)}.values())  # the highest of each segment wins
    order = sorted(firsts, key=_height) + [c for c in inside if c not in firsts]
    taken: list[Moment] = []
    for candidate in order:
        near = any(abs(candidate.point.start - t.point.start) < APART for t in taken)
        if len(taken) < per_subject and (candidate in firsts or not near):
            taken.append(candidate)
    return sorted(taken, key=lambda c: c.point.start)


def _candidates(signal: ScoredSignal, track: Track, inputs: EvidenceInputs) -> list[Moment]:
    """All scored faces of a person, the highest first."""
    seen = {observation.key: observation for observation in track.observations}
    spans = list(segments_of(signal, inputs))
    found = []
    for point, probability in zip(signal.signal.points, signal.probabilities, strict=True):
        if point.face in seen:
            number = next((i for i, (start, end) in spans if start - 1e-6 <= float(point.start) < end), None)
            found.append(Moment(signal, point, probability, seen[point.face], number))
    return sorted(found, key=_height)


def _height(moment: Moment) -> tuple[float, Fraction]:
    return (-moment.point.logit, moment.point.start)


def segments_of(signal: ScoredSignal, inputs: EvidenceInputs) -> Iterator[tuple[int, tuple[float, float]]]:
    """Numbers and times of the segments cut from a signal."""
    for number, segment in enumerate(inputs.segments):
        if (segment.detector, segment.subject) == (signal.signal.detector, signal.signal.subject):
            yield number, (segment.start, segment.end)


def stretch_of_sound(media: Media, weighs: ScorePoint, segments: Sequence[tuple[float, float]]) -> Interval:
    """What to draw around the window that weighs most: its segment, not under 4 s and not over 12 s."""
    length = media.audio.start + media.audio.duration if media.audio else media.duration
    middle = (weighs.start + weighs.end) / 2
    around = [(a, b) for a, b in segments if a <= float(middle) <= b]
    wanted = Fraction(around[0][1] - around[0][0]).limit_denominator(1000) if around else Fraction(0)
    shortest, longest = SPECTROGRAM
    size = min(max(wanted, weighs.end - weighs.start, shortest), longest, max(length, Fraction(0)))
    start = min(max(Fraction(0), middle - size / 2), max(Fraction(0), length - size))
    return Interval(start, start + size)
