"""The annotated film: the media with its faces framed, the heat of the stretches, a caption and a timeline; sound kept.

MoviePy composes and encodes it picture by picture, so memory does not grow with its length. The sound is added then,
on the media's own clock. Of a long media the part around the strongest stretch is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from unmask.errors import ReportError
from unmask.language import Language
from unmask.media.sources import Pictures, open_pictures
from unmask.report.film.clips import EXACT
from unmask.report.film.faces import draw_face
from unmask.report.film.panel import Panel
from unmask.report.film.soundtrack import add_sound, sound_packets
from unmask.report.film.tracks import FaceTrack
from unmask.result import Result
from unmask.types import ImageArray, Interval, Media
from unmask.workfolder import work_folder

LONGEST_SIDE = 1280
"""Most pixels along the picture's longer side."""
NARROWEST = 480
"""Pixels: narrower pictures are enlarged, so that the caption can be read."""
FASTEST = 30.0
"""Most pictures a second."""


@dataclass(frozen=True, slots=True)
class Annotations:
    """What is drawn: the document, its persons, and how long a face is held after a last sighting (a sampling slot)."""

    result: Result
    faces: Sequence[FaceTrack]
    slot: Fraction
    language: Language


def stretch_shown(result: Result, most: float) -> Interval:
    """What of the media is shown: all of it, or `most` seconds around the strongest stretch (the start without one)."""
    duration = Fraction(result.media.duration).limit_denominator(1_000_000)
    length = Fraction(most).limit_denominator(1000)
    if duration <= length:
        return Interval(Fraction(0), duration)
    strongest = max(result.segments, key=lambda s: s.probability, default=None)
    middle = Fraction(0) if strongest is None else Fraction((strongest.start + strongest.end) / 2)
    start = min(max(Fraction(0), middle - length / 2), duration - length).limit_denominator(1000)
    return Interval(start, start + length)


def write_annotated(media: Media, notes: Annotations, target: Path, most: float) -> Interval:
    """Write the film as MP4; returns the stretch of the media that it shows. Nothing is left behind when it fails.

    Raises:
        DecodeFailed: no picture can be decoded.
        ReportError: it can't be encoded.
    """
    assert media.video is not None
    shown = stretch_shown(notes.result, most)
    with work_folder() as work:
        silent = work / "silent.mp4"
        with open_pictures(media, shown.start) as pictures:
            _film(pictures, notes, shown, silent, _rate(media))
        try:
            _with_sound(silent, media, shown, target)
        except BaseException:
            target.unlink(missing_ok=True)
            raise
    return shown


def _rate(media: Media) -> float:
    """Pictures a second of the film: those of the media, rounded as MoviePy tells them to its encoder."""
    assert media.video is not None
    return round(min(FASTEST, max(1.0, media.video.frame_rate or 25.0)), 2)


def _film(shown: Pictures, notes: Annotations, stretch: Interval, target: Path, rate: float) -> None:
    from moviepy import VideoClip

    first = shown.at(stretch.start)
    size, scale = _size(first)
    panel = Panel(notes.result, notes.language, size[0])

    def draw(seconds: float) -> ImageArray:
        time = stretch.start + Fraction(seconds).limit_denominator(100_000)
        image = _resized(shown.at(time), size)
        for face in notes.faces:
            seen = face.at(time, notes.slot)
            if seen is not None:
                draw_face(image, seen, scale, notes.language)
        return np.concatenate([image, panel.at(float(time))])

    clip = VideoClip(draw, duration=float(stretch.length))
    options = ["-crf", "22", "-fflags", "+bitexact", "-map_metadata", "-1"]
    try:
        clip.write_videofile(
            str(target), fps=rate, codec="libx264", audio=False, preset="veryfast", ffmpeg_params=options, logger=None
        )
    except OSError as failed:
        raise ReportError(f"the annotated film can't be encoded: {str(failed)[-200:]}") from failed
    finally:
        clip.close()


def _size(image: ImageArray) -> tuple[tuple[int, int], float]:
    """Width and height of the picture in the film, both even, and the scale that leads there."""
    height, width = image.shape[:2]
    scale = min(LONGEST_SIDE / max(height, width), max(1.0, NARROWEST / width))
    return (max(2, round(width * scale) // 2 * 2), max(2, round(height * scale) // 2 * 2)), scale


def _resized(image: ImageArray, size: tuple[int, int]) -> ImageArray:
    """A copy of that size."""
    import cv2

    if image.shape[1::-1] == size:
        return image.copy()
    kind = cv2.INTER_AREA if image.shape[1] > size[0] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, size, interpolation=kind), np.uint8)


def _with_sound(silent: Path, media: Media, shown: Interval, target: Path) -> None:
    """The film's packets as they are, and the sound of the stretch beside them, in the order of time."""
    import av

    with av.open(str(silent)) as source, av.open(str(target), "w", format="mp4", options=EXACT) as sink:
        stream: Any = source.streams.video[0]
        copy = sink.add_stream_from_template(stream)
        sound = add_sound(sink) if media.audio is not None else None
        heard = sound_packets(media, shown, sound) if sound is not None else iter(())
        come = Fraction(0)
        for packet in source.demux(stream):
            if packet.dts is None:
                continue
            time = packet.dts * stream.time_base
            while come < time and (batch := next(heard, None)) is not None:
                come = batch[0]
                sink.mux(batch[1])
            packet.stream = copy
            sink.mux(packet)
        for _, packets in heard:
            sink.mux(packets)
