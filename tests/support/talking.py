"""Mouths and clips as media and training cut them, drawn instead of followed. For tests only."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np

from unmask.media.lips import BEYOND, LENGTH
from unmask.training.manifest import Row
from unmask.training.sync_data import Clip, Run
from unmask.types import SAMPLE_RATE, MouthWindow

PER_TICK = SAMPLE_RATE // 25


def speech(seconds: float, seed: int = 0) -> np.ndarray:
    """A tone with overtones whose loudness changes some four times a second, float32."""
    count = round(seconds * SAMPLE_RATE)
    time = np.arange(count) / SAMPLE_RATE
    draw = np.random.default_rng(seed)
    loud = np.interp(time, np.arange(0, seconds + 1, 0.12), draw.random(len(np.arange(0, seconds + 1, 0.12))))
    tone = sum(np.sin(2 * np.pi * 110 * k * time) / k for k in range(1, 20))
    return (0.1 * loud * tone).astype(np.float32)


def loudness(sound: np.ndarray, ticks: int) -> np.ndarray:
    """Root mean square at each tick."""
    whole = np.resize(sound, ticks * PER_TICK).reshape(ticks, PER_TICK)
    return np.sqrt((whole**2).mean(axis=1))


def mouths(opened: np.ndarray, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Crops uint8 (n, 80, 80) and outlines float32 (n, 45, 2) of a mouth that is open as far as `opened` (n,) says."""
    draw = np.random.default_rng(seed)
    crops = draw.integers(90, 110, (len(opened), 80, 80), np.uint8)
    around = np.linspace(0, 2 * np.pi, 45, endpoint=False)
    outlines = np.zeros((len(opened), 45, 2), np.float32)
    for tick, height in enumerate(opened):
        half = int(2 + 14 * height)
        crops[tick, 40 - half : 40 + half, 25:55] = 20
        outlines[tick] = np.stack([40 + 15 * np.cos(around), 40 + half * np.sin(around)], axis=1)
    return crops, outlines


def window(start: int, number: int = 0, *, moving: bool = True, seed: int = 0) -> MouthWindow:
    """A window from a whole second on; the same second, number and seed give the same one."""
    draw = np.random.default_rng([seed, number, start])
    opened = draw.random(LENGTH) if moving else np.full(LENGTH, 0.5)
    crops, outlines = mouths(opened, seed)
    sound = draw.normal(0, 0.1, (LENGTH + 2 * BEYOND) * PER_TICK).astype(np.float32)
    begin = Fraction(start)
    return MouthWindow((begin, number), begin, begin + Fraction(LENGTH, 25), crops, outlines, sound)


def row(name: str = "a", *, person: str = "", source: str = "made", **more) -> Row:
    return Row(Path(f"/nowhere/{name}.mp4"), "video", "real", person=person or name, source=source, **more)


def clip(
    name: str = "a",
    seconds: float = 10,
    *,
    runs: tuple[tuple[int, int], ...] = (),
    source: str = "made",
    rival: float = 0.0,
    voiced: tuple[float, float] = (0, 1e9),
) -> Clip:
    """A clip whose mouth opens with its own sound; `runs` are (first tick, ticks), all of it unless given."""
    ticks = int(seconds * 25)
    sound = speech(seconds, sum(map(ord, name)))
    opened = loudness(sound, ticks)
    crops, outlines = mouths(opened / opened.max(), 1)
    cut = tuple(Run(a, crops[a : a + n], outlines[a : a + n]) for a, n in (runs or ((0, ticks),)))
    tick = np.arange(ticks + 1) / 25
    return Clip(row(name, source=source), sound, (tick >= voiced[0]) & (tick < voiced[1]), cut, rival)
