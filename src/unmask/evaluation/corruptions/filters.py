"""Filters without delay, and the telephone's coarse steps."""

from __future__ import annotations

import numpy as np

from unmask.reencode.sound import SoundChange
from unmask.types import SAMPLE_RATE, FloatArray

TAPS = 511
MU = 255.0


def pass_band(low: float, high: float) -> SoundChange:
    """What lies between two frequencies (Hz); 0 keeps the bass. Linear phase (Hamming window), 50 dB down outside."""
    from scipy.signal import fftconvolve, firwin

    edges = [high] if low <= 0 else [low, high]
    taps = firwin(TAPS, edges, fs=SAMPLE_RATE, pass_zero="lowpass" if low <= 0 else "bandpass").astype(np.float32)

    def apply(samples: FloatArray, _: int) -> FloatArray:
        filtered: FloatArray = fftconvolve(samples, taps, mode="same").astype(np.float32)
        return filtered[: len(samples)] if len(samples) >= TAPS else _short(samples, taps)

    return SoundChange(apply, TAPS)


def _short(samples: FloatArray, taps: FloatArray) -> FloatArray:
    """For less sound than the filter is long, where "same" would mean the filter's length."""
    whole: FloatArray = np.convolve(samples, taps)[TAPS // 2 : TAPS // 2 + len(samples)]
    return whole


def mu_law(samples: FloatArray) -> FloatArray:
    """Sound at half the rate in 256 logarithmic steps (ITU-T G.711), and back at the full rate; same length.

    What lies above 4 kHz must have been taken out before. Every second sample is taken: cut pieces at even numbers.
    """
    from scipy.signal import resample_poly

    half = np.clip(samples[::2], -1, 1)
    pressed = np.sign(half) * np.log1p(MU * np.abs(half)) / np.log1p(MU)
    steps = np.round(pressed * 127) / 127
    coarse = np.sign(steps) * np.expm1(np.abs(steps) * np.log1p(MU)) / MU
    restored: FloatArray = resample_poly(coarse, 2, 1)[: len(samples)].astype(np.float32)
    return restored
