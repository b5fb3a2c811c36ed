"""The sampled frames of a media, shard after shard in one decode pass, and single frames again by their exact time."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from unmask.errors import DecodeFailed
from unmask.media.closing import Closing
from unmask.media.convert import Converter
from unmask.media.pictures import PictureStream
from unmask.media.sampling import Sampler, slot_of, slot_rate, slot_start
from unmask.media.still import STILL_TIME, read_still
from unmask.types import Frame, Interval, Media, Shard

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

NEAR = Fraction(5)
"""Frames wanted again that lie less than this apart, in seconds, are reached by decoding on instead of seeking."""


class VideoReader(Closing):
    """Serves the sampled frames of any stretch; consecutive stretches cost no seek.

    Frames are upright RGB with square pixels and a longest side of at most 1920 pixels. All coordinates in Unmask are
    pixels of these frames; times `scale` they are displayed pixels of the original.
    """

    def __init__(self, media: Media, fps: float) -> None:
        if media.video is None:
            raise ValueError("the media has no picture")
        self._media = media
        self._rate = slot_rate(fps)
        self._stream = None if media.kind == "image" else PictureStream(media, self._rate)
        self._converter = _converter(media, self._stream) if self._stream else None
        self._next: Fraction | None = Fraction(0)
        self._waiting: tuple[Fraction, VideoFrame] | None = None
        self._still_scale = 1.0

    @property
    def scale(self) -> float:
        """Displayed pixels of the original that one pixel of a frame spans, 1 or more. Of a still: once it was read."""
        return self._converter.scale if self._converter else self._still_scale

    @property
    def damaged(self) -> int:
        """Packets and pictures that were lost to damage so far."""
        return self._stream.damaged if self._stream else 0

    @property
    def notes(self) -> tuple[str, ...]:
        """What had to be worked around so far: `timestamps_missing`, `timestamps_disordered`."""
        return tuple(sorted(self._stream.notes)) if self._stream else ()

    def frames(self, stretch: Shard | Interval) -> Iterator[Frame]:
        """The sampled frames in `[start, end)`, in the order of time, each converted when it is asked for.

        Frames before time zero are never shown by a player and never given. Raises DecodeFailed when not one picture of
        the whole stream can be decoded.
        """
        if self._stream is None or self._converter is None:
            if stretch.start <= STILL_TIME < stretch.end:
                image, self._still_scale = read_still(self._media)
                yield Frame(STILL_TIME, image)
            return
        begin = slot_start(slot_of(stretch.start, self._rate), self._rate)
        if begin != self._next:
            self._stream.seek(begin)
            self._waiting = None
        self._next = None
        sampler = Sampler(self._rate)
        for time, picture in self._pictures():
            if time >= stretch.end:
                self._waiting = (time, picture)
                break
            if time >= begin and sampler.takes(time) and time >= stretch.start:
                yield Frame(time, self._converter.image(picture))
        self._next = stretch.end

    def close(self) -> None:
        """Let go of the file."""
        self._waiting = None
        if self._stream is not None:
            self._stream.close()

    def _pictures(self) -> Iterator[tuple[Fraction, VideoFrame]]:
        assert self._stream is not None
        waiting, self._waiting = self._waiting, None
        return itertools.chain([waiting] if waiting else [], self._stream)


def frames_at(media: Media, times: Iterable[Fraction]) -> Iterator[Frame]:
    """The frames with exactly these times, each once, in the order of time, as `VideoReader` gave them.

    Few seeks: times that lie near each other are reached by decoding on. Raises DecodeFailed when a time is not that of
    a frame of the media.
    """
    wanted = sorted(set(times))
    if media.kind == "image":
        if any(time != STILL_TIME for time in wanted):
            raise DecodeFailed(f"{media.name}: a still picture has one frame, at zero")
        if wanted:
            yield Frame(STILL_TIME, read_still(media)[0])
        return
    stream = PictureStream(media)
    try:
        converter = _converter(media, stream)
        at = Fraction(0)
        for time in wanted:
            if time - at > NEAR:
                stream.seek(time)
            picture = _find(stream, time)
            if picture is None:
                stream.restart()  # derived times are certain only in a pass from the start
                picture = _find(stream, time)
            if picture is None:
                raise DecodeFailed(f"{media.name}: no frame at {float(time):.3f} s")
            at = time
            yield Frame(time, converter.image(picture))
    finally:
        stream.close()


def _converter(media: Media, stream: PictureStream) -> Converter:
    assert media.video is not None
    return Converter(*stream.shape, media.video.rotation)


def _find(stream: PictureStream, time: Fraction) -> VideoFrame | None:
    for shown, picture in stream:
        if shown >= time:
            return picture if shown == time else None
    return None
