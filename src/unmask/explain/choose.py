"""Which moments are shown: those that weigh most, one per segment and person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from unmask.explain.inputs import EvidenceInputs, ScoredSignal
from unmask.types import FaceObservation, Interval, Media, ScorePoint, Track

MOST_SUBJECTS = 8
"""Persons for whom heat maps are made: those with the highest scores."""
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

    A person with segments gets the highest score of each, of the `per_subject` segments whose scores are highest.
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
    if not any(candidate.segment is not None for candidate in candidates):
        return candidates[:1]
    firsts = {c.segment: c for c in reversed(candidates) if c.segment is not None}  # the highest of each segment wins
    weightiest = sorted(firsts.values(), key=_height)[:per_subject]
    return sorted(weightiest, key=lambda c: c.point.start)


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


def weightiest_windows(signal: ScoredSignal, inputs: EvidenceInputs, most: int) -> tuple[ScorePoint, ...]:
    """The windows of a sound that weigh most, in the order of time: one per segment, at most `most`.

    Where nothing was found, the highest window of all.
    """
    ordered = sorted(signal.signal.points, key=lambda p: (-p.logit, p.start))
    found = []
    for _, (start, end) in segments_of(signal, inputs):
        inside = [p for p in ordered if start <= float((p.start + p.end) / 2) <= end]
        found += inside[:1]
    unique = list(dict.fromkeys(found)) or ordered[:1]
    highest = sorted(unique, key=lambda p: (-p.logit, p.start))[:most]
    return tuple(sorted(highest, key=lambda p: p.start))


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
