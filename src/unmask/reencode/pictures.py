"""The pictures of a media in the order of time, changed on the way, and their encoding."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from typing import Any, cast

import numpy as np

from unmask.media.sources import open_pictures
from unmask.reencode.codecs import PictureCodec
from unmask.types import Frame, ImageArray, Media

TICK = Fraction(1, 90_000)
USUAL_RATE = Fraction(25)

PictureChange = Callable[[Iterable[Frame]], Iterator[Frame]]
"""Something done to pictures in the order of time; it may leave some out and give them other times."""


def frames(media: Media) -> Iterator[Frame]:
    """All intact pictures from time zero on: upright RGB, square pixels, longest side at most 1920 pixels.

    Raises DecodeFailed when there is none, ValueError when the media has no picture.
    """
    if media.video is None:
        raise ValueError("the media has no picture")
    with open_pictures(media) as shown:
        yield from shown.within(Fraction(0))


def each(change: Callable[[ImageArray, int], ImageArray]) -> PictureChange:
    """A change of single pictures; it also gets the picture's number, from zero."""

    def apply(shown: Iterable[Frame]) -> Iterator[Frame]:
        for number, frame in enumerate(shown):
            yield Frame(frame.time, change(frame.image, number))

    return apply


def at_rate(rate: int) -> PictureChange:
    """The picture that is shown at each of `rate` evenly spaced instants a second; times are those instants.

    A video that no instant falls into keeps its last picture.
    """

    def apply(shown: Iterable[Frame]) -> Iterator[Frame]:
        last: Frame | None = None
        first = slot = 0
        for frame in shown:
            if last is None:
                first = slot = -(-frame.time.numerator * rate // frame.time.denominator)
            while last is not None and Fraction(slot, rate) < frame.time:
                yield Frame(Fraction(slot, rate), last.image)
                slot += 1
            last = frame
        if last is not None and (slot == first or Fraction(slot, rate) == last.time):
            yield last

    return apply


class PictureEncoder:
    """Encodes pictures of one size into one stream of a container. Sides are cut to even numbers, as 4:2:0 needs."""

    def __init__(self, sink: Any, codec: PictureCodec, rate: Fraction | None) -> None:
        self._sink, self._codec = sink, codec
        self._rate = codec.rate or rate or USUAL_RATE
        self._length = round(1 / self._rate / TICK)
        self._stream = sink.add_stream(codec.encoder, rate=self._rate, options=dict(codec.options))
        self._stream.pix_fmt = codec.pixel_format
        self._stream.codec_context.time_base = TICK
        self._size: tuple[int, int] | None = None

    def encode(self, frame: Frame) -> list[Any]:
        """The packets that came ready."""
        import av

        image = np.ascontiguousarray(self._fitted(frame.image))
        picture = av.VideoFrame.from_ndarray(image, format="rgb24")
        picture.time_base, picture.pts = TICK, round(frame.time / TICK)
        return self._timed(self._stream.encode(picture.reformat(format=self._codec.pixel_format)))

    def rest(self) -> list[Any]:
        """The packets that were still held."""
        return self._timed(self._stream.encode(None)) if self._size else []

    def _timed(self, packets: Iterable[Any]) -> list[Any]:
        """A packet that states no length lasts as long as the stream's pictures do."""
        done = list(packets)
        for packet in done:
            if not packet.duration:
                packet.duration = round(self._length * TICK / packet.time_base)
        return done

    def _fitted(self, image: ImageArray) -> ImageArray:
        height, width = (max(2, side // 2 * 2) for side in image.shape[:2])
        if self._size is None:
            self._size = (width, height)
            self._stream.width, self._stream.height = width, height
        if image.shape[:2] == self._size[::-1] or ((width, height) == self._size and min(image.shape[:2]) >= 2):
            return image[:height, :width]
        import cv2

        # a picture of another shape in mid-stream, or a side of one pixel: brought to the stream's size
        return cast(ImageArray, cv2.resize(image, self._size, interpolation=cv2.INTER_AREA))
