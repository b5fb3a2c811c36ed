"""The judgement on what was found in a file: the media as a frozen value, or the coded error that fits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from unmask.errors import (
    MediaError,
    TooLong,
    TooManyPixels,
    Truncated,
    UnreadableFrame,
    UnsupportedCodec,
    UnsupportedContainer,
    ZeroDuration,
)
from unmask.ingest import facts
from unmask.ingest.choose import Chosen
from unmask.ingest.limits import Limits
from unmask.ingest.receive import Received
from unmask.ingest.stills import StillHeader
from unmask.ingest.survey import StreamSurvey, Survey
from unmask.ingest.text import clean_name, clean_tags
from unmask.types import Media, MediaKind, VideoStream

if TYPE_CHECKING:
    from av.container import InputContainer

SHORTFALL = Fraction(1, 2)
"""A file that ends at least this many seconds, and 2 %, before its declared end gets a note."""

_LARGEST_SHORTFALL = Fraction(1, 50)
_ANIMATED = {"gif", "apng"}
_BRANDS = {"qt": "mov", "m4a": "m4a", "m4b": "m4a", "avif": "avif", "avis": "avif", "heic": "heic", "mif1": "heic"}
_STILL_BRANDS = {"avif", "heic"}


@dataclass(frozen=True, slots=True)
class Case:
    """All that was found about one file. `cut` says that bytes are missing at its end, or that reading broke off."""

    received: Received
    name: str
    head: bytes
    still: StillHeader | None
    cut: bool
    limits: Limits
    container: InputContainer
    chosen: Chosen
    found: Survey


def judge(case: Case) -> Media:
    """The media. Raises the subclass of MediaError that fits where it can't be analysed."""
    container = container_name(case)
    video, audio, notes = _usable(case)
    streams = [one for one in (video, audio) if one is not None]
    kind = _kind(case, container, video, audio)
    origin = min(one.start for one in streams)
    duration = Fraction(0)
    if kind != "image":
        duration = max(map(facts.stream_end, streams)) - origin
        _check_duration(case, duration, streams[0])
        notes += _time_notes(streams, duration + origin)
    picture, picture_notes = _picture(case, video, origin, kind)
    return Media(
        path=case.received.path,
        name=clean_name(case.name),
        kind=kind,
        sha256=case.received.sha256,
        size=case.received.size,
        container=container,
        duration=duration,
        origin=origin,
        bit_rate=round(8 * case.received.size / duration) if duration else None,
        video=picture,
        audio=facts.sound_facts(audio, origin, case.found.complete) if audio else None,
        tags=clean_tags(_tags(case)),
        notes=(*case.chosen.notes, *notes, *picture_notes),
    )


def container_name(case: Case) -> str:
    """The container in one word: "mp4", "webm", "png" ..."""
    name = str(case.container.format.name)
    if name.startswith("mov,"):
        brand = case.container.metadata.get("major_brand", "").strip().lower()
        return _BRANDS.get(brand, "3gp" if brand.startswith("3g") else "mp4")
    if name == "matroska,webm":
        return "webm" if b"webm" in case.head[:64] else "matroska"
    return name.removesuffix("_pipe")


def _usable(case: Case) -> tuple[StreamSurvey | None, StreamSurvey | None, list[str]]:
    """The streams that gave something. A video whose sound is broken is examined without it; never the reverse."""
    video, audio = case.found.video, case.found.audio
    notes: list[str] = []
    if video and not video.packets and audio and audio.first:
        notes.append("the video stream is empty; only the sound is examined")
        video = None
    main = video or audio
    assert main is not None, "choose() gives at least one stream"
    if main.first is None:
        raise _nothing(case, main)
    if main.lost:
        notes.append(f"damaged at its start: {main.lost} packets before the first intact one can't be decoded")
    if video and audio and audio.first is None:
        notes.append("the sound can't be decoded" if audio.packets else "the audio stream is empty")
        audio = None
    if case.cut:
        notes.append("the file is cut off or damaged before its end; what is there is examined")
    return video, audio, notes


