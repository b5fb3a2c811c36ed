"""Stages 2 and 3 for one shard: what is read of it, what the detectors say, and what is kept.

Picture and sound of a shard may be examined together, with one reader for the whole media, or apart, by two workers
that read their own share only. Both ways give the same: a sample's value depends on the media alone, never on the way
to it, and a detector's scores depend on the samples alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from unmask.detectors.base import Detector
from unmask.media.read import MediaReader
from unmask.progress import Stopwatch
from unmask.settings import Settings
from unmask.types import DetectorScores, Media, Shard, ShardOutcome, ShardSamples

Share = Literal["video", "audio"]
"""video: frames, faces, and mouths with the sound around them. audio: the sound and where somebody speaks."""

DAMAGED = "damaged: packets or pictures were lost"
"""Noted of the media. No count: how often a damaged place is passed depends on where shards begin."""


@dataclass(frozen=True, slots=True)
class ShardPart:
    """What one examination of a shard, or of one share of it, leaves behind.

    `notes` are what was noticed while decoding, `seconds` the time that the stages took.
    """

    outcome: ShardOutcome
    notes: tuple[str, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)


def shares(media: Media) -> tuple[Share, ...]:
    """The shares that a media has."""
    if media.kind == "audio" or media.video is None:
        return ("audio",)
    return ("video",) if media.audio is None else ("video", "audio")


def detectors_of(share: Share, detectors: Iterable[Detector]) -> tuple[Detector, ...]:
    """The detectors that look at this share, in their order."""
    return tuple(d for d in detectors if (d.needs == "speech") == (share == "audio"))


def open_share(media: Media, settings: Settings, detectors: Sequence[Detector], share: Share | None) -> MediaReader:
    """A reader of what `detectors` need of this share; of picture and sound for None. To be closed by the caller."""
    lips = any(detector.needs == "lips" for detector in detectors)
    pictures, sound = share != "audio", share != "video" or lips
    return MediaReader(media, settings, lips=lips, pictures=pictures, sound=sound)


def examine(
    reader: MediaReader,
    shard: Shard,
    detectors: Sequence[Detector],
    advance: Callable[[float], None] | None = None,
) -> ShardPart:
    """Read a shard and score it; `advance` hears which fraction of the reading is done, 0 to 1.

    Raises:
        DecodeFailed: a stream gives nothing at all.
    """
    watch = Stopwatch()
    with watch.time("media"):
        samples = reader.read(shard, advance)
    with watch.time("detect"):
        scores = tuple(_score(detector, samples) for detector in detectors)
    notes = (*reader.notes, DAMAGED) if reader.damaged else reader.notes
    return ShardPart(_outcome(samples, scores), notes, watch.seconds)


def merge(parts: Sequence[ShardPart], detectors: Sequence[Detector]) -> tuple[ShardOutcome, ...]:
    """The outcome of every shard, in order, from parts that hold picture, sound or both, in any order.

    Raises:
        ValueError: a share of a shard is there twice.
    """
    order = {detector.name: number for number, detector in enumerate(detectors)}
    whole: dict[int, ShardOutcome] = {}
    for part in parts:
        found = part.outcome
        known = whole.get(found.shard.index)
        whole[found.shard.index] = found if known is None else _joined(known, found, order)
    return tuple(whole[index] for index in sorted(whole))


def noticed(media: Media, parts: Iterable[ShardPart]) -> Media:
    """The media with what was noticed while it was decoded; the same whichever shares were read apart."""
    found = sorted({note for part in parts for note in part.notes}, key=lambda note: (note == DAMAGED, note))
    return replace(media, notes=(*media.notes, *found))


def _joined(one: ShardOutcome, other: ShardOutcome, order: Mapping[str, int]) -> ShardOutcome:
    scores = sorted((*one.scores, *other.scores), key=lambda score: order[score.detector])
    if len({score.detector for score in scores}) < len(scores):
        raise ValueError(f"shard {one.shard.index} was examined twice by one detector")
    seen = one if one.frame_times else other
    return ShardOutcome(
        shard=one.shard,
        frame_times=seen.frame_times,
        faces=seen.faces,
        speech=one.speech or other.speech,
        scores=tuple(scores),
    )


def _outcome(samples: ShardSamples, scores: tuple[DetectorScores, ...]) -> ShardOutcome:
    """What is kept of a shard; pixels and sound go."""
    return ShardOutcome(
        shard=samples.shard,
        frame_times=samples.frame_times,
        faces=tuple(face.observation for face in samples.faces),
        speech=samples.speech,
        scores=scores,
    )


def _score(detector: Detector, samples: ShardSamples) -> DetectorScores:
    """A detector's scores; what breaks down in it becomes a failure of its own, and of no other."""
    try:
        return detector.score(samples)
    except Exception as broken:  # a detector may be anybody's: its failure is a finding, not a crash
        return DetectorScores(detector.name, (), failed=f"{type(broken).__name__}: {broken}"[:200])
