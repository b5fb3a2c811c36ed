"""All pictures of a video in the order of time, upright, or the one that a player shows at a time."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from unmask.errors import DecodeFailed
from unmask.media.convert import LONGEST_SIDE, Converter
from unmask.media.pictures import PictureStream
from unmask.types import Frame, ImageArray, Media


class PictureRun:
    """Goes through the pictures once, from about `start` on. One is held; sides are at most `longest` pixels long."""

    def __init__(self, media: Media, start: Fraction, longest: int = LONGEST_SIDE) -> None:
        if media.video is None:
            raise ValueError("the media has no picture")
        self._stream = PictureStream(media)
        if start > 0:
            self._stream.seek(start)
        self._converter = Converter(*self._stream.shape, media.video.rotation, longest)
        self._shown: tuple[Fraction, Any] | None = None
        self._coming: tuple[Fraction, Any] | None = None

    def within(self, start: Fraction, end: Fraction | None = None) -> Iterator[Frame]:
        """The pictures that begin in `[start, end)`, to the media's end where none is given."""
        for time, picture in self._stream:
            if end is not None and time >= end:
                return
            if time >= start:
                yield Frame(time, self._converter.image(picture))

    def changed(self, time: Fraction) -> ImageArray | None:
        """What a player shows at a time: RGB uint8 (height, width, 3); None where it is what was given last.

        That is the last picture that begins at or before it, the first one before there is any; times may only go on.
        Raises DecodeFailed when there is no picture at all.
        """
        changed = self._shown is None
        if self._shown is None:
            self._shown, self._coming = self._next(), self._next()
        while self._coming is not None and self._coming[0] <= time:
            self._shown, self._coming, changed = self._coming, self._next(), True
        if self._shown is None:
            raise DecodeFailed("no picture can be decoded")
        return self._converter.image(self._shown[1]) if changed else None

    def close(self) -> None:
        """Let go of the file."""
        self._shown = self._coming = None
        self._stream.close()

    def _next(self) -> tuple[Fraction, Any] | None:
        return next(iter(self._stream), None)
