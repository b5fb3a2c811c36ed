"""Tests for shortcuts: what should not matter made alike in real and fake, or exchanged between them.

A detector that learned the data's habits instead of manipulation falls here (Mueller et al., "Speech is silver,
silence is golden", ASVspoof workshop 2021; Torralba and Efros, CVPR 2011). Unlike corruptions they make nothing worse
that a detector needs, but for the low-pass and the lower rate.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from unmask.evaluation.corruptions.base import NotApplicable, Source, require_picture, require_sound, write_pixels
from unmask.evaluation.corruptions.filters import pass_band
from unmask.evaluation.corruptions.picture import scaled
from unmask.evaluation.corruptions.silences import exchange
from unmask.reencode.codecs import lossless_at, motion_jpeg
from unmask.reencode.sound import SoundChange, loudness
from unmask.reencode.stills import rewrite_still
from unmask.reencode.transcode import Plan, transcode
from unmask.types import ImageArray

LEVEL = -26.0
"""Loudness that all are brought to, dB of full scale: that of ITU-T P.56 speech tests."""
QUALITY, QUANTISER = 75, 5
SIDE = 360
TIGHTER, WIDER = 1.12, 0.9


@dataclass(frozen=True, slots=True)
class Shortcut:
    """One test: what it asks of which detector. `make` writes the changed media.

    `exchanges` needs a file of the other class. `mirrors` swaps left and right. `zoom` enlarges the face crops that
    the detector gets, with no change of the file.
    """

    name: str
    words: str
    subject: str
    make: Callable[[Source, Path], None] | None = None
    exchanges: bool = False
    mirrors: bool = False
    zoom: float | None = None


def _plain(rate: int, high: float, source: Source, target: Path) -> None:
    """The sound alone as FLAC at `rate`; with `high` above 0 nothing above that frequency (Hz)."""
    require_sound(source.media)
    change = pass_band(0.0, high) if high else None
    transcode(source.media, target, Plan(sound=lossless_at(rate), sound_change=change, keep_picture=False))


def _loudness(source: Source, target: Path) -> None:
    require_sound(source.media)
    level = loudness(source.media)
    if level <= 0:
        raise NotApplicable("silent")
    gain = np.float32(10 ** (LEVEL / 20) / level)
    change = SoundChange(lambda samples, _: np.clip(samples * gain, -1, 1))
    transcode(source.media, target, Plan(sound_change=change, keep_picture=False))


def _same_tables(source: Source, target: Path) -> None:
    require_picture(source.media)
    if source.media.kind == "image":
        rewrite_still(source.media, target, quality=QUALITY)
    else:
        transcode(source.media, target, Plan(motion_jpeg(QUANTISER), keep_sound=False))


def _same_size(source: Source, target: Path) -> None:
    write_pixels(source.media, target, lambda image, _: scaled(image, SIDE))


def _mirrored(source: Source, target: Path) -> None:
    write_pixels(source.media, target, lambda image, _: mirrored(image))


def mirrored(image: ImageArray) -> ImageArray:
    """Left and right swapped."""
    return np.ascontiguousarray(image[:, ::-1])


SHORTCUTS: tuple[Shortcut, ...] = (
    Shortcut(
        "silences_exchanged",
        "the silences before and after exchanged between real and fake files",
        "voice",
        exchange,
        exchanges=True,
    ),
    Shortcut("all_16khz", "all as plain 16 kHz FLAC", "voice", partial(_plain, 16_000, 0.0)),
    Shortcut("all_8khz", "all resampled to 8 kHz", "voice", partial(_plain, 8_000, 0.0)),
    Shortcut("low_pass_4khz", "nothing above 4 kHz in any", "voice", partial(_plain, 16_000, 4_000.0)),
    Shortcut("same_loudness", f"all at {LEVEL:.0f} dB of full scale", "voice", _loudness),
    Shortcut("same_jpeg", f"all coded with the same JPEG tables (quality {QUALITY})", "face", _same_tables),
    Shortcut("same_size", f"all scaled to {SIDE} pixels on the shorter side", "face", _same_size),
    Shortcut("mirrored", "left and right swapped", "face", _mirrored, mirrors=True),
    Shortcut("crop_tighter", f"face crops enlarged {TIGHTER} times: less margin", "face", zoom=TIGHTER),
    Shortcut("crop_wider", f"face crops at {WIDER} of their size, the edge repeated: more margin", "face", zoom=WIDER),
)
"""In the order in which they are shown."""
