"""Corruptions of the sound: codecs at low rates, telephone, noise, room, level."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from unmask.evaluation.corruptions.base import Corruption, NotApplicable, Source, require_sound, write_samples
from unmask.evaluation.corruptions.filters import mu_law, pass_band
from unmask.reencode.codecs import SoundCodec, lossless_at
from unmask.reencode.sound import SoundChange, loudness
from unmask.reencode.transcode import Plan, transcode
from unmask.types import SAMPLE_RATE, FloatArray

TELEPHONE = (300.0, 3400.0)
"""The band of a telephone, Hz (ITU-T G.712)."""
ECHO_SECONDS = 0.5
"""Time in which the room's echo falls by 60 dB."""
ECHO_SHARE = 0.5
"""Energy of the echo against that of the sound itself: 3 dB below, a person two metres from the microphone."""
QUIET = -20.0
"""Decibels by which the sound is lowered."""
LOUD = -9.0
"""Level that the sound is raised to, dB of full scale; what goes beyond full scale is cut off."""
PINK_TAPS = 512

CODECS: tuple[tuple[str, str, SoundCodec], ...] = (
    ("aac_32k", "AAC at 32 kbit/s", SoundCodec("aac", 44_100, 32_000)),
    ("opus_12k", "Opus at 12 kbit/s, as in voice messages", SoundCodec("libopus", 48_000, 12_000)),
    ("mp3_32k", "MP3 at 32 kbit/s, 22.05 kHz", SoundCodec("libmp3lame", 22_050, 32_000)),
)


def _code(codec: SoundCodec, source: Source, target: Path) -> None:
    require_sound(source.media)
    transcode(source.media, target, Plan(sound=codec))


def _telephone(source: Source, target: Path) -> None:
    require_sound(source.media)
    band = pass_band(*TELEPHONE)

    def apply(samples: FloatArray, first: int) -> FloatArray:
        return mu_law(band.apply(samples, first))

    transcode(source.media, target, Plan(sound=lossless_at(8_000), sound_change=SoundChange(apply, band.reach + 65)))


def _noise(decibel: float, source: Source, target: Path) -> None:
    level = _level(source) * 10 ** (-decibel / 20)
    number = source.number("background")

    def apply(samples: FloatArray, first: int) -> FloatArray:
        return (samples + level * pink(first, len(samples), number)).astype(np.float32)

    write_samples(source.media, target, SoundChange(apply))


def _echo(source: Source, target: Path) -> None:
    from scipy.signal import fftconvolve

    require_sound(source.media)
    response = room(source.draw("room"))

    def apply(samples: FloatArray, _: int) -> FloatArray:
        heard: FloatArray = fftconvolve(samples, response)[: len(samples)].astype(np.float32)
        return heard

    write_samples(source.media, target, SoundChange(apply, len(response)))


def _quiet(source: Source, target: Path) -> None:
    _gain(10 ** (QUIET / 20), source, target)


def _loud(source: Source, target: Path) -> None:
    _gain(10 ** (LOUD / 20) / _level(source), source, target)


def _gain(gain: float, source: Source, target: Path) -> None:
    write_samples(source.media, target, SoundChange(lambda samples, _: np.clip(samples * np.float32(gain), -1, 1)))


def _level(source: Source) -> float:
    """The level of what is heard, of full scale. Raises NotApplicable where nothing is."""
    require_sound(source.media)
    level = loudness(source.media)
    if level <= 0:
        raise NotApplicable("silent")
    return level


def pink(first: int, count: int, number: int) -> FloatArray:
    """Noise (count,) of level 1 whose power falls by 3 dB an octave, from sample `first` of an endless piece on.

    The piece depends on `number` alone; it is made second by second, so that any stretch of it can be had.
    """
    from scipy.signal import fftconvolve

    shape = _pink_shape()
    start = first - len(shape) + 1
    seconds = range(start // SAMPLE_RATE, -(-(first + count) // SAMPLE_RATE))
    white = [
        np.random.default_rng([number, second + 1]).standard_normal(SAMPLE_RATE, dtype=np.float32) for second in seconds
    ]
    offset = start - seconds[0] * SAMPLE_RATE
    needed = np.concatenate(white)[offset : offset + count + len(shape) - 1]
    noise: FloatArray = fftconvolve(needed, shape, mode="valid").astype(np.float32)
    return noise


def _pink_shape() -> FloatArray:
    """Impulse response (PINK_TAPS,) of a filter that makes white noise pink, of energy 1."""
    frequency = np.arange(PINK_TAPS // 2 + 1)
    response = np.roll(np.fft.irfft(1 / np.sqrt(np.maximum(frequency, 2.0))), PINK_TAPS // 2)
    shaped: FloatArray = (response * np.hanning(PINK_TAPS)).astype(np.float32)
    shaped /= np.sqrt(np.sum(shaped**2))
    return shaped


def room(draw: np.random.Generator) -> FloatArray:
    """Impulse response of a room: the sound itself, three early reflections, and noise that dies away; energy 1."""
    length = round(ECHO_SECONDS * SAMPLE_RATE * 0.8)
    tail = draw.standard_normal(length) * 10 ** (-3 * np.arange(length) / (ECHO_SECONDS * SAMPLE_RATE))
    tail[:80] = 0  # nothing comes back within five milliseconds
    for _ in range(3):
        tail[int(draw.integers(80, 800))] += float(draw.uniform(3, 8)) * (1 if draw.random() < 0.5 else -1)
    tail *= np.sqrt(ECHO_SHARE / np.sum(tail**2))
    tail[0] = 1.0
    response: FloatArray = (tail / np.sqrt(np.sum(tail**2))).astype(np.float32)
    return response


SOUND: tuple[Corruption, ...] = (
    *(Corruption(name, words, "sound", partial(_code, codec)) for name, words, codec in CODECS),
    Corruption("telephone", "telephone: 300 to 3400 Hz, 8 kHz, 8 bit mu-law (G.711)", "sound", _telephone),
    *(
        Corruption(f"noise_{level}db", f"background noise {level} dB below the voice", "sound", partial(_noise, level))
        for level in (20, 10, 5)
    ),
    Corruption("echo", f"a room's echo: {ECHO_SECONDS} s, 3 dB below the sound itself", "sound", _echo),
    Corruption("quiet", f"lowered by {-QUIET:.0f} dB", "sound", _quiet),
    Corruption("loud", f"raised to {LOUD:.0f} dB of full scale, and cut off there", "sound", _loud),
)
"""In the order in which they are shown."""
