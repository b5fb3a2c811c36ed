"""From decoded sound of any rate to mono samples on the absolute 16 kHz grid, block by block."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from unmask.types import SAMPLE_RATE, FloatArray

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame

MOST_SLIP = Fraction(40, 1000)
"""Timestamps that differ by more than this from the count of samples start a new run: silence fills a gap."""

FRONT = ("FL", "FR", "FC")
"""Channels that carry speech where there are more than two."""


@dataclass
class Run:
    """Sound without a gap: pieces of one rate, and how far the timestamps lie from the count of samples."""

    rate: int
    first: Fraction
    pieces: list[FloatArray] = field(default_factory=list)
    count: int = 0
    slips: list[Fraction] = field(default_factory=list)

    @property
    def end(self) -> Fraction:
        """Where the next sample is expected."""
        return self.first + Fraction(self.count, self.rate)

    @property
    def start(self) -> Fraction:
        """When the first sample sounds: the mean over all pieces evens out timestamps rounded to milliseconds."""
        return self.first + sum(self.slips, Fraction(0)) / max(1, len(self.slips))


class RunBuilder:
    """Joins decoded frames into runs. `cut` makes the next frame start a new one: after damage."""

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self._cut = True

    def cut(self) -> None:
        """Do not join the next frame to what was before."""
        self._cut = True

    def add(self, time: Fraction | None, rate: int, samples: FloatArray) -> None:
        """Append mono samples whose first sounds at `time`, or after the last ones when that is not known."""
        last = self.runs[-1] if self.runs else None
        if time is None:
            time = last.end if last else Fraction(0)
        if last is None or self._cut or last.rate != rate or abs(time - last.end) > MOST_SLIP:
            last = Run(rate, time)
            self.runs.append(last)
            self._cut = False
        last.slips.append(time - last.end)
        last.pieces.append(samples)
        last.count += len(samples)


def mono(frame: AudioFrame) -> FloatArray:
    """The frame as float32 (n,), nominally -1..1: the mean of its channels; of the front ones where there are many."""
    planes: NDArray[Any] = frame.to_ndarray()
    names = [channel.name for channel in frame.layout.channels]
    if not frame.format.is_planar:
        planes = planes.reshape(-1, len(names)).T
    if planes.dtype == np.uint8:
        floats = (planes.astype(np.float32) - 128.0) / 128.0
    elif planes.dtype.kind == "i":
        floats = planes.astype(np.float32) / float(-np.iinfo(planes.dtype).min)
    else:
        floats = planes.astype(np.float32)
    if len(names) > 2:
        front = [i for i, name in enumerate(names) if name in FRONT]
        floats = floats[front] if front else floats
    whole = floats.mean(axis=0, dtype=np.float32)
    return np.asarray(np.nan_to_num(whole, nan=0.0, posinf=0.0, neginf=0.0), dtype=np.float32)


def render(runs: Sequence[Run], first: int, count: int) -> tuple[FloatArray, int]:
    """Samples `first` to `first + count` of the absolute grid (sample n sounds at n / 16000), and how many are covered.

    Silence where there is no run; where two overlap, the later one is heard. The second value is the number of samples
    up to the end of the last run, at most `count`.
    """
    out = np.zeros(count, np.float32)
    covered = 0
    for run in runs:
        at, samples = _resampled(run)
        begin, end = max(first, at), min(first + count, at + len(samples))
        if begin < end:
            out[begin - first : end - first] = samples[begin - at : end - at]
            covered = max(covered, end - first)
    return np.clip(out, -1.0, 1.0), covered


def _resampled(run: Run) -> tuple[int, FloatArray]:
    """The run at 16 kHz and the number of its first sample on the absolute grid."""
    import soxr

    samples = np.concatenate(run.pieces) if run.pieces else np.zeros(0, np.float32)
    start = run.start
    if run.rate != SAMPLE_RATE:
        # of the next few samples take the one nearest to the grid: the rest of its offset is below 1/6 of a sample at
        # 48 kHz and 1/800 at 44.1 kHz, and the same in every block
        cycle = run.rate // math.gcd(run.rate, SAMPLE_RATE)
        candidates = range(min(cycle, max(1, len(samples) // 2), 1024))
        skip = min(candidates, key=lambda i: _off_grid(start + Fraction(i, run.rate)))
        start += Fraction(skip, run.rate)
        samples = np.asarray(soxr.resample(samples[skip:], run.rate, SAMPLE_RATE, quality="HQ"), dtype=np.float32)
    return round(start * SAMPLE_RATE), samples


def _off_grid(time: Fraction) -> Fraction:
    position = time * SAMPLE_RATE
    return abs(position - round(position))
