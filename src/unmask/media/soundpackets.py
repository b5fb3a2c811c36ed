"""The packets of a sound stream by time: any stretch of them, in one pass where stretches follow each other."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from unmask.media.container import PacketReader, can_seek, open_container, pick_stream
from unmask.types import Media

if TYPE_CHECKING:
    from av.packet import Packet

STEPS_BACK = (Fraction(1), Fraction(5))
"""How far before the wanted time a seek aims, in seconds, until it lands early enough."""

FAR = Fraction(60)
"""A stretch that lies further ahead than this, in seconds, is reached by a seek instead of reading on."""

BEYOND = 4
"""Packets in a row past the end of a stretch that prove its end: a single one may have a wrong timestamp."""

START = Fraction(-(10**9))


@dataclass(frozen=True, slots=True)
class TimedPacket:
    """A packet and the media time at which its sound begins."""

    time: Fraction
    packet: Packet[Any]


class PacketWindow:
    """A moving window over the packets of the media's sound stream.

    Which packets a stretch holds depends on their timestamps alone, not on how the stretch was reached, as long as
    timestamps ascend. Only containers with a time on every packet are seeked in; others are read from the start.
    """

    def __init__(self, media: Media) -> None:
        assert media.audio is not None
        self._media = media
        self._index = media.audio.index
        self._held: deque[TimedPacket] = deque()
        self._reached = Fraction(0)
        self._since = START
        self._open()

    def between(self, since: Fraction, until: Fraction) -> list[TimedPacket]:
        """The packets with a time in `[since, until)`, in file order; from the very first if `since` <= 0."""
        since = since if since > 0 else START
        if since < self._since or since - self._reached > FAR:
            self._move(since)
        self._since = since
        self._held = deque(timed for timed in self._held if timed.time >= since)
        beyond = sum(timed.time >= until for timed in self._held)
        while beyond < BEYOND:
            timed = next(self._coming, None)
            if timed is None:
                break
            self._reached = max(self._reached, timed.time)
            if timed.time >= since:
                self._held.append(timed)
                beyond = beyond + 1 if timed.time >= until else 0
        return [timed for timed in self._held if timed.time < until]

    def any_from(self, time: Fraction) -> bool:
        """Whether the packets read so far, at least up to the last stretch's end, hold one at or after `time`."""
        return any(timed.time >= time for timed in self._held)

    def close(self) -> None:
        """Let go of the file."""
        self._held.clear()
        self._container.close()

    def _open(self) -> None:
        self._container = open_container(self._media)
        self._stream: Any = pick_stream(self._container, self._index, self._media.name)
        self._start(Fraction(0), START)

    def _start(self, reached: Fraction, since: Fraction) -> None:
        self._coming = self._read()
        self._held = deque()
        self._reached = reached
        self._since = since

    def _read(self) -> Iterator[TimedPacket]:
        following = Fraction(0)
        for packet in PacketReader(self._container, self._stream):
            stamp = packet.pts if packet.pts is not None else packet.dts
            time = following if stamp is None else stamp * self._stream.time_base - self._media.origin
            following = time + (packet.duration or 0) * self._stream.time_base
            yield TimedPacket(time, packet)

    def _move(self, since: Fraction) -> None:
        if can_seek(self._container):
            for back in STEPS_BACK:
                if since > back and self._seek(since - back, since):
                    return
        if since < self._since:
            self._container.close()
            self._open()

    def _seek(self, target: Fraction, since: Fraction) -> bool:
        import av

        try:
            at = math.floor((target + self._media.origin) / self._stream.time_base)
            self._container.seek(at, stream=self._stream)
        except (av.FFmpegError, OSError):
            self._since = since + 1  # the position is unknown now: what follows must start over
            return False
        self._start(target, since)
        first = next(self._coming, None)
        if first is None or first.time > since:
            self._since = since + 1
            return False
        self._held.append(first)
        return True
