"""Small media made for tests: videos whose frames say their own number, sound with a click at a known time."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from unmask.types import AudioStream, Media, VideoStream

CELLS = 8


def numbered(number: int, width: int = 160, height: int = 96) -> np.ndarray:
    """A picture whose top row of eight cells is the number in binary, and whose left bottom quarter is red."""
    image = np.full((height, width, 3), 40, np.uint8)
    side = width // CELLS
    for bit in range(CELLS):
        image[: height // 2, bit * side : (bit + 1) * side] = 235 if number >> bit & 1 else 16
    image[height // 2 :, : width // 4] = (220, 20, 20)
    return image


def number_of(image: np.ndarray) -> int:
    """The number that a picture shows."""
    height, width = image.shape[:2]
    side = width / CELLS
    row = image[height // 4, :, 1]
    return sum(int(row[int((bit + 0.5) * side)] > 125) << bit for bit in range(CELLS))


def write_video(path: Path, times: list[Fraction], *, codec="libx264", size=(160, 96), gop=12, options=None) -> Path:
    """Frame k of `times` shows the number k at that time."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=25, options={"bf": "2", "crf": "12", **(options or {})})
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = *size, "yuv420p", gop
        base = Fraction(1, 12800)
        stream.codec_context.time_base = base
        for number, time in enumerate(times):
            frame = av.VideoFrame.from_ndarray(numbered(number, *size), format="rgb24")
            frame.time_base, frame.pts = base, round(time / base)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def steady(count: int, rate: int = 25, start: Fraction = Fraction(0)) -> list[Fraction]:
    """Times of `count` frames."""
    return [start + Fraction(k, rate) for k in range(count)]


def write_wav(path: Path, samples: np.ndarray, rate: int = 48000) -> Path:
    """Mono or (n, channels) float samples as 16 bit PCM."""
    import wave

    pcm = (np.clip(samples, -1, 1) * 32767).round().astype("<i2")
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1 if pcm.ndim == 1 else pcm.shape[1])
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(pcm.tobytes())
    return path


def clicks(seconds: float, at: list[float], rate: int = 48000) -> np.ndarray:
    """Silence with a burst of 2 ms at each of the times."""
    sound = np.zeros(round(seconds * rate))
    burst = np.hanning(round(0.002 * rate)) * np.sin(2 * np.pi * 3000 * np.arange(round(0.002 * rate)) / rate)
    for time in at:
        middle = round(time * rate) - len(burst) // 2
        sound[middle : middle + len(burst)] += 0.9 * burst
    return sound


def media_of(path: Path, *, kind=None, rotation: int = 0) -> Media:
    """The media value that ingest would make, straight from libav's facts."""
    with av.open(str(path)) as container:
        video = next(iter(container.streams.video), None)
        audio = next(iter(container.streams.audio), None)
        starts = [s.start_time * s.time_base for s in (video, audio) if s is not None and s.start_time is not None]
        ends = [(s.start_time or 0) * s.time_base + (s.duration or 0) * s.time_base for s in (video, audio) if s]
        origin = Fraction(min(starts, default=0))
        whole = Fraction(container.duration or 0, 1_000_000)
        duration = max([whole, *(end - origin for end in ends)]) if ends else whole
        return Media(
            path=path,
            name=path.name,
            kind=kind or ("video" if video else "audio"),
            sha256="0" * 64,
            size=path.stat().st_size,
            container=container.format.name,
            duration=duration,
            origin=origin,
            bit_rate=None,
            video=video and _video(video, rotation),
            audio=audio and _audio(audio),
        )


def _video(stream, rotation: int) -> VideoStream:
    size = stream.codec_context.width, stream.codec_context.height
    width, height = size[::-1] if rotation % 180 else size
    zero = Fraction(0)
    return VideoStream(
        stream.index, stream.name, None, None, width, height, rotation, None, None, None, None, zero, zero
    )


def _audio(stream) -> AudioStream:
    return AudioStream(stream.index, stream.name, stream.rate, stream.channels, None, Fraction(0), Fraction(0))
