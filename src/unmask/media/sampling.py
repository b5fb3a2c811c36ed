"""Which frames are looked at: a pure function of the frames' times, independent of shards and of seeks.

Time is cut into slots of 1/fps seconds, slot k = floor(time * fps). The sampled frame of a slot is the first one shown
in it. A video with fewer frames a second than `fps` has at most one frame in a slot, so every frame is used.
"""

from __future__ import annotations

import math
from fractions import Fraction


def slot_rate(fps: float) -> Fraction:
    """Slots a second, as the decimal number that `fps` is written as (29.97 is 2997/100, not its binary neighbour)."""
    rate = Fraction(str(fps))
    if rate <= 0:
        raise ValueError(f"frames a second must be above zero, not {fps}")
    return rate


def slot_of(time: Fraction, rate: Fraction) -> int:
    """The slot in which an instant lies."""
    return math.floor(time * rate)


def slot_start(slot: int, rate: Fraction) -> Fraction:
    """When a slot begins."""
    return slot / rate


class Sampler:
    """Picks the first frame of every slot from frames that come in the order of time."""

    def __init__(self, rate: Fraction) -> None:
        self._rate = rate
        self._slot: int | None = None

    def takes(self, time: Fraction) -> bool:
        """Whether the frame at `time` is the first of its slot. To be asked once for every frame, in order."""
        slot = slot_of(time, self._rate)
        if self._slot is not None and slot <= self._slot:
            return False
        self._slot = slot
        return True
