"""Windows for the lip-sync network: what a run shows and the sound around it, as the network takes them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from unmask.media.mouths import TICKS
from unmask.models.sync_net import EDGE, REACH, middle, outlines, pictures, sounds
from unmask.training.beside import made_beside
from unmask.training.sync_augment import film, heard
from unmask.training.sync_data import Clip, Run
from unmask.types import SAMPLE_RATE, FloatArray

LONGEST_SHARE = 60 * TICKS
"""Ticks of one person beyond which more do not make that person come more often."""
LEAST_SPOKEN = 0.4
TRIES = 20
PER_TICK = SAMPLE_RATE // TICKS

Batch = tuple[FloatArray, FloatArray, FloatArray]
"""Pictures (b, t + 10, 64, 64), outlines (b, t + 10, 90), sound (b, 4 * (t + 40), 80)."""


Place = tuple[Clip, Run, int]
"""Where a window begins: a clip, a run of it, and the tick in that run."""


@dataclass(frozen=True)
class Pool:
    """What windows are drawn from: clips by person, a person by the root of the time seen."""

    persons: tuple[tuple[Clip, ...], ...]
    weights: FloatArray

    @classmethod
    def of(cls, clips: Sequence[Clip]) -> Pool:
        """Clips arranged for drawing."""
        groups: dict[str, list[Clip]] = defaultdict(list)
        for clip in clips:
            groups[clip.row.identity].append(clip)
        seen = [sum(len(run) for clip in group for run in clip.runs) for group in groups.values()]
        roots = np.sqrt(np.minimum(seen, LONGEST_SHARE))
        return cls(tuple(tuple(group) for group in groups.values()), (roots / roots.sum()).astype(np.float32))

    def window(self, ticks: int, draw: np.random.Generator) -> Place:
        """Where a window in which somebody speaks begins."""
        for attempt in range(TRIES):
            group = self.persons[int(draw.choice(len(self.persons), p=self.weights / self.weights.sum()))]
            clip = group[int(draw.integers(len(group)))]
            lengths = np.asarray([len(run) for run in clip.runs], np.float64)
            run = clip.runs[int(draw.choice(len(lengths), p=lengths / lengths.sum()))]
            start = int(draw.integers(0, max(1, len(run) - ticks + 1)))
            if attempt == TRIES - 1 or spoken(clip, run, start, ticks) >= LEAST_SPOKEN:
                break
        return clip, run, start


def spoken(clip: Clip, run: Run, start: int, ticks: int) -> float:
    """Share of a window's ticks that are voiced."""
    first = run.first + start
    part = clip.voiced[first : first + ticks]
    return float(part.sum()) / ticks


def around(run: Run, start: int, ticks: int) -> Run:
    """The window's ticks and `EDGE` more on either side; at the run's ends its first or last picture again."""
    index = np.clip(np.arange(start - EDGE, start + ticks + EDGE), 0, len(run) - 1)
    return Run(run.first + start - EDGE, run.crops[index], run.outlines[index])


def sound_around(sound: FloatArray, first: int, ticks: int) -> FloatArray:
    """Sound of the ticks from `first` on with `REACH + EDGE` more on either side, silence where there is none."""
    begin, end = (first - REACH - EDGE) * PER_TICK, (first + ticks + REACH + EDGE) * PER_TICK
    out = np.zeros(end - begin, np.float32)
    part = sound[max(0, begin) : max(0, end)]
    out[max(0, -begin) : max(0, -begin) + len(part)] = part
    return out


def plain(place: Place, ticks: int, shift: int = 0) -> Batch:
    """One window as an analysis sees it, without the batch's axis, its sound `shift` ticks off."""
    clip, run, start = place
    part = around(run, start, ticks)
    sound = sound_around(clip.sound, run.first + start + shift, ticks)
    return pictures(middle(part.crops)), outlines(part.outlines), sounds(sound, ticks + 2 * (REACH + EDGE))


def make_batch(pool: Pool, size: int, ticks: int, draw: np.random.Generator) -> Batch:
    """`size` windows in sync, each changed in its own way; either picture or outline is missing now and then."""
    drawn = [pool.window(ticks, draw) for _ in range(size)]
    waves = [sound_around(clip.sound, run.first + start, ticks) for clip, run, start in drawn]
    seen, moved, loud = [], [], []
    for number, (_, run, start) in enumerate(drawn):
        part = around(run, start, ticks)
        crops, points = film(part.crops, part.outlines, draw)
        seen.append(pictures(crops))
        moved.append(outlines(points))
        if (missing := draw.random()) < 0.3:
            (seen if missing < 0.15 else moved)[-1][...] = 0
        babble = waves[int(draw.integers(size))]
        loud.append(sounds(heard(waves[number], babble, draw), ticks + 2 * (REACH + EDGE)))
        _mask(loud[-1], draw)
    return np.stack(seen), np.stack(moved), np.stack(loud)


def batches(pool: Pool, *, size: int, ticks: int, seed: int, start: int, stop: int) -> Iterator[Batch]:
    """Batches of steps start..stop, made in a process beside; batch i depends on the seed and i alone."""
    return made_beside(
        (make_batch(pool, size, ticks, np.random.default_rng((seed, step))) for step in range(start, stop)),
        stop - start,
    )


def _mask(picture: FloatArray, draw: np.random.Generator) -> None:
    """Some bands, and a short stretch of time, set to their mean (Park et al. 2019)."""
    frames, bands = picture.shape
    if draw.random() < 0.5:
        width = int(draw.integers(2, 16))
        begin = int(draw.integers(0, bands - width))
        picture[:, begin : begin + width] = 0
    if draw.random() < 0.3:
        width = int(draw.integers(4, 24))
        begin = int(draw.integers(0, frames - width))
        picture[begin : begin + width] = 0
