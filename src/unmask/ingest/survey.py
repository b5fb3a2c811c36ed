"""One pass over a file's packets: the first picture and sound really decoded, and the time that is really there.

Every bound is a count: at most `MAX_PACKETS` packets are read and at most `DECODE_PACKETS` of a stream are decoded
(`LEAD_IN_PACKETS` more where an edit list says that they are not shown), so a hostile file can't hold the probe.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from unmask.errors import StageTimeout, TooLong
from unmask.ingest.memory import raise_if_short

if TYPE_CHECKING:
    from av.container import InputContainer

MAX_PACKETS = 6_000_000
DECODE_PACKETS = 300
LEAD_IN_PACKETS = 3_000
RHYTHM_FRAMES = 1_200
"""So many of the first frames tell whether the frame rate is constant."""

JUMP_SECONDS = 10

MOST_READ_ERRORS = 64
"""Errors in a row while reading after which the rest of a file is given up."""


@dataclass(slots=True)
class StreamSurvey:
    """What was found in one stream. `start_tick` to `stamps` are in the stream's time base.

    `first` is the first intact picture or sound (libav's frame), shown at `start_tick`; packets run from `first_tick`
    to `end_tick`, both without what an edit list hides (`hidden` packets); `last_length` is the length of the packet
    that ends there, 0 when not stated. `lost` counts failures before `first`; `jumps` are leaps of the timestamps.
    """

    stream: Any
    base: Fraction
    first: Any = None
    start_tick: int | None = None
    first_tick: int | None = None
    end_tick: int | None = None
    last_length: int = 0
    packets: int = 0
    hidden: int = 0
    bytes: int = 0
    lost: int = 0
    jumps: int = 0
    stamps: list[int] = field(default_factory=list)
    _previous: int | None = None

    @property
    def shown(self) -> int:
        """Packets that are not hidden by an edit list."""
        return self.packets - self.hidden

    @property
    def wants_decoding(self) -> bool:
        """Whether the first picture or sound is still looked for."""
        return self.first is None and self.shown <= DECODE_PACKETS and self.hidden <= LEAD_IN_PACKETS

    @property
    def start(self) -> Fraction:
        """Stream time, in seconds, of the first intact picture or sound; of the first packet when it has no time."""
        tick = self.start_tick if self.start_tick is not None else self.first_tick
        return (tick or 0) * self.base

    @property
    def end(self) -> Fraction | None:
        """Stream time, in seconds, at which the last packet ends; None when no packet has a time.

        A last packet without a stated length is taken to be as long as the usual distance between packets.
        """
        if self.end_tick is None:
            return None
        return (self.end_tick + (0 if self.last_length else self.usual_length)) * self.base

    @property
    def usual_length(self) -> int:
        """The median distance between the stream's first packets, ticks; 0 when there are fewer than two."""
        stamps = sorted(self.stamps)
        gaps = sorted(b - a for a, b in pairwise(stamps))
        return gaps[len(gaps) // 2] if gaps else 0

    @property
    def stands_still(self) -> bool:
        """Whether there are several packets and all of them are shown at the same instant."""
        return len(self.stamps) > 1 and min(self.stamps) == max(self.stamps)

    def count(self, packet: Any) -> None:
        """Take note of one packet with data."""
        self.packets += 1
        if packet.is_discard:
            self.hidden += 1
            return
        self.bytes += packet.size
        stamp = packet.pts if packet.pts is not None else packet.dts
        if stamp is None:
            return
        length = packet.duration or 0
        if self._previous is not None and abs(stamp - self._previous) > JUMP_SECONDS / self.base:
            self.jumps += 1
        self._previous = stamp
        if self.first_tick is None or stamp < self.first_tick:
            self.first_tick = stamp
        if self.end_tick is None or stamp + length > self.end_tick:
            self.end_tick, self.last_length = stamp + length, length
        if len(self.stamps) < RHYTHM_FRAMES:
            self.stamps.append(stamp)

    def decode(self, packet: Any) -> None:
        """Decode a packet (an empty one gives what the decoder still holds) and keep the first intact result."""
        import av

        try:
            frames = packet.decode()
        except (av.FFmpegError, ValueError) as error:
            raise_if_short(error)
            self.lost += 1
            return
        for frame in frames:
            if self.first is not None:
                return
            if getattr(frame, "is_corrupt", False):  # what it shows was made up by concealment
                self.lost += 1
                continue
            self.first = frame
            self.start_tick = frame.pts if frame.pts is not None else frame.dts


@dataclass(frozen=True, slots=True)
class Survey:
    """The pass over the chosen streams; `complete` unless `MAX_PACKETS` ended it, `damaged` when a read failed."""

    video: StreamSurvey | None
    audio: StreamSurvey | None
    complete: bool
    damaged: bool


class _Reader:
    """The packets of some streams, read on after damage; `damaged` says whether there was any."""

    def __init__(self, container: InputContainer, chosen: list[Any]) -> None:
        self._container, self._chosen = container, chosen
        self.damaged = False

    def __iter__(self) -> Iterator[Any]:
        import av

        in_a_row = 0
        while in_a_row < MOST_READ_ERRORS:
            try:
                for packet in self._container.demux(self._chosen):
                    in_a_row = 0 if packet.size else in_a_row
                    yield packet
                return
            except av.ExitError as error:
                raise StageTimeout("Reading the file took too long.") from error
            except (av.FFmpegError, OSError) as error:
                raise_if_short(error)
                self.damaged = True
                in_a_row += 1
            except IndexError:  # PyAV 18.1 stumbles over a stream that begins in mid-file
                in_a_row += 1


def survey(container: InputContainer, video: Any, audio: Any, max_seconds: float) -> Survey:
    """Read the packets of the chosen streams (either may be None) once.

    Raises TooLong as soon as one stream spans more than `max_seconds`, StageTimeout when a read takes too long.
    """
    from av.stream import Discard

    chosen = [stream for stream in (video, audio) if stream is not None]
    found = {stream.index: StreamSurvey(stream, stream.time_base) for stream in chosen}
    for stream in container.streams:
        if stream.index not in found:
            stream.discard = Discard.all
    for stream in chosen:
        stream.codec_context.thread_count = 1
    limits = {stream.index: max_seconds / stream.time_base for stream in chosen}
    complete, reader = True, _Reader(container, chosen)
    for number, packet in enumerate(reader):
        if number >= MAX_PACKETS:
            complete = False
            break
        one = found[packet.stream.index]  # not packet.stream_index: PyAV's last, empty packets have 0 there
        if one.wants_decoding:
            one.decode(packet)
        if packet.size:
            one.count(packet)
            if (one.end_tick or 0) - (one.first_tick or 0) > limits[packet.stream.index]:
                raise TooLong(f"The media is longer than {max_seconds:g} seconds.")
    return Survey(
        found[video.index] if video is not None else None,
        found[audio.index] if audio is not None else None,
        complete,
        reader.damaged,
    )
