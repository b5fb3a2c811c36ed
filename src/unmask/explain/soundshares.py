"""Which half second and which band of a window of sound speak for a made voice: SHAP over patches of its spectrogram.

The `shap` library's PartitionExplainer (Lundberg and Lee 2017; Owen values over a tree of patches that lie side by
side) asks the network what it says when patches are replaced by the window's own mean level in each band.
"""

from __future__ import annotations

import threading
import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmask.explain.faithfulness import Faithfulness, faithfulness
from unmask.explain.inputs import VoiceTools
from unmask.types import FloatArray

SLOT = 0.5
"""Seconds of a patch."""
OCTAVES = (0.0, 1000.0, 2000.0, 4000.0, 8000.0)
"""Edges of the bands, hertz: the voice's first tones, vowels, consonants, and the hiss above them."""
EVALUATIONS = 320
"""Windows that the network hears for one map."""

_LOCK = threading.Lock()


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

    values = _partition(heard, len(seconds) - 1, len(hertz) - 1)
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


def _partition(heard: Any, slots: int, bands: int) -> NDArray[np.float64]:
    """Owen values (bands * slots,) of the patches, in the order of their numbers."""
    shap = _shap()
    count = slots * bands
    if count == 1:
        ends = heard(np.array([[0.0], [1.0]]))
        return np.asarray(ends[1:] - ends[:1], np.float64)
    masker = shap.maskers.Partition(np.zeros((1, count)), clustering=_tree(slots, bands))
    explainer = shap.explainers.Partition(heard, masker)
    found = explainer(np.ones((1, count)), max_evals=EVALUATIONS, batch_size=32, silent=True)
    return np.asarray(found.values[0], np.float64)


@lru_cache(maxsize=1)
def _shap() -> Any:
    """The library, its inner loops left to Python: compiling them costs ten seconds and saves a few hundredths."""
    import numba

    compiler: Any = numba.config  # read from the environment: its fields are known at run time only
    with _LOCK:
        before = compiler.DISABLE_JIT
        compiler.DISABLE_JIT = True
        try:
            with warnings.catch_warnings():  # of its plots, which are not used
                warnings.simplefilter("ignore")
                import shap
        finally:
            compiler.DISABLE_JIT = before
    return shap


def _tree(slots: int, bands: int) -> NDArray[np.float64]:
    """Patches joined to ever larger rectangles, as a linkage matrix (count - 1, 4) in the form of scipy's."""
    rows: list[tuple[float, float, float, float]] = []

    def join(left: int, right: int, low: int, high: int) -> tuple[int, int]:
        wide, tall = right - left, high - low
        if wide == tall == 1:
            return low * slots + left, 1
        if wide >= tall:
            parts = join(left, left + wide // 2, low, high), join(left + wide // 2, right, low, high)
        else:
            parts = join(left, right, low, low + tall // 2), join(left, right, low + tall // 2, high)
        size = parts[0][1] + parts[1][1]
        rows.append((parts[0][0], parts[1][0], size, size))
        return slots * bands + len(rows) - 1, size

    join(0, slots, 0, bands)
    return np.array(rows, np.float64)
