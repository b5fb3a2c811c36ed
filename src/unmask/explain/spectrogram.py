"""The sound as a picture: which tones are there when, on the media's clock, with the voiced stretches marked."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from unmask.explain.canvas import BLUE, FAINT, INK, ORANGE, Canvas, clock_axis
from unmask.explain.words import signed
from unmask.language import ENGLISH, Language
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
    sound: Sound,
    voiced: Sequence[Interval],
    weighs: Interval | None,
    shares: SoundShares | None = None,
    language: Language = ENGLISH,
) -> bytes:
    """A PNG of the whole of `sound`, which should last some seconds; `weighs` is the stretch whose score is highest.

    `shares` are what its patches add: the sound is grey then, dark where it is loud, and colour is what speaks for a
    made voice or against it, the strongest with what they add to the logit.
    Raises ValueError when the sound is shorter than one window (32 ms).
    """
    start = float(sound.start)
    end = start + len(sound.samples) / SAMPLE_RATE
    levels = decibels(sound.samples)
    with Canvas(9.2, 3.7, language) as canvas:
        axes = canvas.axes()
        image = axes.imshow(
            levels,
            origin="lower",
            aspect="auto",
            cmap="magma" if shares is None else "gray_r",
            vmin=-RANGE,
            vmax=0,
            extent=(start, end, 0, SAMPLE_RATE / 2000),
            interpolation="nearest",
        )
        if shares is not None and weighs is not None:
            _patches(axes, shares, float(weighs.start), language)
        _marks(canvas, axes, voiced, weighs, (start, end))
        clock_axis(axes, start, end)
        axes.set_yticks([0, 2, 4, 6, 8])
        axes.set_ylabel(canvas.say("frequency (kHz)"))
        plain, shared = (
            canvas.say("The sound of this stretch"),
            canvas.say("What in this stretch points to a made voice"),
        )
        canvas.title(axes, plain if shares is None else shared, pad=27)
        bar = canvas.figure.colorbar(image, ax=axes, pad=0.015, aspect=24)
        bar.set_label(canvas.say("loudness (dB)"), color=FAINT)
        bar.outline.set_visible(False)
        return canvas.png(every_colour=shares is not None)


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


def _patches(axes: Axes, shares: SoundShares, start: float, language: Language) -> None:
    """Colour over the patches, as strong as what they add; the strongest few with their numbers."""
    from matplotlib.patches import Rectangle

    values, top = shares.values, max(float(np.abs(shares.values).max()), 1e-9)
    told = set(np.argsort(-values, axis=None)[:MOST_TOLD].tolist())
    for band, (low, high) in enumerate(pairwise(shares.hertz)):
        for slot, (left, right) in enumerate(pairwise(shares.seconds)):
            value = float(values[band, slot])
            corner, width, height = (start + left, low / 1000), right - left, (high - low) / 1000
            colour = ORANGE if value > 0 else BLUE
            axes.add_patch(Rectangle(corner, width, height, color=colour, alpha=0.7 * abs(value) / top, lw=0, zorder=2))
            if band * values.shape[1] + slot in told and value > 0.1 * top:
                axes.add_patch(Rectangle(corner, width, height, fill=False, edgecolor=INK, linewidth=1.3, zorder=3))
                _tell(axes, signed(value, 2, language), (corner[0] + width / 2, corner[1] + height / 2))


def _tell(axes: Axes, text: str, place: tuple[float, float]) -> None:
    """A number that can be read on any ground."""
    from matplotlib.patheffects import withStroke

    said = axes.annotate(text, place, ha="center", va="center", color=INK, fontsize=10, fontweight="bold", zorder=4)
    said.set_path_effects([withStroke(linewidth=3, foreground="white")])


def _marks(
    canvas: Canvas, axes: Axes, voiced: Sequence[Interval], weighs: Interval | None, ends: tuple[float, float]
) -> None:
    """Bars above the picture, and what they say: where somebody speaks, and which stretch weighs most."""
    from matplotlib.lines import Line2D

    top, (start, end) = SAMPLE_RATE / 2000, ends
    for stretch in voiced:
        low, high = max(start, float(stretch.start)), min(end, float(stretch.end))
        if high > low:
            axes.plot([low, high], [top * 1.035] * 2, color=INK, lw=4, solid_capstyle="butt", clip_on=False)
    named = [(canvas.say("speech"), INK)]
    if weighs is not None:
        named.append((canvas.say("weighs most"), ORANGE))
        low, high = max(start, float(weighs.start)), min(end, float(weighs.end))
        axes.plot([low, high], [top * 1.085] * 2, color=ORANGE, lw=4, solid_capstyle="butt", clip_on=False)
        for edge in (low, high):
            axes.axvline(edge, color="white", linewidth=1.2, dashes=(3, 3))
    axes.set_ylim(0, top)
    axes.legend(
        [Line2D([], [], color=colour, lw=4, solid_capstyle="butt") for _, colour in named],
        [words for words, _ in named],
        loc="lower right" if canvas.ends == "right" else "lower left",
        bbox_to_anchor=(1 if canvas.ends == "right" else 0, 1.075),
        borderaxespad=0,
        ncols=2,
        markerfirst=canvas.begins == "left",
        frameon=False,
        fontsize=9.5,
        handlelength=1.2,
        labelcolor="linecolor",
    )
