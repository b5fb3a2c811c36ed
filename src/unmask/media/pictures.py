"""Decoded pictures of a video stream in the order of display, from the start or from any time."""

from __future__ import annotations

import contextlib
import itertools
import math
import os
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from unmask.errors import DecodeFailed
from unmask.ingest.memory import raise_if_short
from unmask.media.clock import FrameClock
from unmask.media.container import PacketReader, can_seek, open_container, pick_stream
from unmask.media.skipping import Outlook, can_skip
from unmask.types import Media

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.frame import VideoFrame

MOST_THREADS = 4
"""Decoding threads: each holds a few pictures, so more of them cost memory."""

STEPS_BACK = (Fraction(0), Fraction(2), Fraction(10))
"""How far before the wanted time a seek aims, in seconds, until it lands on a key frame that is early enough."""

HEALED = Fraction(10)
"""Seconds after damage from which pictures are believed again without a key frame: some streams have but one."""

UNKNOWN_FRAME_LENGTH = Fraction(1, 25)


class PictureStream:
    """Every intact picture with its time.

    Pictures that the decoder marks as damaged, and those after damage up to the next key frame, are counted and left
    out: part of what they show was invented by concealment, and is no evidence.

    Pictures reached by a seek are those of a pass from the start: a seek is believed only where packets carry their
    times, lands on a key frame at or before the time, and drops what is shown before that key frame.

    With a `rate`, for a `Sampler` of that rate: pictures to which no other refers and that are not the first of their
    slot are not decoded where that is certain, nor looked at for damage.
    """

    def __init__(self, media: Media, rate: Fraction | None = None) -> None:
        if media.video is None:
            raise ValueError("the media has no picture")
        self._media = media
        self._rate = rate
        self._index = media.video.index
        self._damaged = 0
        self._broken = False
        self.decoded = 0
        self.notes: set[str] = set()
        self._open()

    @property
    def damaged(self) -> int:
        """Packets and pictures that were lost to damage so far."""
        return self._damaged + self._packets.damaged

    @property
    def shape(self) -> tuple[int, int, Fraction | None]:
        """Coded width and height that the stream's header states, and its pixel aspect ratio."""
        context = self._stream.codec_context
        return context.width, context.height, self._stream.sample_aspect_ratio

    def __iter__(self) -> Iterator[tuple[Fraction, VideoFrame]]:
        """The pictures from the present position on; iterating again goes on where the last one stopped."""
        return self._pictures

    def seek(self, time: Fraction) -> None:
        """Move so that every picture shown at or after `time` comes, and as few before it as possible."""
        if can_seek(self._container) and self._clock.regular:
            self._prime()
            for back in STEPS_BACK:
                if time > back and self._seek_to(time - back):
                    return
        self.restart()

    def restart(self) -> None:
        """Move to the start."""
        self._damaged = self.damaged
        self.close()
        self._open()

    def close(self) -> None:
        """Let go of the file."""
        self._container.close()

    def _open(self) -> None:
        self._container = open_container(self._media)
        self._stream: Any = pick_stream(self._container, self._index, self._media.name)
        context = self._stream.codec_context
        context.thread_type = "AUTO"
        context.thread_count = min(MOST_THREADS, os.cpu_count() or 1)
        rate = self._stream.average_rate or self._stream.guessed_rate
        length = 1 / rate if rate else UNKNOWN_FRAME_LENGTH
        self._clock = FrameClock(self._stream.time_base, self._media.origin, length)
        self._packets = PacketReader(self._container, self._stream)
        self._pictures = self._decode(self._packets, None)
        self._broken = False
        self._primed = False

    def _prime(self) -> None:
        """Let a decoder that has seen nothing see the first packet.

        It may tell of the encoder what all later ones rely on: x264 names its build there once, and libavcodec decodes
        4:4:4 pictures of builds with a known fault accordingly.
        """
        import av

        if self._primed:
            return
        self._primed = True
        with contextlib.suppress(av.FFmpegError, StopIteration):
            self._stream.codec_context.decode(next(iter(self._packets)))

    def _seek_to(self, time: Fraction) -> bool:
        import av

        base, origin = self._stream.time_base, self._media.origin
        try:
            self._container.seek(math.floor((time + origin) / base), stream=self._stream)
        except (av.FFmpegError, OSError):
            return False
        packets = iter(self._packets)
        for packet in packets:
            if packet.is_keyframe:
                if packet.pts is None or packet.pts * base - origin > time:
                    return False
                self._clock.restart()
                self._broken = False
                self._pictures = self._decode(itertools.chain([packet], packets), packet.pts)
                return True
        return False

    def _decode(self, packets: Iterable[Packet[Any]], first_pts: int | None) -> Iterator[tuple[Fraction, VideoFrame]]:
        broken_until: Fraction | None = None
        for picture in self._frames(self._with_need(packets, first_pts)):
            if first_pts is not None and picture.pts is not None and picture.pts < first_pts:
                continue
            time = self._clock.time(picture.pts, picture.dts, picture.duration)
            self.notes |= self._clock.notes
            if picture.is_corrupt or self._broken:
                self._broken = False
                broken_until = time + HEALED
            if broken_until is not None and not picture.is_corrupt and (picture.key_frame or time >= broken_until):
                broken_until = None
            if broken_until is not None:
                self._damaged += 1
            else:
                self.decoded += 1
                yield time, picture
        if first_pts is None and not self.decoded:
            raise DecodeFailed(f"{self._media.name}: not one picture could be decoded")

    def _with_need(
        self, packets: Iterable[Packet[Any]], first_pts: int | None
    ) -> Iterable[tuple[Packet[Any] | None, bool]]:
        """The packets, then None for their end; each with whether it is needed even if no other refers to it."""
        end: tuple[None, bool] = (None, True)
        if self._rate is None or not can_skip(self._container, self._stream.codec_context.name):
            return itertools.chain(((packet, True) for packet in packets), [end])
        base, origin = self._stream.time_base, self._media.origin
        outlook = Outlook(self._rate, lambda pts: pts * base - origin, first_pts)
        return itertools.chain(outlook.look(packets), [end])

    def _frames(self, packets: Iterable[tuple[Packet[Any] | None, bool]]) -> Iterator[VideoFrame]:
        import av

        context = self._stream.codec_context
        for packet, needed in packets:
            self._primed = True
            context.skip_frame = "DEFAULT" if needed else "NONREF"
            try:
                pictures = context.decode(packet)
            except av.FFmpegError as error:
                raise_if_short(error)
                self._damaged += 1
                continue
            yield from pictures
