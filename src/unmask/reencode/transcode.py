"""A video or sound file written anew, picture and sound on the media's own clock, a few seconds at a time.

The result is Matroska, which holds every codec used here and exact times; what is not to be changed is carried over:
the picture packet by packet where that keeps its times, sound as lossless FLAC at the rate that detectors hear.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from unmask.media.container import PacketReader, open_container, pick_stream
from unmask.reencode.codecs import CARRIER, LOSSLESS, PictureCodec, SoundCodec
from unmask.reencode.pictures import PictureChange, PictureEncoder, frames
from unmask.reencode.sound import SoundChange, SoundEncoder, pieces
from unmask.types import SAMPLE_RATE, FloatArray, Media

EXACT = {"fflags": "+bitexact"}
"""The same bytes every time: no random identifiers in the file."""

Batch = tuple[Fraction, list[Any]]
"""Packets of one stream that are ready to be written, and how far in time the stream has come with them."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of picture and sound. No `picture` keeps the picture as it is; a `picture_change` needs none.

    `keep_picture` and `keep_sound` False leave the stream out.
    """

    picture: PictureCodec | None = None
    picture_change: PictureChange | None = None
    sound: SoundCodec = LOSSLESS
    sound_change: SoundChange | None = None
    keep_picture: bool = True
    keep_sound: bool = True


def transcode(media: Media, target: Path, plan: Plan) -> None:
    """Write `media` (a video or a sound) to `target` as the plan says; nothing is left behind when it fails.

    Raises:
        MediaError: it can't be decoded.
        ValueError: the plan leaves nothing of it, or it is a still picture.
    """
    import av

    wants_picture = plan.keep_picture and media.video is not None
    wants_sound = plan.keep_sound and media.audio is not None
    if media.kind == "image" or not (wants_picture or wants_sound):
        raise ValueError("nothing of the media would be left")
    try:
        with av.open(str(target), "w", format="matroska", options=EXACT) as sink:
            streams = []
            if wants_picture:
                streams.append(_pictures(media, sink, plan))
            if wants_sound:
                streams.append(_sound(media, sink, plan))
            for packets in _by_time(streams):
                sink.mux(packets)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def write_sound(parts: Iterable[FloatArray], target: Path, codec: SoundCodec = LOSSLESS) -> None:
    """Write mono sound at `SAMPLE_RATE`, given part by part, as a sound file; nothing is left when it fails."""
    import av

    try:
        with av.open(str(target), "w", format="matroska", options=EXACT) as sink:
            encoder = SoundEncoder(sink, codec)
            first = 0
            for samples in parts:
                sink.mux(encoder.encode((first, samples)))
                first += len(samples)
            sink.mux(encoder.rest())
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _by_time(streams: list[Iterator[Batch]]) -> Iterator[list[Any]]:
    """Batches of all streams, always of the one that lags, so that the container has little to hold back."""
    live = [(next(stream)[0], number, stream) for number, stream in enumerate(streams)]
    while live:
        live.sort(key=lambda one: one[:2])
        _, number, stream = live[0]
        batch = next(stream, None)
        if batch is None:
            live.pop(0)
            continue
        live[0] = (batch[0], number, stream)
        yield batch[1]


def _pictures(media: Media, sink: Any, plan: Plan) -> Iterator[Batch]:
    """First an empty batch, once the stream is in the container; then all of its packets."""
    if plan.picture is None and plan.picture_change is None and _can_copy(media):
        return _copied(media, sink)
    return _encoded(media, sink, plan.picture or CARRIER, plan.picture_change)


def _encoded(media: Media, sink: Any, codec: PictureCodec, change: PictureChange | None) -> Iterator[Batch]:
    assert media.video is not None
    rate = media.video.frame_rate
    encoder = PictureEncoder(sink, codec, Fraction(rate).limit_denominator(1001) if rate else None)
    yield Fraction(0), []
    shown = frames(media)
    time = Fraction(0)
    for frame in change(shown) if change else shown:
        time = frame.time
        yield time, encoder.encode(frame)
    yield time, encoder.rest()


def _sound(media: Media, sink: Any, plan: Plan) -> Iterator[Batch]:
    encoder = SoundEncoder(sink, plan.sound)
    yield Fraction(0), []
    time = Fraction(0)
    for first, samples in pieces(media, plan.sound_change):
        time = Fraction(first + len(samples), SAMPLE_RATE)
        yield time, encoder.encode((first, samples))
    yield time, encoder.rest()


def _can_copy(media: Media) -> bool:
    """Whether the packets say all: upright, every one with a time, none before time zero or hidden by an edit list."""
    assert media.video is not None
    if media.video.rotation:
        return False
    with open_container(media) as source:
        stream = pick_stream(source, media.video.index, media.name)
        first = media.origin / stream.time_base
        return all(p.pts is not None and p.pts >= first and not p.is_discard for p in PacketReader(source, stream))


def _copied(media: Media, sink: Any) -> Iterator[Batch]:
    assert media.video is not None
    with open_container(media) as source:
        stream: Any = pick_stream(source, media.video.index, media.name)
        copy = sink.add_stream_from_template(stream)
        yield Fraction(0), []
        shift = round(media.origin / stream.time_base)
        for packet in PacketReader(source, stream):
            packet.pts -= shift
            packet.dts = None if packet.dts is None else packet.dts - shift
            time = packet.pts * stream.time_base
            packet.stream = copy
            yield time, [packet]
