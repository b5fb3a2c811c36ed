"""Heat maps for an annotated film: of the sampled faces in the stretches that were found, as many as time allows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

import numpy as np

from unmask.explain.inputs import FaceTools, Tools
from unmask.report.film.tracks import FaceTrack, HeatStretch
from unmask.result import Result
from unmask.types import FloatArray, Media

MOST = 120
"""Maps in one film; a map costs about a tenth of a second."""
AT_ONCE = 16
"""Faces held in memory together."""

Wanted = tuple[Fraction, str, FloatArray]
"""Time, subject and points of a face."""


def with_heats(media: Media, faces: Sequence[FaceTrack], result: Result, tools: Tools) -> list[FaceTrack]:
    """The persons with heat in the stretches of the face detector, from maps of their sightings there.

    A stretch whose own map failed its check has none. Raises DecodeFailed.
    """
    if tools.face is None:
        return list(faces)
    shown = {e.id for e in result.evidence if e.kind == "heat_map"}  # maps that passed their check
    looked = [s for s in result.segments if s.detector == "face" and shown.intersection(s.evidence)]
    stretches = {f.subject: [(s.start, s.end) for s in looked if s.subject == f.subject] for f in faces}
    hot = [f for f in faces if stretches[f.subject]]
    wanted: list[Wanted] = []
    for face in hot:
        chosen = face.sightings(stretches[face.subject], MOST // len(hot))
        wanted += [(time, face.subject, points) for time, points in chosen]
    wanted.sort(key=lambda w: w[:2])
    found: dict[str, dict[Fraction, FloatArray]] = {f.subject: {} for f in faces}
    for group in (wanted[i : i + AT_ONCE] for i in range(0, len(wanted), AT_ONCE)):
        for (time, subject, _), heat in zip(group, _maps(media, group, tools, tools.face), strict=True):
            found[subject][time] = heat
    return [face.with_heats(_stretches(stretches[face.subject], found[face.subject])) for face in faces]


def _stretches(spans: Sequence[tuple[float, float]], found: Mapping[Fraction, FloatArray]) -> list[HeatStretch]:
    """The maps of each stretch by themselves: no heat leads from one finding to the next."""
    return [HeatStretch(a, b, {time: heat for time, heat in found.items() if a <= time < b}) for a, b in spans]


def _maps(media: Media, wanted: Sequence[Wanted], tools: Tools, face: FaceTools) -> Iterator[FloatArray]:
    crops = {}
    for frame in tools.frames_at(media, sorted({time for time, _, _ in wanted})):
        for time, subject, points in wanted:
            if time == frame.time:
                crops[time, subject] = face.cut(frame.image, points, face.side)
    inputs = np.asarray(face.prepare(np.stack([crops[time, subject] for time, subject, _ in wanted])), np.float32)
    yield from face.heat(inputs)
