"""The silences before and after what is said, and their exchange between two files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from unmask.evaluation.corruptions.base import NotApplicable, Source, require_sound
from unmask.media.sources import open_sound
from unmask.reencode.sound import PIECE, loudness, pieces
from unmask.reencode.transcode import write_sound
from unmask.types import SAMPLE_RATE, FloatArray, Interval, Media

BLOCK = SAMPLE_RATE // 50
BELOW = 35.0
"""Blocks of 20 ms this far (dB) below the level of what is heard count as silence."""


@dataclass(frozen=True, slots=True)
class Silences:
    """In samples: where the first sound begins, where the last one ends, and how many samples there are.

    `level` is the root mean square of what is heard, of full scale; 0 where nothing is.
    """

    begins: int
    ends: int
    total: int
    level: float

    @property
    def lead(self) -> float:
        """Seconds of silence at the start."""
        return self.begins / SAMPLE_RATE

    @property
    def tail(self) -> float:
        """Seconds of silence at the end."""
        return (self.total - self.ends) / SAMPLE_RATE


def silences(media: Media) -> Silences:
    """The silences of a media with sound. Where nothing is heard all is lead."""
    level = loudness(media)
    threshold = level**2 * 10 ** (-BELOW / 10)
    begins, ends, total = None, 0, 0
    for first, samples in pieces(media):
        for at in range(0, len(samples), BLOCK):
            block = samples[at : at + BLOCK]
            if level > 0 and float(np.mean(np.square(block, dtype=np.float64))) > threshold:
                begins = first + at if begins is None else begins
                ends = first + at + len(block)
        total = first + len(samples)
    return Silences(total if begins is None else begins, total if begins is None else ends, total, level)


def exchange(source: Source, target: Path) -> None:
    """A sound file: what is said in the source between the silences of its partner."""
    require_sound(source.media)
    if source.partner is None or source.partner.audio is None:
        raise NotApplicable("no_partner")
    own, other = silences(source.media), silences(source.partner)
    if own.level <= 0 or other.level <= 0:
        raise NotApplicable("silent")
    gain = own.level / other.level
    parts = (
        (source.partner, 0, other.begins, gain),
        (source.media, own.begins, own.ends, 1.0),
        (source.partner, other.ends, other.total, gain),
    )
    write_sound((part for media, a, b, factor in parts for part in _stretch(media, a, b, factor)), target)


def _stretch(media: Media, first: int, last: int, gain: float) -> Iterator[FloatArray]:
    with open_sound(media) as reader:
        for start in range(first, last, PIECE * SAMPLE_RATE):
            end = min(last, start + PIECE * SAMPLE_RATE)
            stretch = Interval(Fraction(start, SAMPLE_RATE), Fraction(end, SAMPLE_RATE))
            yield np.clip(reader.read(stretch).samples * np.float32(gain), -1, 1)
