"""The sound as a picture: which tones are there when, on the media's clock, with the voiced stretches marked."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from unmask.explain.canvas import BLUE, FAINT, INK, ORANGE, Canvas, clock_axis
from unmask.types import SAMPLE_RATE, FloatArray, Interval, Sound

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from unmask.explain.soundshares import SoundShares

WINDOW = 512
HOP = 128
RANGE = 80.0
"""Decibels from the loudest tone down to black."""
MOST_TOLD = 4
"""Patches whose numbers are written."""
COLUMNS = 1200
"""Most columns drawn; neighbours are put together beyond that."""


def draw_spectrogram(
    sound: Sound, voiced: Sequence[Interval], weighs: Interval | None, shares: SoundShares | None = None
) -> bytes:
    """A PNG of the whole of `sound`, which should last some seconds; `weighs` is the stretch whose score is highest.

    `shares` are what its patches add: the sound is grey then, and colour is what speaks for a made voice or against.
    Raises ValueError when the sound is shorter than one window (32 ms).
    """
    start = float(sound.start)
    end = start + len(sound.samples) / SAMPLE_RATE
    levels = decibels(sound.samples)
    with Canvas(9.2, 3.7) as canvas:
        axes = canvas.axes()
        image = axes.imshow(
            levels,
            origin="lower",
            aspect="auto",
            cmap="magma" if shares is None else "gray",
            vmin=-RANGE,
            vmax=0,
            extent=(start, end, 0, SAMPLE_RATE / 2000),
            interpolation="nearest",
        )
        if shares is not None and weighs is not None:
            _patches(axes, shares, float(weighs.start))
        _marks(axes, voiced, weighs, start, end)
        clock_axis(axes, start, end)
        axes.set_yticks([0, 2, 4, 6, 8])
        axes.set_ylabel("frequency (kHz)")
        axes.set_title("The sound of this stretch", loc="left", color=INK, fontsize=12, fontweight="bold", pad=27)
        bar = canvas.figure.colorbar(image, ax=axes, pad=0.015, aspect=24)
        bar.set_label("loudness (dB)", color=FAINT)
        bar.outline.set_visible(False)
        return canvas.png()


def decibels(samples: FloatArray) -> NDArray[np.float32]:
    """Short-time power (frequencies, columns) in dB below its own maximum, at least -`RANGE`; Hann windows of 32 ms."""
    if len(samples) < WINDOW:
        raise ValueError("the sound is shorter than one window")
    frames = np.lib.stride_tricks.sliding_window_view(np.asarray(samples, np.float64), WINDOW)[::HOP]
    power = np.abs(np.fft.rfft(frames * np.hanning(WINDOW), axis=1)).T ** 2
    if power.shape[1] > COLUMNS:
        edges = np.linspace(0, power.shape[1], COLUMNS + 1).astype(int)[:-1]
        power = np.maximum.reduceat(power, edges, axis=1)
    peak = max(float(power.max()), 1e-12)
    floor = peak * 10 ** (-RANGE / 10)
    return np.asarray(10 * np.log10(np.maximum(power, floor) / peak), np.float32)


def _patches(axes: Axes, shares: SoundShares, start: float) -> None:
    """Colour over the patches, as strong as what they add; the strongest few with their numbers."""
    from matplotlib.patches import Rectangle

    values, top = shares.values, max(float(np.abs(shares.values).max()), 1e-9)
    told = set(np.argsort(-values, axis=None)[:MOST_TOLD].tolist())
    for band, (low, high) in enumerate(pairwise(shares.hertz)):
        for slot, (left, right) in enumerate(pairwise(shares.seconds)):
            value = float(values[band, slot])
            place = (start + left, low / 1000)
            colour = ORANGE if value > 0 else BLUE
            size = (right - left, (high - low) / 1000)
            axes.add_patch(
                Rectangle(place, *size, facecolor=colour, alpha=0.72 * (abs(value) / top) ** 0.7, linewidth=0, zorder=2)
            )
            if band * values.shape[1] + slot in told and value > 0.1 * top:
                axes.add_patch(Rectangle(place, *size, fill=False, edgecolor="white", linewidth=1.4, zorder=3))
                axes.annotate(
                    f"+{value:.2f}",
                    (place[0] + size[0] / 2, place[1] + size[1] / 2),
                    ha="center",
                    va="center",
                    color="white",
                    fontsize=9,
                    fontweight="bold",
                    zorder=4,
                )


def _marks(axes: Axes, voiced: Sequence[Interval], weighs: Interval | None, start: float, end: float) -> None:
    """Bars above the picture: where somebody speaks, and which stretch weighs most."""
    top = SAMPLE_RATE / 2000
    for stretch in voiced:
        low, high = max(start, float(stretch.start)), min(end, float(stretch.end))
        if high > low:
            axes.plot([low, high], [top * 1.035] * 2, color=INK, lw=4, solid_capstyle="butt", clip_on=False)
    if weighs is not None:
        low, high = max(start, float(weighs.start)), min(end, float(weighs.end))
        axes.plot([low, high], [top * 1.085] * 2, color=ORANGE, lw=4, solid_capstyle="butt", clip_on=False)
        for edge in (low, high):
            axes.axvline(edge, color="white", linewidth=1.2, dashes=(3, 3))
    axes.set_ylim(0, top)
    legend = [("▬ speech", INK, 1.0)] + ([("▬ weighs most", ORANGE, 0.86)] if weighs is not None else [])
    for text, colour, place in legend:
        axes.annotate(
            text,
            (place, 1),
            xycoords="axes fraction",
            xytext=(0, 29),
            textcoords="offset points",
            ha="right",
            color=colour,
            fontsize=9.5,
        )