def _nothing(case: Case, main: StreamSurvey) -> MediaError:
    """Why the main stream gave nothing."""
    if not main.shown:
        return _nothing_shown(case, main)
    context = main.stream.codec_context
    if main.stream.type == "video" and context.coded_width * context.coded_height > case.limits.max_pixels:
        return TooManyPixels(f"The picture has more than {case.limits.max_pixels} pixels.")
    if case.still and case.still.kind == "webp":
        return UnsupportedCodec("Animated WebP can't be decoded here.")
    if case.cut and main.packets <= 1:
        return Truncated("The file ends inside its first picture or sound.")
    return UnreadableFrame("Not even the first picture or sound can be decoded.")


def _nothing_shown(case: Case, main: StreamSurvey) -> MediaError:
    """Why the main stream has no packet to show."""
    if main.packets:
        return ZeroDuration("The file's edit list shows nothing of its picture or sound.")
    declared = facts.declared_end(main.stream)
    if case.cut or (declared is not None and declared > main.start):
        return Truncated("The file ends before its first picture or sound.")
    return ZeroDuration("The file has streams, but neither picture nor sound in them.")


def _kind(case: Case, container: str, video: StreamSurvey | None, audio: StreamSurvey | None) -> MediaKind:
    if video is None:
        return "audio"
    if container == "heic" and len(case.container.streams) > 1:
        raise UnsupportedContainer("HEIF pictures made of tiles are not taken; send the picture as JPEG or PNG.")
    still = case.still is not None or container in _STILL_BRANDS
    single = video.shown == 1 or (case.still is not None and case.container.format.name not in _ANIMATED)
    return "image" if still and single and audio is None else "video"


def _check_duration(case: Case, duration: Fraction, main: StreamSurvey) -> None:
    if duration <= 0 or main.stands_still:
        raise ZeroDuration("The file has streams, but no time in them.")
    if duration > case.limits.max_seconds or not case.found.complete:
        raise TooLong(f"The media is longer than {case.limits.max_seconds:g} seconds, or has too many packets.")


def _time_notes(streams: list[StreamSurvey], end: Fraction) -> list[str]:
    notes = ["the timestamps jump; times may be wrong"] if any(one.jumps for one in streams) else []
    declared = [one for one in map(facts.declared_end, (found.stream for found in streams)) if one is not None]
    if declared and max(declared) - end > max(SHORTFALL, max(declared) * _LARGEST_SHORTFALL):
        notes.append(f"the container declares {float(max(declared)):.2f} s, but ends after {float(end):.2f} s")
    return notes


def _picture(
    case: Case, video: StreamSurvey | None, origin: Fraction, kind: MediaKind
) -> tuple[VideoStream | None, tuple[str, ...]]:
    if video is None:
        return None, ()
    if video.first.width * video.first.height > case.limits.max_pixels:
        raise TooManyPixels(f"The picture has more than {case.limits.max_pixels} pixels.")
    rotation, notes = facts.turn_of(video.first)
    if case.still is not None and kind == "image":
        # EXIF is read in one way for all kinds of pictures; the decoder passes it on for some of them only.
        rotation, notes = case.still.rotation, ()
    found = facts.picture_facts(video, origin, rotation, case.found.complete)
    if kind == "image":
        found = replace(found, start=Fraction(0), duration=Fraction(0), frames=1)
        found = replace(found, frame_rate=None, variable_frame_rate=None, bit_rate=None)
    return found, notes


def _tags(case: Case) -> list[tuple[str, dict[str, str]]]:
    video, audio = case.chosen.video, case.chosen.audio
    named = [("", case.container), ("video", video), ("audio", audio)]
    return [(prefix, source.metadata) for prefix, source in named if source is not None]
