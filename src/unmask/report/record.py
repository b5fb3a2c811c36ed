"""The result document put together from what the stages found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime

import numpy as np
from ulid import ULID

from unmask.explain.explain import Explained
from unmask.fusion.fuse import Fused
from unmask.result import AudioFacts, MediaFacts, ModelUsed, Person, ProvenanceFacts, Result, VideoFacts
from unmask.types import Media, ModelRef, Track


def build_result(
    media: MediaFacts,
    fused: Fused,
    explained: Explained,
    *,
    models: Sequence[ModelRef],
    settings: Mapping[str, object],
    timings: Mapping[str, float],
    analysis: str | None = None,
) -> Result:
    """One document of one analysis, with a time of its own; `analysis` is its id, a new one when None."""
    return Result(
        analysis=analysis or str(ULID()),
        created=datetime.now(UTC),
        media=media,
        verdict=fused.verdict,
        contributions=list(explained.contributions),
        attribution=explained.attribution,
        persons=list(persons(fused.tracks)),
        findings=list(fused.findings),
        segments=list(explained.segments),
        evidence=list(explained.evidence),
        narrative=explained.narrative,
        models=[ModelUsed(name=m.name, version=m.version, sha256=m.sha256) for m in models],
        settings=dict(settings),
        timings=dict(timings),
    )


def media_facts(media: Media) -> MediaFacts:
    """The media's description in the document's terms; exact times become seconds."""
    video, audio = media.video, media.audio
    return MediaFacts(
        name=media.name,
        kind=media.kind,
        sha256=media.sha256,
        bytes=media.size,
        container=media.container,
        duration=float(media.duration),
        bit_rate=media.bit_rate,
        video=None
        if video is None
        else VideoFacts(
            codec=video.codec,
            profile=video.profile,
            pixel_format=video.pixel_format,
            width=video.width,
            height=video.height,
            rotation=video.rotation,
            frame_rate=video.frame_rate,
            variable_frame_rate=video.variable_frame_rate,
            frames=video.frames,
            bit_rate=video.bit_rate,
            start=float(video.start),
            duration=float(video.duration),
        ),
        audio=None
        if audio is None
        else AudioFacts(
            codec=audio.codec,
            sample_rate=audio.sample_rate,
            channels=audio.channels,
            bit_rate=audio.bit_rate,
            start=float(audio.start),
            duration=float(audio.duration),
        ),
        tags=dict(media.tags),
        notes=list(media.notes),
        provenance=None if media.provenance is None else ProvenanceFacts.model_validate(asdict(media.provenance)),
    )


def persons(tracks: Sequence[Track]) -> tuple[Person, ...]:
    """Each person in the document's terms."""
    return tuple(_person(track) for track in tracks)


def _person(track: Track) -> Person:
    seen = [observation.time for observation in track.observations]
    return Person(
        subject=track.subject,
        first_seen=float(min(seen)),
        last_seen=float(max(seen)),
        frames=len(seen),
        median_face_px=float(np.median([observation.size for observation in track.observations])),
    )
