"""Presentation times of decoded frames as exact fractions, also where the stream's timestamps are missing or broken."""

from __future__ import annotations

from fractions import Fraction

MISSING = "timestamps_missing"
DISORDERED = "timestamps_disordered"


class FrameClock:
    """Gives every decoded frame a time that is later than that of the frame before it.

    A presentation timestamp that advances is taken as it is. Where more presentation timestamps than decoding
    timestamps went backwards, the decoding timestamp stands in (the rule of libavcodec's `guess_correct_pts`: AVI files
    hold only those). What is still missing or does not advance becomes the previous time plus the previous duration.
    `notes` says which of this happened.
    """

    def __init__(self, time_base: Fraction, origin: Fraction, frame_length: Fraction) -> None:
        self._base = time_base
        self._origin = origin
        self._frame_length = frame_length
        self.notes: set[str] = set()
        self.restart()

    def restart(self) -> None:
        """Forget the frames before: to be called at a seek."""
        self._last: Fraction | None = None
        self._last_length = self._frame_length
        self._last_pts: int | None = None
        self._last_dts: int | None = None
        self._faulty_pts = 0
        self._faulty_dts = 0

    @property
    def regular(self) -> bool:
        """Whether every time so far came from the stream as it is."""
        return not self.notes

    def time(self, pts: int | None, dts: int | None, duration: int | None) -> Fraction:
        """Media time in seconds of the next frame in the order of display."""
        stamp = self._stamp(pts, dts)
        time = None if stamp is None else stamp * self._base - self._origin
        if time is None:
            self.notes.add(MISSING)
        elif self._last is not None and time <= self._last:
            self.notes.add(DISORDERED)
            time = None
        if time is None:
            time = Fraction(0) if self._last is None else self._last + self._last_length
        self._last = time
        self._last_length = self._length(duration)
        return time

    def _stamp(self, pts: int | None, dts: int | None) -> int | None:
        if dts is not None:
            self._faulty_dts += self._last_dts is not None and dts <= self._last_dts
            self._last_dts = dts
        if pts is not None:
            self._faulty_pts += self._last_pts is not None and pts <= self._last_pts
            self._last_pts = pts
        trusted = self._faulty_pts <= self._faulty_dts or dts is None
        if not trusted:
            self.notes.add(DISORDERED)
        if not trusted:
            return dts
        return dts if pts is None and self._last_pts is None else pts

    def _length(self, duration: int | None) -> Fraction:
        length = Fraction(duration or 0) * self._base
        # AVI counts a frame as one tick of a fine time base: a tenth of the frame's length is no duration
        return length if length * 10 >= self._frame_length else self._frame_length
