"""Small media to corrupt: a video that counts its frames with a voice-like sound, the sound alone, a still."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from support.makevideo import numbered, write_wav
from unmask.ingest import ingest
from unmask.media.audio import SoundReader
from unmask.reencode.pictures import frames
from unmask.settings import Settings
from unmask.types import Interval, Media

RATE = 16_000
SECONDS = 2.4
LEAD, TAIL = 0.5, 0.3
SIZE = (640, 512)


def voice_like(seconds: float = SECONDS, seed: int = 0, lead: float = LEAD, tail: float = TAIL) -> np.ndarray:
    """Bursts of noise and tones, five a second, from near silence at the start to near silence at the end."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * RATE)) / RATE
    tones = sum(np.sin(2 * np.pi * f * time + p) for f, p in ((210, 0), (630, 1), (1900, 2), (3100, 0.5)))
    sound = (0.05 * tones + 0.05 * rng.standard_normal(len(time))) * (0.25 + np.abs(np.sin(2 * np.pi * 2.5 * time)))
    sound[(time < lead) | (time >= seconds - tail)] = 0
    return (sound + 1e-5 * rng.standard_normal(len(time))).astype(np.float32)


def talking(path: Path, *, seconds: float = SECONDS, size: tuple[int, int] = SIZE, rotation: int = 0) -> Path:
    """An MP4, H.264 and AAC, 25 frames a second; frame n shows n over some texture."""
    rng = np.random.default_rng(1)
    texture = rng.integers(-40, 40, (size[1], size[0], 1))
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=25, options={"crf": "12", "preset": "ultrafast", "threads": "2"})
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        if rotation:
            video.set_display_rotation(-rotation)
        audio = out.add_stream("aac", rate=48_000)
        audio.layout, audio.bit_rate = "mono", 160_000
        packets = []
        for number in range(round(seconds * 25)):
            image = numbered(number, *size)
            image[size[1] // 2 :] = np.clip(128 + texture[size[1] // 2 :], 0, 255)
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            packets += video.encode(frame)
        packets += video.encode(None)
        frame = av.AudioFrame.from_ndarray(voice_like(seconds)[None], "fltp", "mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
        packets += [*audio.encode(frame), *audio.encode(None)]
        for packet in sorted(packets, key=lambda one: one.dts * one.time_base):
            out.mux(packet)
    return path


def spoken(path: Path, **options) -> Path:
    """A sound file, 48 kHz PCM would say no more: 16 kHz WAV."""
    return write_wav(path, voice_like(**options), RATE)


def taken(path: Path, folder: Path) -> Media:
    """The media as the pipeline takes it."""
    return ingest(path, folder / f"in-{path.name}", Settings())


def heard(media: Media) -> np.ndarray:
    """All of its sound, 16 kHz mono."""
    with SoundReader(media) as reader:
        return reader.read(Interval(Fraction(0), media.duration + 1)).samples


def shown(media: Media) -> list[tuple[int, float]]:
    """The numbers that its frames show, and when."""
    return [(_number(frame.image), float(frame.time)) for frame in frames(media)]


def _number(image: np.ndarray) -> int:
    """Like `number_of`, whatever the light."""
    height, width = image.shape[:2]
    row = image[height // 8 : height // 3, :, 1].mean(axis=0)
    cells = [row[int((bit + 0.3) * width / 8) : int((bit + 0.7) * width / 8)].mean() for bit in range(8)]
    if max(cells) - min(cells) < 25:
        return 0
    middle = (max(cells) + min(cells)) / 2
    return sum(int(cell > middle) << bit for bit, cell in enumerate(cells))


def lag(sound: np.ndarray, against: np.ndarray) -> float:
    """Seconds by which `sound` comes later than `against`, found where they are most alike."""
    count = min(len(sound), len(against))
    both = np.fft.rfft(sound[:count], 2 * count) * np.conj(np.fft.rfft(against[:count], 2 * count))
    alike = np.fft.irfft(both)
    reach = RATE // 5
    near = np.concatenate([alike[-reach:], alike[:reach]])
    return (int(np.argmax(np.abs(near))) - reach) / RATE


def level(sound: np.ndarray) -> float:
    """Root mean square in dB."""
    return 10 * np.log10(float(np.mean(np.square(sound, dtype=np.float64))) + 1e-20)


def band(sound: np.ndarray, low: float, high: float) -> float:
    """Energy between two frequencies, dB."""
    power = np.abs(np.fft.rfft(sound)) ** 2
    frequency = np.fft.rfftfreq(len(sound), 1 / RATE)
    return 10 * np.log10(float(power[(frequency >= low) & (frequency < high)].sum()) + 1e-20)
