"""The pictures of a media for a new film: every one with its exact time, or the one that is shown at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

from unmask.errors import DecodeFailed
from unmask.media.convert import Converter
from unmask.media.pictures import PictureStream
from unmask.types import ImageArray, Interval, Media


@contextmanager
def pictures(media: Media, start: Fraction) -> Iterator[tuple[Iterator[tuple[Fraction, Any]], Converter]]:
    """The decoded pictures from about `start` on, and what turns them into RGB, while the block runs."""
    assert media.video is not None
    stream = PictureStream(media)
    try:
        if start > 0:
            stream.seek(start)
        yield iter(stream), Converter(*stream.shape, media.video.rotation)
    finally:
        stream.close()


class Shown:
    """What a player shows at a time; times may only go on. One picture is held."""

    def __init__(self, stream: Iterator[tuple[Fraction, Any]], converter: Converter) -> None:
        self._stream = stream
        self._converter = converter
        self._now = next(stream, None)
        self._next = next(stream, None)
        self._image: ImageArray | None = None

    def at(self, time: Fraction) -> ImageArray:
        """RGB uint8 (height, width, 3) of the last picture that begins at or before `time`; the first one before it.

        Raises DecodeFailed when there is no picture at all.
        """
        if self._now is None:
            raise DecodeFailed("no picture can be decoded")
        while self._next is not None and self._next[0] <= time:
            self._now, self._image = self._next, None
            self._next = next(self._stream, None)
        if self._image is None:
            self._image = self._converter.image(self._now[1])
        return self._image


def within(stream: Iterator[tuple[Fraction, Any]], stretch: Interval) -> Iterator[tuple[Fraction, Any]]:
    """The pictures that begin in `[start, end)`."""
    for time, picture in stream:
        if time >= stretch.end:
            return
        if time >= stretch.start:
            yield time, picture
