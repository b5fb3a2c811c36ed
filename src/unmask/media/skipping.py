"""Which pictures have to be decoded: the sampled ones, and those that others refer to.

Half of an H.264 video's pictures are usually of the third kind. Only what the sampler would drop is left out, so the
sampled pictures are the same ones, bit for bit.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from unmask.media.sampling import slot_of

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet

CODECS = ("h264",)
"""Codecs whose pictures say for certain that nothing refers to them (H.264, 7.4.1: `nal_ref_idc`).

In H.265 they say so only of pictures of their own temporal layer.
"""

CONTAINERS = ("mp4", "mov", "matroska", "webm")
"""Containers whose packets are whole pictures: one that is half a frame must not be left out."""

MOST_WAITING = 64
"""Packets read ahead, more than any encoder's order of decoding needs (H.264, A.3.1: 16 pictures)."""


def can_skip(container: InputContainer, codec: str) -> bool:
    """Whether pictures of that codec in that container can be left out without another one changing."""
    return codec in CODECS and any(name in CONTAINERS for name in container.format.name.split(","))


class Outlook:
    """Looks ahead in the packets of a stream, to tell which pictures are the first ones shown in their slots.

    A picture's rank is certain once a packet is decoded after it is shown. From the first packet on whose times are
    missing or don't fit each other, every picture is needed. Packets shown before `first_pts` count for nothing.
    """

    def __init__(self, rate: Fraction, time: Callable[[int], Fraction], first_pts: int | None) -> None:
        self._rate = rate
        self._time = time
        self._first_pts = first_pts
        self._waiting: deque[Packet[Any]] = deque()
        self._firsts: dict[int, int] = {}
        self._seen: set[int] = set()
        self._last_dts: int | None = None
        self._regular = True

    def look(self, packets: Iterable[Packet[Any]]) -> Iterator[tuple[Packet[Any], bool]]:
        """Every packet in its order, and whether its picture is needed even if no other refers to it."""
        for packet in packets:
            self._regular = self._regular and self._fits(packet)
            if self._regular:
                self._note(packet)
            self._waiting.append(packet)
            while self._waiting and (not self._regular or self._certain(self._waiting[0])):
                yield self._next()
        while self._waiting:
            yield self._next()

    def _fits(self, packet: Packet[Any]) -> bool:
        """Whether the times of a packet go with those before it."""
        pts, dts, last = packet.pts, packet.dts, self._last_dts
        if pts is None or pts in self._seen or packet.is_corrupt or len(self._waiting) > MOST_WAITING:
            return False
        if dts is None:  # so begin streams whose container states no decoding times
            return last is None
        return dts <= pts and (last is None or dts > last)

    def _note(self, packet: Packet[Any]) -> None:
        """Take down when a packet is shown and decoded."""
        pts = packet.pts
        assert pts is not None
        self._last_dts = packet.dts
        self._seen.add(pts)
        if not packet.is_discard and (self._first_pts is None or pts >= self._first_pts):
            slot = self._slot(pts)
            self._firsts[slot] = min(pts, self._firsts.get(slot, pts))

    def _certain(self, packet: Packet[Any]) -> bool:
        return packet.pts is not None and self._last_dts is not None and self._last_dts > packet.pts

    def _next(self) -> tuple[Packet[Any], bool]:
        packet = self._waiting.popleft()
        if not self._regular or packet.pts is None:
            return packet, True
        needed = self._firsts.get(self._slot(packet.pts)) == packet.pts
        if packet.dts is not None:
            self._forget(packet.dts)
        return packet, needed

    def _forget(self, dts: int) -> None:
        """Let go of what was shown before any picture that is still to come."""
        now = self._slot(dts)
        if any(slot < now for slot in self._firsts):
            self._firsts = {slot: pts for slot, pts in self._firsts.items() if slot >= now}
            self._seen = {pts for pts in self._seen if pts >= dts}

    def _slot(self, pts: int) -> int:
        return slot_of(self._time(pts), self._rate)
