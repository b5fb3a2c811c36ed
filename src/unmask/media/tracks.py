"""Persons: the faces of a whole media, told apart. Works on observations alone, once, after all shards.

Telling apart is by appearance within one media, not by identity: the same person in other light or seen from another
side may become two, which only makes two smaller bodies of evidence; two people must never become one.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from unmask.media.tracklets import Tracklet, follow
from unmask.types import FaceObservation, FloatArray, Track

JOIN = 0.85
"""Cosine of mean descriptors from which tracklets are one person.

Measured on pairs of 179 clips: 91 % of clips cut in half join again; of 15,000 pairs of clips from different sources
0.3 % lie above, and most of those show the same person.
"""

JOIN_IN_SETTING = 0.75
"""The same where a tracklet of the person was seen in the same surroundings: the camera is back where it was."""

FEW_FRAMES = 8
"""Media with fewer sampled frames than this keep every face."""

SURE_ALONE = 0.8
"""Confidence that a face seen in a single frame needs: three of four true detections have it."""

SURE_TWICE = 0.65
"""Confidence that a face seen in two frames needs in one of them: 95 % of true detections have it."""


def link(observations: Sequence[FaceObservation], frame_times: Sequence[Fraction]) -> tuple[Track, ...]:
    """Persons in the whole media, each observation in at most one.

    First faces are followed from frame to frame (see `follow`), then tracklets are joined to persons by their mean
    descriptor, the longest first, never two that overlap in time. In media of at least `FEW_FRAMES` sampled frames a
    person seen in one frame with a confidence under `SURE_ALONE`, or in two with both under `SURE_TWICE`, is taken for
    a false detection and left out. Persons are numbered by the number of frames they are seen in, then by when they are
    first seen, then from left to right.
    """
    persons = _join(follow(observations))
    if len(frame_times) >= FEW_FRAMES:
        persons = [person for person in persons if _believed(person)]
    persons.sort(key=lambda person: (-len(person), person[0].time, person[0].box.x, person[0].key))
    return tuple(Track(f"person-{number}", tuple(person)) for number, person in enumerate(persons, start=1))


def _join(tracklets: Sequence[Tracklet]) -> list[list[FaceObservation]]:
    groups: list[list[Tracklet]] = []
    totals: list[FloatArray] = []
    for tracklet in sorted(tracklets, key=lambda t: (-len(t.observations), t.first.key)):
        assert tracklet.total is not None
        best = _best_group(tracklet, groups, totals)
        if best is None:
            groups.append([tracklet])
            totals.append(tracklet.total)
        else:
            groups[best].append(tracklet)
            totals[best] = totals[best] + tracklet.total
    return [sorted((o for t in group for o in t.observations), key=lambda o: o.key) for group in groups]


def _best_group(tracklet: Tracklet, groups: Sequence[Sequence[Tracklet]], totals: Sequence[FloatArray]) -> int | None:
    """The group that looks most like the tracklet, enough to be joined, and is nowhere seen at the same time."""
    if not groups:
        return None
    looks = np.stack(totals)
    likeness = looks @ tracklet.look / np.maximum(np.linalg.norm(looks, axis=1), 1e-9)
    for number in np.argsort(-likeness, kind="stable"):
        if likeness[number] < JOIN_IN_SETTING:
            return None
        group = groups[number]
        enough = likeness[number] >= JOIN or any(tracklet.in_setting_of(other) for other in group)
        if enough and not any(_overlap(tracklet, other) for other in group):
            return int(number)
    return None


def _overlap(one: Tracklet, other: Tracklet) -> bool:
    return one.first.time <= other.last.time and other.first.time <= one.last.time


def _believed(person: Sequence[FaceObservation]) -> bool:
    surest = max(face.confidence for face in person)
    if len(person) == 1:
        return surest >= SURE_ALONE
    return len(person) > 2 or surest >= SURE_TWICE
