"""Which half second and which band of a window of sound speak for a made voice: SHAP over patches of its spectrogram.

Owen values over a tree of patches that lie side by side, as SHAP's partition explainer finds them (Lundberg and Lee
2017): the network is asked what it says when patches are replaced by the window's own mean level in each band.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unmask.explain.faithfulness import Faithfulness, faithfulness
from unmask.explain.inputs import VoiceTools
from unmask.explain.owen import Group, owen_values
from unmask.types import FloatArray

SLOT = 0.5
"""Seconds of a patch."""
OCTAVES = (0.0, 1000.0, 2000.0, 4000.0, 8000.0)
"""Edges of the bands, hertz: the voice's first tones, vowels, consonants, and the hiss above them."""
EVALUATIONS = 320
"""Windows that the network hears for one map."""


@dataclass(frozen=True, slots=True)
class SoundShares:
    """What each patch adds to the logit of one window: `values` float64 (bands, slots); base and values sum to `logit`.

    `seconds` (slots + 1,) are the patches' edges from the window's start, `hertz` (bands + 1,) those of the bands.
    """

    seconds: tuple[float, ...]
    hertz: tuple[float, ...]
    values: NDArray[np.float64]
    base: float
    logit: float
    faithful: Faithfulness


def sound_shares(window: FloatArray, voice: VoiceTools, length: float) -> SoundShares:
    """SHAP values of one window of sound (m,) as the network hears it, repeated where it was shorter.

    `length` is how many seconds of it are not a repetition.
    """
    picture = np.asarray(voice.prepare(window[None])[0], np.float32)
    seconds, hertz = _edges(min(length, voice.seconds), voice.top)
    patches = _patches(picture.shape, voice, seconds, hertz)
    away = np.broadcast_to(picture.mean(axis=0), picture.shape).astype(np.float32)
    count = (len(seconds) - 1) * (len(hertz) - 1)

    def heard(kept: NDArray[np.float64]) -> NDArray[np.float64]:
        there = np.asarray(kept > 0.5)[:, patches]
        return np.asarray(voice.model.logits(np.where(there, picture, away)), np.float64)

    values = owen_values(heard, _groups(len(seconds) - 1, len(hertz) - 1), EVALUATIONS)
    both = heard(np.stack([np.zeros(count), np.ones(count)]))
    grid = values.reshape(len(hertz) - 1, len(seconds) - 1)
    heat = np.maximum(values, 0).astype(np.float32)[patches]
    faithful = faithfulness(lambda batch: voice.score(batch[..., 0]), picture[..., None], heat, away[..., None])
    return SoundShares(seconds, hertz, grid, float(both[0]), float(both[1]), faithful)


def strongest_patch(shares: SoundShares) -> tuple[tuple[float, float], tuple[float, float]]:
    """Seconds and hertz of the patch that adds most."""
    band, slot = np.unravel_index(int(shares.values.argmax()), shares.values.shape)
    return (shares.seconds[slot], shares.seconds[slot + 1]), (shares.hertz[band], shares.hertz[band + 1])


def _edges(length: float, top: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
    slots = max(1, round(length / SLOT))
    bands = [edge for edge in OCTAVES if edge < top - 1]
    return tuple(length * i / slots for i in range(slots + 1)), (*bands, top)


def _patches(
    shape: tuple[int, ...], voice: VoiceTools, seconds: tuple[float, ...], hertz: tuple[float, ...]
) -> NDArray[np.intp]:
    """The number of the patch that each cell (frames, bands) of the network's input belongs to."""
    times = (np.arange(shape[0]) + 0.5) / shape[0] * voice.seconds % seconds[-1]
    tones = (np.arange(shape[1]) + 0.5) / shape[1] * voice.top
    slot = np.clip(np.searchsorted(seconds, times, side="right") - 1, 0, len(seconds) - 2)
    band = np.clip(np.searchsorted(hertz, tones, side="right") - 1, 0, len(hertz) - 2)
    return np.asarray(band[None, :] * (len(seconds) - 1) + slot[:, None], np.intp)


def _groups(slots: int, bands: int) -> Group:
    """Patches joined to ever larger rectangles; a patch's number is band * slots + slot."""

    def rectangle(left: int, right: int, low: int, high: int) -> Group:
        wide, tall = right - left, high - low
        if wide == tall == 1:
            return Group((low * slots + left,))
        if wide >= tall:
            middle = left + wide // 2
            return Group.join(rectangle(left, middle, low, high), rectangle(middle, right, low, high))
        middle = low + tall // 2
        return Group.join(rectangle(left, right, low, middle), rectangle(left, right, middle, high))

    return rectangle(0, slots, 0, bands)
