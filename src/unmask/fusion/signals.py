"""From shard outcomes to persons and signals over the whole media."""

from __future__ import annotations

from collections.abc import Sequence

from unmask.detectors.base import Detector
from unmask.media.tracks import link
from unmask.types import FaceKey, Interval, ScorePoint, ShardOutcome, Signal, Track

VOICE = "voice"
"""The subject of detectors that look at speech."""
FACES = "faces"
"""The subject of a face detector's finding where no person could be told."""


def join_tracks(outcomes: Sequence[ShardOutcome]) -> tuple[Track, ...]:
    """Persons over all shards: linked once over the whole media, so that shard boundaries leave no trace."""
    observations = [face for outcome in outcomes for face in outcome.faces]
    times = sorted({time for outcome in outcomes for time in outcome.frame_times})
    return link(observations, times)


def join_speech(outcomes: Sequence[ShardOutcome]) -> tuple[Interval, ...]:
    """Voiced stretches over all shards. Shards hear beyond their ends, so stretches overlap and are merged."""
    joined: list[Interval] = []
    for stretch in sorted((s for outcome in outcomes for s in outcome.speech), key=lambda s: s.start):
        if joined and stretch.start <= joined[-1].end:
            joined[-1] = Interval(joined[-1].start, max(joined[-1].end, stretch.end))
        else:
            joined.append(stretch)
    return tuple(joined)


def join_signals(
    detector: Detector, outcomes: Sequence[ShardOutcome], tracks: Sequence[Track]
) -> tuple[tuple[Signal, ...], tuple[str, ...]]:
    """The signals of one detector, one per subject that has points, and the reasons of the shards where it failed."""
    points: list[ScorePoint] = []
    failures: list[str] = []
    for outcome in outcomes:
        for scores in outcome.scores:
            if scores.detector == detector.name:
                points.extend(scores.points)
                if scores.failed:
                    failures.append(scores.failed)
    if detector.needs == "speech":
        groups = {VOICE: points}
    else:
        owner = _owners(tracks)
        groups = {track.subject: [] for track in tracks}
        for point in points:
            if point.face in owner:
                groups[owner[point.face]].append(point)
    signals = tuple(
        Signal(detector.name, subject, detector.modality, tuple(sorted(group, key=lambda p: p.start)))
        for subject, group in groups.items()
        if group
    )
    return signals, tuple(failures)


def silent_subjects(detector: Detector, outcomes: Sequence[ShardOutcome], tracks: Sequence[Track]) -> frozenset[str]:
    """The persons that the detector looked at, at least once, while they did not speak."""
    owner = _owners(tracks)
    faces = (
        face for o in outcomes for scores in o.scores if scores.detector == detector.name for face in scores.silent
    )
    return frozenset(owner[face] for face in faces if face in owner)


def _owners(tracks: Sequence[Track]) -> dict[FaceKey, str]:
    """Whose each face is."""
    return {face.key: track.subject for track in tracks for face in track.observations}
