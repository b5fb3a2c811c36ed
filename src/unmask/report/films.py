"""Films of a result: a clip of each stretch that was found, as evidence, and the annotated film of the whole."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from unmask.errors import DecodeFailed
from unmask.explain.inputs import ScoredSignal, Tools
from unmask.language import Language
from unmask.report.film.annotated import Annotations, write_annotated
from unmask.report.film.clips import LONGEST, Cut, cut_clip
from unmask.report.film.heats import with_heats
from unmask.report.film.tracks import FaceTrack
from unmask.result import Evidence, Result, Segment
from unmask.types import Interval, Media, Track

ANNOTATED = "annotated.mp4"
MOST_CLIPS = 6
"""Of more stretches, the most probable ones have a clip: a clip takes about as long as it lasts."""
DENOMINATOR = 1_000_000
"""A time in a document is a fraction with at most this denominator, as exact as any stream's clock."""


@dataclass(frozen=True, slots=True)
class Source:
    """What films are made of: the media, its persons, the signals, and how the media is looked at again."""

    media: Media
    tracks: Sequence[Track]
    signals: Sequence[ScoredSignal]
    tools: Tools
    fps: float


def with_clips(result: Result, media: Media, folder: Path) -> Result:
    """The document with a clip for each of its strongest stretches, written to `folder` as evidence of its subject."""
    chosen = sorted(result.segments, key=lambda s: (-s.probability, s.start))[:MOST_CLIPS]
    if media.kind != "video" or not chosen:
        return result
    evidence, segments = list(result.evidence), list(result.segments)
    number = max((int(e.id[1:]) for e in evidence if re.fullmatch(r"E\d+", e.id)), default=0)
    for segment in sorted(chosen, key=lambda s: s.start):
        name = f"evidence/e{number + 1}-clip.mp4"
        (folder / name).parent.mkdir(exist_ok=True)
        try:
            cut = cut_clip(media, _interval(segment), folder / name)
        except DecodeFailed:
            continue  # sound goes on where there is no picture any more
        number += 1
        one = _evidence(f"E{number}", name, segment, cut)
        evidence.insert(_place(evidence, segment.subject), one)
        where = next(i for i, s in enumerate(segments) if s is segment)
        segments[where] = segment.model_copy(update={"evidence": [*segment.evidence, one.id]})
    return result.model_copy(update={"evidence": evidence, "segments": segments})


def annotate(result: Result, source: Source, folder: Path, most: float, language: Language) -> str | None:
    """Write the annotated film of a video; returns its name, None where the media is no video."""
    if source.media.kind != "video":
        return None
    faces = [FaceTrack(track, _probabilities(source, track.subject)) for track in source.tracks]
    slot = 1 / Fraction(source.fps).limit_denominator(1000)
    hot = with_heats(source.media, faces, result, source.tools)
    write_annotated(source.media, Annotations(result, hot, slot, language), folder / ANNOTATED, most)
    return ANNOTATED


def _interval(segment: Segment) -> Interval:
    return Interval(*(Fraction(t).limit_denominator(DENOMINATOR) for t in (segment.start, segment.end)))


def _evidence(number: str, name: str, segment: Segment, cut: Cut) -> Evidence:
    facts = {
        "detector": segment.detector,
        "start": segment.start,
        "end": segment.end if not cut.cut_short else segment.start + float(LONGEST),
        "first_frame": round(float(cut.first), 4),
        "last_frame": round(float(cut.last), 4),
        "frames": cut.frames,
        "cut_short": cut.cut_short,
    }
    return Evidence(id=number, kind="clip", subject=segment.subject, artifact=name, facts=facts)


def _place(evidence: Sequence[Evidence], subject: str) -> int:
    """Behind the last piece about the same subject."""
    own = [i for i, e in enumerate(evidence) if e.subject == subject]
    return own[-1] + 1 if own else len(evidence)


def _probabilities(source: Source, subject: str) -> dict[object, float]:
    """Probabilities of a person's faces by the face's key."""
    return {
        point.face: probability
        for scored in source.signals
        if (scored.signal.detector, scored.signal.subject) == ("face", subject)
        for point, probability in zip(scored.signal.points, scored.probabilities, strict=True)
        if point.face is not None
    }
