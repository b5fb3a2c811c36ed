"""The soundtracks: three sentences of a real voice in a quiet room, and the same with a synthetic one in the middle."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import Final

import numpy as np
import soxr
from numpy.typing import NDArray

from sampleclips.plan import AFTER, BEFORE, FPS, FRAMES, MADE, MIDDLE, RATE, SECONDS

Samples = NDArray[np.float32]

LOUD: Final = 0.07
"""Root mean square of every sentence, of full scale."""
ROOM: Final = 0.0005
"""Root mean square of the room's noise, which runs through both clips without a break."""
SPEECH_RATE: Final = 16_000
"""The rate of all recordings, the synthetic one too, so that bandwidth does not give it away."""


def recording(path: Path) -> Samples:
    """Return a 16-bit mono WAV file as samples, -1 to 1, at RATE."""
    with wave.open(str(path)) as file:
        if (file.getsampwidth(), file.getnchannels(), file.getframerate()) != (2, 1, SPEECH_RATE):
            raise ValueError(f"{path.name}: 16-bit mono at {SPEECH_RATE} Hz is expected")
        raw = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    return _even(np.asarray(soxr.resample(raw.astype(np.float32) / 32768.0, SPEECH_RATE, RATE), np.float32))


def soundtrack(voices: Path, *, forged: bool) -> Samples:
    """Return the whole soundtrack of a clip, mono at RATE."""
    rng = np.random.default_rng(11)
    white = rng.normal(0.0, 1.0, round(SECONDS * RATE))
    hum = np.convolve(white, np.ones(24) / 24, mode="same")  # a room is duller than white noise
    track = (hum * ROOM / np.sqrt(np.mean(hum**2))).astype(np.float32)
    for sentence in (BEFORE, MADE if forged else MIDDLE, AFTER):
        voice = recording(voices / sentence.file)
        start = round(sentence.start * RATE)
        track[start : start + len(voice)] += voice[: len(track) - start]
    return np.asarray(track, np.float32)


def loudness(track: Samples) -> NDArray[np.float64]:
    """Return how loud the sound is in each frame of the picture, 0 to 1, smoothed over three frames."""
    per_frame = RATE // FPS
    blocks = track[: FRAMES * per_frame].reshape(FRAMES, per_frame)
    level = np.sqrt(np.mean(blocks.astype(np.float64) ** 2, axis=1))
    smooth = np.convolve(level, np.ones(3) / 3, mode="same")
    return np.asarray(np.clip(smooth / np.percentile(smooth, 95), 0.0, 1.0), np.float64)


def _even(voice: Samples) -> Samples:
    """Bring a sentence to the common loudness, with 10 ms of fading at both ends."""
    fade = np.minimum(1.0, np.minimum(np.arange(len(voice)), np.arange(len(voice))[::-1]) / (0.01 * RATE))
    level = np.sqrt(np.mean(voice**2))
    return np.asarray(voice * fade * LOUD / level, np.float32)
