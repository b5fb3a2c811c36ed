"""Copy synthesis: real speech taken apart and put together again by a machine, whose traces are all that differs.

The pair of a real voice and its copy shares speaker, words, room and microphone. Sounds are float32 (n,) at 16 kHz;
a copy has the length of its original.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from unmask.types import FloatArray

RATE = 16_000
Draw = np.random.Generator
_MEL_FLOOR = 1e-5


def world(sound: FloatArray, draw: Draw) -> FloatArray:
    """Pitch, envelope and aperiodicity by WORLD (Morise et al. 2016), a little changed, and synthesised again."""
    import pyworld

    wave = sound.astype(np.float64)
    pitch, time = pyworld.dio(wave, RATE, frame_period=5.0)
    pitch = pyworld.stonemask(wave, pitch, time, RATE)
    envelope = pyworld.cheaptrick(wave, pitch, time, RATE)
    noise = pyworld.d4c(wave, pitch, time, RATE)
    if draw.random() < 0.5:
        pitch = pitch * float(2 ** draw.uniform(-0.25, 0.25))
    if draw.random() < 0.5:
        smooth = np.exp(_along_time(np.log(envelope), int(draw.integers(2, 6))))
        envelope = np.ascontiguousarray(smooth)
    if draw.random() < 0.4:
        noise = np.clip(noise * float(draw.uniform(0.5, 1.5)), 0.0, 1.0)
    return _as_long_as(pyworld.synthesize(pitch, envelope, noise, RATE, 5.0), sound)


def griffin_lim(sound: FloatArray, draw: Draw) -> FloatArray:
    """Phase found again from the magnitudes alone (Griffin and Lim 1984, with Perraudin's momentum of 2013)."""
    magnitude = np.abs(_stft(sound))
    return _as_long_as(_phase(magnitude, draw, int(draw.integers(8, 25))), sound)


def mel_inverted(sound: FloatArray, draw: Draw) -> FloatArray:
    """Magnitudes squeezed through 40 to 100 mel bands and back by the pseudo-inverse, phase by Griffin and Lim."""
    magnitude = np.abs(_stft(sound))
    bank = mel_bank(int(draw.integers(40, 101)), magnitude.shape[1])
    mel = np.log(np.maximum(magnitude @ bank.T, _MEL_FLOOR))
    if draw.random() < 0.5:
        mel = _along_time(mel, 2)
    back = np.maximum(np.exp(mel) @ np.linalg.pinv(bank).T.astype(np.float32), 1e-6)
    return _as_long_as(_phase(back.astype(np.float32), draw, int(draw.integers(8, 25))), sound)


def moved_phase(sound: FloatArray, draw: Draw) -> FloatArray:
    """Magnitudes kept, phases moved by random amounts: the error of a vocoder whose phase is nearly right."""
    spectrum = _stft(sound)
    amount = float(draw.uniform(0.4, 1.6))
    edge = int(draw.integers(0, spectrum.shape[1] // 2))
    turn = draw.standard_normal(spectrum.shape).astype(np.float32) * amount
    turn[:, :edge] = 0
    return _as_long_as(_istft(spectrum * np.exp(1j * turn)), sound)


def linear_prediction(sound: FloatArray, draw: Draw) -> FloatArray:
    """Linear prediction (Makhoul 1975), its residual quantised, or replaced by pulses and noise of its level."""
    from scipy.linalg import solve_toeplitz
    from scipy.signal import lfilter

    size, order = 640, int(draw.integers(14, 25))
    half = size // 2
    taper = np.hanning(size + 1)[:size]
    bits = int(draw.integers(1, 4))
    whole = bool(draw.random() < 0.5)
    period = int(RATE / draw.uniform(90, 230))
    out = np.zeros(len(sound) + size)
    for start in range(0, len(sound) - size + 1, half):
        frame = sound[start : start + size].astype(np.float64)
        tapered = frame * taper
        auto = np.correlate(tapered, tapered, "full")[size - 1 : size + order]
        auto[0] = auto[0] * 1.0001 + 1e-9
        filter_ = np.concatenate([[1.0], -solve_toeplitz(auto[:order], auto[1 : order + 1])])
        residual = lfilter(filter_, [1.0], frame)
        if whole:
            step = max(float(np.abs(residual).max()), 1e-9) / 2**bits
            driven = np.round(residual / step) * step
        else:
            driven = draw.standard_normal(size) * 0.4
            driven[(-start) % period :: period] += np.sqrt(period)
            driven *= float(np.std(residual)) / max(float(np.std(driven)), 1e-9)
        out[start : start + size] += lfilter([1.0], filter_, driven) * taper
    return _as_long_as(out.astype(np.float32), sound)


def quantised_spectrum(sound: FloatArray, draw: Draw) -> FloatArray:
    """Log magnitudes and phases in coarse steps, the top at times a copy of the middle: a crude codec's bottleneck."""
    spectrum = _stft(sound)
    magnitude, angle = np.abs(spectrum), np.angle(spectrum)
    step = float(draw.uniform(0.4, 1.2))
    log = np.round(np.log(np.maximum(magnitude, 1e-6)) / step) * step
    steps = int(draw.integers(6, 17))
    coarse = np.round(angle * steps / (2 * np.pi)) * (2 * np.pi / steps)
    rebuilt = np.exp(log) * np.exp(1j * coarse)
    if draw.random() < 0.5:
        edge = int(draw.integers(rebuilt.shape[1] // 2 + 1, rebuilt.shape[1] * 3 // 4))
        width = rebuilt.shape[1] - edge
        rebuilt[:, edge:] = rebuilt[:, edge - width : edge] * float(draw.uniform(0.1, 0.5))
    return _as_long_as(_istft(rebuilt), sound)


METHODS: dict[str, Callable[[FloatArray, Draw], FloatArray]] = {
    "copy:world": world,
    "copy:griffin-lim": griffin_lim,
    "copy:mel": mel_inverted,
    "copy:phase": moved_phase,
    "copy:lpc": linear_prediction,
    "copy:quantised": quantised_spectrum,
}


def mel_bank(bands: int, bins: int) -> FloatArray:
    """Triangles on the mel scale (bands, bins) from 0 to 8 kHz (Slaney's form without its normalisation)."""
    top = 2595 * np.log10(1 + RATE / 2 / 700)
    edges = 700 * (10 ** (np.linspace(0, top, bands + 2) / 2595) - 1)
    frequency = np.linspace(0, RATE / 2, bins)
    rise = (frequency - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    fall = (edges[2:, None] - frequency) / (edges[2:] - edges[1:-1])[:, None]
    return np.maximum(0, np.minimum(rise, fall)).astype(np.float32)


def _stft(sound: FloatArray, size: int = 1024, hop: int = 256) -> np.ndarray[tuple[int, ...], np.dtype[np.complex64]]:
    from scipy.fft import rfft

    padded = np.pad(sound.astype(np.float32), (size // 2, size))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop]
    return np.asarray(rfft(frames * np.hanning(size).astype(np.float32), axis=1))


def _istft(
    spectrum: np.ndarray[tuple[int, ...], np.dtype[np.complex64]], size: int = 1024, hop: int = 256
) -> FloatArray:
    from scipy.fft import irfft

    taper = np.hanning(size).astype(np.float32)
    frames = irfft(spectrum, size, axis=1).astype(np.float32) * taper
    total = (len(frames) - 1) * hop + size
    out, weight = np.zeros(total, np.float32), np.zeros(total, np.float32)
    for i, frame in enumerate(frames):
        out[i * hop : i * hop + size] += frame
        weight[i * hop : i * hop + size] += taper**2
    return (out / np.maximum(weight, 1e-3)).astype(np.float32)[size // 2 :]


def _phase(magnitude: FloatArray, draw: Draw, rounds: int) -> FloatArray:
    angle = np.exp(2j * np.pi * draw.random(magnitude.shape)).astype(np.complex64)
    before = np.zeros_like(angle)
    for _ in range(rounds):
        rebuilt = _stft(_istft(magnitude * angle))[: len(magnitude)]
        rebuilt = np.pad(rebuilt, ((0, len(magnitude) - len(rebuilt)), (0, 0)))
        moved = rebuilt + 0.99 * (rebuilt - before)
        before = rebuilt
        angle = moved / np.maximum(np.abs(moved), 1e-9)
    return _istft(magnitude * angle)


def _along_time(values: np.ndarray[tuple[int, ...], np.dtype[np.floating]], frames: int) -> FloatArray:
    from scipy.ndimage import uniform_filter1d

    smooth: FloatArray = uniform_filter1d(values, frames, axis=0, mode="nearest")
    return smooth


def _as_long_as(copy: FloatArray, sound: FloatArray) -> FloatArray:
    padded = np.pad(np.asarray(copy, np.float32), (0, max(0, len(sound) - len(copy))))
    return padded[: len(sound)].astype(np.float32)
