"""Stretches whose sound is not that of the lips, in a person who is in sync otherwise.

Windows of four seconds smear a dub that is shorter than they are. So the likeness of lips and sound is laid over the
whole signal, a fifth of a second at a time: at the offset that fits the person best, how much more alike are they than
at the best of the other offsets? A dub is the stretch that lacks the most of what the signal's own middle would give,
weighed by what is heard (the largest sum of a stretch, Bentley 1984): pauses speak neither for nor against.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from unmask.fusion.segments import LEAST, Stretch, cut_segments
from unmask.models.card import Card
from unmask.types import FIFTH, LEAD, FloatArray, Signal

NEAR = 3
"""Shifts either way among which the person's own offset lies: 0.12 s."""
APART = 5
"""Shifts from there to what counts as another offset: 0.2 s. Likeness changes slowly from shift to shift."""
SMOOTH = 9
"""Fifths of a second over which likeness is averaged: 1.8 s."""
EXPECTED = 0.2
"""Share of the signal's own level (of `LEVEL`) that a moment in sync reaches at least."""
LEVEL = 0.6
"""Quantile of the margins that stands for the signal in sync."""
SOFT, FULL = -35.0, -20.0
"""Decibels from the loud parts: below the first nothing is heard, from the second on all counts."""
LONGEST = 0.5
"""Share of a signal that a dub may take: of more, nobody can say what is dub and what is own."""
SLOPE, INTERCEPT = 2.3, -2.2
"""From the sum (in likeness times fifths of a second) to log-odds: fitted to 20 clips of people who trained nothing,
dubbed and as they were, and moved up until none that is as it was is called dubbed."""


def cut(signal: Signal, card: Card) -> tuple[Stretch, ...]:
    """The segments of a signal in the order of time; where a dub is found, it stands for the windows that smear it."""
    dubs = cut_dubs(signal)
    others = [s for s in cut_segments(signal, card) if all(dub.end <= s.start or s.end <= dub.start for dub in dubs)]
    return tuple(sorted((*others, *dubs), key=lambda stretch: stretch.start))


def cut_dubs(signal: Signal) -> tuple[Stretch, ...]:
    """The stretch of the signal that is most likely dubbed, or none where none is as likely as `LEAST`."""
    laid = _laid(signal)
    if laid is None:
        return ()
    first, likeness, heard = laid
    margin = margins(likeness)
    lack = (EXPECTED * float(np.quantile(margin, LEVEL)) - margin) * heard
    begin, end, total = _largest(lack)
    probability = 1 / (1 + math.exp(-(SLOPE * total + INTERCEPT)))
    if end - begin > LONGEST * len(margin) or probability < LEAST:
        return ()
    start, stop = (first + begin) * FIFTH, (first + end) * FIFTH
    inside = tuple(p for p in signal.points if start <= (p.start + p.end) / 2 <= stop)
    return (Stretch(start, stop, probability, inside),)


def margins(likeness: FloatArray) -> FloatArray:
    """How much more alike (n,) lips and sound are at their own offset than at any other, of likeness (n, shifts)."""
    middle = likeness.shape[1] // 2
    own = middle - NEAR + int(likeness[:, middle - NEAR : middle + NEAR + 1].mean(axis=0).argmax())
    smooth = np.stack([_smoothed(column, SMOOTH) for column in likeness.T], axis=1)
    others = np.concatenate([smooth[:, : max(0, own - APART)], smooth[:, own + APART + 1 :]], axis=1)
    return np.asarray(smooth[:, own - 1 : own + 2].max(axis=1) - others.max(axis=1), np.float32)


def _laid(signal: Signal) -> tuple[int, FloatArray, FloatArray] | None:
    """Number of the first fifth of a second, likeness (n, shifts) and how far each fifth is heard (n,), 0..1.

    Where windows overlap their mean counts; fifths that none has seen are left out, so that a gap is no dub.
    """
    read = [(int((p.start + LEAD) / FIFTH), p.sync) for p in signal.points if p.sync and p.sync.likeness]
    if not read:
        return None
    first = min(at for at, _ in read)
    length = max(at + len(sync.likeness) for at, sync in read) - first
    shifts = len(read[0][1].likeness[0])
    total, level, count = np.zeros((length, shifts)), np.zeros(length), np.zeros(length)
    for at, sync in read:
        place = slice(at - first, at - first + len(sync.likeness))
        total[place] += np.asarray(sync.likeness) / 1000
        level[place] += np.asarray(sync.levels)
        count[place] += 1
    seen = count > 0
    if not seen.all():  # only the longest run that was seen without a gap
        begin, end = _longest(seen)
        first, total, level, count = first + begin, total[begin:end], level[begin:end], count[begin:end]
    level = level / count
    heard = np.clip((level - np.quantile(level, 0.95) - SOFT) / (FULL - SOFT), 0, 1)
    return first, np.asarray(total / count[:, None], np.float32), np.asarray(_smoothed(heard, 3), np.float32)


def _longest(seen: NDArray[np.bool_]) -> tuple[int, int]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], seen.astype(int), [0]])))
    runs = edges.reshape(-1, 2)
    begin, end = runs[int(np.argmax(runs[:, 1] - runs[:, 0]))]
    return int(begin), int(end)


def _smoothed(values: NDArray[np.floating], width: int) -> FloatArray:
    """The mean over `width` neighbours; fewer at the ends."""
    kernel = np.ones(width)
    return np.asarray(np.convolve(values, kernel, "same") / np.convolve(np.ones(len(values)), kernel, "same"))


def _largest(values: FloatArray) -> tuple[int, int, float]:
    """Begin, end and sum of the stretch whose sum is the largest; (0, 0, 0) where all are negative."""
    best, begin, running = (0, 0, 0.0), 0, 0.0
    for index, value in enumerate(values):
        if running <= 0:
            begin, running = index, 0.0
        running += float(value)
        if running > best[2]:
            best = (begin, index + 1, running)
    return best
