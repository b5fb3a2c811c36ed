"""What happens to a voice on its way to us, drawn at random and alike for real and fake: codecs, bands, noise, rooms.

Every function takes and gives float32 sound (n,) at 16 kHz, the same length, and draws only from the generator given.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from unmask.types import FloatArray

RATE = 16_000
Draw = np.random.Generator

CODECS = ("mp3", "aac", "opus", "amr", "g711", "g722")
"""Codecs of `round_trip`: container, encoder, rates in Hz and bit rates in bit/s below."""

_SETUP: dict[str, tuple[str, str, tuple[int, ...], tuple[int, ...]]] = {
    "mp3": ("mp3", "libmp3lame", (16_000, 16_000, 24_000), (32_000, 48_000, 64_000, 96_000)),
    "aac": ("adts", "aac", (16_000, 24_000, 44_100), (32_000, 48_000, 64_000, 96_000)),
    "opus": ("ogg", "libopus", (16_000, 48_000), (12_000, 16_000, 24_000, 32_000, 64_000)),
    "amr": ("amr", "libopencore_amrnb", (8_000,), (6_700, 7_950, 12_200)),
    "g711": ("wav", "pcm_mulaw", (8_000,), (64_000,)),
    "g722": ("wav", "g722", (16_000,), (64_000,)),
}
_DELAY = 1_600


def round_trip(sound: FloatArray, codec: str, rate: int, bit_rate: int) -> FloatArray:
    """Sound encoded and decoded in memory. Raises KeyError for a codec that is not one of `CODECS`."""
    import av

    container, encoder, _, _ = _SETUP[codec]
    target = io.BytesIO()
    padded = np.concatenate([sound, np.zeros(_DELAY, np.float32)])
    with av.open(target, "w", format=container) as sink:
        stream: Any = sink.add_stream(encoder, rate=rate)
        stream.layout = "mono"
        if codec not in ("g711", "g722"):
            stream.bit_rate = bit_rate
        frame = av.AudioFrame.from_ndarray(np.clip(padded, -1, 1)[None].astype(np.float32), "fltp", "mono")
        frame.sample_rate = RATE
        to_encoder = av.AudioResampler(format=stream.format, layout="mono", rate=rate, frame_size=_frame_size(stream))
        for part in (*to_encoder.resample(frame), *to_encoder.resample(None)):
            sink.mux(stream.encode(part))
        sink.mux(stream.encode(None))
    target.seek(0)
    with av.open(target, "r") as source:
        to_mono = av.AudioResampler(format="flt", layout="mono", rate=RATE)
        parts = [out.to_ndarray().reshape(-1) for part in source.decode(audio=0) for out in to_mono.resample(part)]
    return _same_length(np.concatenate(parts), len(sound))


def random_codec(sound: FloatArray, draw: Draw, codecs: Sequence[str] = CODECS) -> FloatArray:
    """One of the codecs at one of its rates."""
    codec = str(draw.choice(list(codecs)))
    _, _, rates, bit_rates = _SETUP[codec]
    return round_trip(sound, codec, int(draw.choice(rates)), int(draw.choice(bit_rates)))


def band_limit(sound: FloatArray, low: float, high: float, order: int = 6) -> FloatArray:
    """Only what lies between two frequencies (Hz): Butterworth's magnitudes without phase. `low` 0 keeps the bass."""
    from scipy.fft import irfft, next_fast_len, rfft

    length = next_fast_len(len(sound), real=True)
    frequency = np.arange(length // 2 + 1, dtype=np.float32) * (RATE / length)
    gain = np.ones_like(frequency)
    if high < RATE / 2 * 0.99:
        gain /= np.sqrt(1 + (frequency / high) ** (2 * order))
    if low > 0:
        gain /= np.sqrt(1 + (low / np.maximum(frequency, 1.0)) ** (2 * order))
    filtered: FloatArray = irfft(rfft(sound.astype(np.float32), length) * gain, length)[: len(sound)]
    return filtered


def random_band(sound: FloatArray, draw: Draw) -> FloatArray:
    """A telephone's band, or a random upper edge between 3.4 and 8 kHz."""
    if draw.random() < 0.3:
        return band_limit(sound, float(draw.uniform(100, 350)), float(draw.uniform(3_200, 3_800)))
    return band_limit(sound, 0.0, float(draw.uniform(3_400, 8_000)), int(draw.integers(2, 11)))


def random_resample(sound: FloatArray, draw: Draw) -> FloatArray:
    """Down to a lower rate and back, by straight lines or by a proper filter: traces of careless tools."""
    from scipy.signal import resample_poly

    rate = int(draw.choice((8_000, 11_025, 12_000, 14_700)))
    if draw.random() < 0.4:
        time = np.arange(len(sound))
        coarse = np.interp(np.arange(0, len(sound), RATE / rate), time, sound)
        return np.asarray(np.interp(time * rate / RATE, np.arange(len(coarse)), coarse), np.float32)
    down = resample_poly(sound, rate // 25, RATE // 25)
    return _same_length(resample_poly(down, RATE // 25, rate // 25), len(sound))


def add_noise(sound: FloatArray, noise: FloatArray, decibel: float) -> FloatArray:
    """Sound plus noise at a signal-to-noise ratio in dB, measured over the whole."""
    level = _rms(sound) / max(_rms(noise), 1e-9) * 10 ** (-decibel / 20)
    return (sound + level * noise).astype(np.float32)


def coloured_noise(length: int, draw: Draw) -> FloatArray:
    """Noise whose power falls by 0 to 2 times the octave (white, pink, brown), sometimes with mains hum."""
    spectrum = np.fft.rfft(draw.standard_normal(length))
    shape = np.maximum(np.arange(len(spectrum)), 8.0) ** (-float(draw.uniform(0, 1)))
    noise = np.fft.irfft(spectrum * shape, length).astype(np.float32)
    noise /= max(_rms(noise), 1e-9)
    if draw.random() < 0.2:
        hum = float(draw.choice((50.0, 60.0))) * np.arange(length) / RATE
        noise += sum(np.sin(2 * np.pi * hum * k).astype(np.float32) / k for k in (1, 2, 3))
    return noise.astype(np.float32)


def music(length: int, draw: Draw) -> FloatArray:
    """A bed of chords: a few decaying partials per note, a new chord every half second or so."""
    bed = np.zeros(length, np.float32)
    step = int(RATE * draw.uniform(0.3, 0.8))
    time = np.arange(2 * step) / RATE
    for start in range(0, length, step):
        root = 110.0 * 2 ** (int(draw.integers(0, 24)) / 12)
        chord = sum(
            np.sin(2 * np.pi * root * ratio * k * time) / k**1.5 for ratio in (1.0, 1.26, 1.5) for k in (1, 2, 3)
        )
        note = (chord * np.exp(-time * float(draw.uniform(1, 5)))).astype(np.float32)[: length - start]
        bed[start : start + len(note)] += note
    return bed


def room(sound: FloatArray, draw: Draw) -> FloatArray:
    """Echo of a simple room: a few early reflections and a decaying tail (reverberation time 0.1 to 0.7 s)."""
    from scipy.signal import fftconvolve

    seconds = float(draw.uniform(0.1, 0.7))
    length = int(seconds * RATE * 0.6)
    response = draw.standard_normal(length).astype(np.float32)
    response *= np.exp(-6.9 * np.arange(length) / (seconds * RATE)).astype(np.float32)
    response *= float(draw.uniform(0.05, 0.5)) / np.sqrt(float(np.sum(response**2)))
    for _ in range(int(draw.integers(1, 5))):
        response[int(draw.integers(16, min(length, 800)))] += float(draw.uniform(-0.4, 0.4))
    response[0] = 1.0
    return _same_length(fftconvolve(sound, response), len(sound))


def equalise(sound: FloatArray, draw: Draw) -> FloatArray:
    """A smooth random equaliser, up to about 10 dB either way, as microphones and editors have."""
    bands = int(draw.integers(4, 12))
    gains = draw.normal(0, float(draw.uniform(1, 5)), bands)
    length = 1 << (len(sound) - 1).bit_length()
    spectrum = np.fft.rfft(sound, length)
    curve = np.interp(np.linspace(0, bands - 1, len(spectrum)), np.arange(bands), gains)
    return np.fft.irfft(spectrum * 10 ** (curve / 20), length)[: len(sound)].astype(np.float32)


def clip_peaks(sound: FloatArray, draw: Draw) -> FloatArray:
    """Peaks cut off or softly pressed at 20 to 90 % of the highest."""
    limit = float(np.abs(sound).max()) * float(draw.uniform(0.2, 0.9)) + 1e-9
    if draw.random() < 0.5:
        return np.asarray(np.clip(sound, -limit, limit), np.float32)
    return np.asarray(np.tanh(sound / limit) * limit, np.float32)


def pauses(sound: FloatArray, draw: Draw) -> FloatArray:
    """One or two pauses of 0.1 to 0.8 s, faint noise in them, pushed in where the sound is quiet; same length."""
    for _ in range(int(draw.integers(1, 3))):
        span = int(draw.uniform(0.1, 0.8) * RATE)
        frames = np.abs(sound[: len(sound) // 320 * 320]).reshape(-1, 320).mean(axis=1)
        quiet = np.argsort(frames)[: max(1, len(frames) // 10)]
        place = int(draw.choice(quiet)) * 320
        hush = draw.standard_normal(span).astype(np.float32) * float(10 ** draw.uniform(-5, -2.5))
        sound = np.concatenate([sound[:place], hush, sound[place:]])[: len(sound)]
    return sound.astype(np.float32)


def dither(sound: FloatArray, draw: Draw) -> FloatArray:
    """Faint noise over all, 60 to 100 dB below the sound: no exact zeros, no steps of a coarse converter."""
    noise = draw.standard_normal(len(sound)).astype(np.float32)
    return add_noise(sound, noise, float(draw.uniform(60, 100)))


def corrupt(sound: FloatArray, draw: Draw, strength: float = 1.0) -> FloatArray:
    """A random chain in the order of the world: pauses, room, background, microphone, channel, codec, level.

    `strength` (0..1) scales how often each of them comes in.
    """
    steps: list[tuple[float, Callable[[FloatArray], FloatArray]]] = [
        (0.25, lambda s: pauses(s, draw)),
        (0.2, lambda s: room(s, draw)),
        (0.45, lambda s: add_noise(s, coloured_noise(len(s), draw), float(draw.uniform(5, 40)))),
        (0.08, lambda s: add_noise(s, music(len(s), draw), float(draw.uniform(5, 25)))),
        (0.3, lambda s: equalise(s, draw)),
        (0.25, lambda s: random_band(s, draw)),
        (0.1, lambda s: random_resample(s, draw)),
        (0.1, lambda s: clip_peaks(s, draw)),
        (0.25, lambda s: random_codec(_level(s, draw), draw)),
    ]
    sound = _level(sound, draw)
    for share, step in steps:
        if draw.random() < share * strength:
            sound = step(sound)
    return _level(dither(sound, draw), draw)


def _level(sound: FloatArray, draw: Draw) -> FloatArray:
    peak = float(np.abs(sound).max())
    return (sound * (float(draw.uniform(0.1, 0.95)) / max(peak, 1e-6))).astype(np.float32)


def _rms(sound: FloatArray) -> float:
    return float(np.sqrt(np.mean(np.square(sound, dtype=np.float64)))) if len(sound) else 0.0


def _same_length(sound: FloatArray, length: int) -> FloatArray:
    same = np.zeros(length, np.float32)
    count = min(length, len(sound))
    same[:count] = sound[:count]
    return same


def _frame_size(stream: Any) -> int:
    return int(stream.codec_context.frame_size or 0)
