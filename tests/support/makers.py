"""Small media made on the spot: moving pictures, tones, stills, in any container that PyAV can write."""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

RATE = 16_000


def picture(size: tuple[int, int], number: int) -> NDArray[np.uint8]:
    """RGB uint8 (height, width, 3): a gradient with a bright square that moves with `number`."""
    width, height = size
    image = np.zeros((height, width, 3), np.uint8)
    image[..., 0] = np.linspace(0, 200, width, dtype=np.uint8)[None, :]
    image[..., 1] = np.linspace(0, 200, height, dtype=np.uint8)[:, None]
    side = max(2, min(size) // 5)
    x, y = (7 * number) % max(1, width - side), (5 * number) % max(1, height - side)
    image[y : y + side, x : x + side] = 255
    return image


def frame_times(seconds: float, fps: Fraction, vfr: bool) -> list[Fraction]:
    """When frames are shown: evenly, or with every third one late by three quarters of a frame."""
    count = max(1, round(Fraction(seconds) * fps))
    late = Fraction(3, 4) / fps
    return [Fraction(n) / fps + (late if vfr and n % 3 == 2 else 0) for n in range(count)]


def make_video(
    path: Path,
    *,
    seconds: float = 1.0,
    fps: float | Fraction = 25,
    size: tuple[int, int] = (160, 120),
    audio: bool = True,
    rotation: int = 0,
    start_offset: float | Fraction = 0,
    audio_offset: float | Fraction | None = None,
    vfr: bool = False,
    codec: str = "libx264",
    audio_codec: str = "aac",
    gop: int = 12,
    aspect: Fraction | None = None,
    faststart: bool = True,
    tags: dict[str, str] | None = None,
    images: Sequence[NDArray[np.uint8]] | None = None,
) -> Path:
    """Write a video and return its path; the container follows from the suffix.

    `rotation` is in degrees clockwise that a player turns it by; `start_offset` is when the picture starts, seconds,
    `audio_offset` when the sound does (as the picture unless given). `images` replace the moving square, one a frame.
    """
    rate = Fraction(fps).limit_denominator(1001)
    iso = path.suffix in {".mp4", ".mov", ".m4a"}
    options = {"movflags": "+faststart"} if iso and faststart else {}
    with av.open(str(path), "w", options=options) as out:
        out.metadata.update(tags or {})
        stream: Any = out.add_stream(codec, rate=rate, options=_quick(codec))
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.codec_context.gop_size = gop
        stream.codec_context.thread_count = 1
        tick = Fraction(1, 90_000) if vfr or start_offset else 1 / rate
        stream.codec_context.time_base = tick
        if aspect:
            stream.codec_context.sample_aspect_ratio = aspect
        if rotation:
            stream.set_display_rotation(-rotation)
        sound: Any = out.add_stream(audio_codec, rate=RATE if audio_codec != "libopus" else 48_000) if audio else None
        packets = []
        for number, time in enumerate(frame_times(seconds, rate, vfr)):
            frame = av.VideoFrame.from_ndarray(images[number] if images else picture(size, number), format="rgb24")
            frame.pts, frame.time_base = round((time + Fraction(start_offset)) / tick), tick
            packets += stream.encode(frame)
        packets += stream.encode(None)
        if sound is not None:
            offset = Fraction(start_offset if audio_offset is None else audio_offset)
            packets += list(_tone_packets(sound, seconds, offset))
        for packet in sorted(packets, key=lambda one: (one.dts or 0) * one.time_base):
            out.mux(packet)
    return path


def make_sound(
    path: Path, *, seconds: float = 1.0, codec: str = "pcm_s16le", tags: dict[str, str] | None = None
) -> Path:
    """Write a 440 Hz tone, mono, 16 kHz (48 kHz for Opus); the container follows from the suffix."""
    with av.open(str(path), "w") as out:
        out.metadata.update(tags or {})
        sound = out.add_stream(codec, rate=RATE if codec != "libopus" else 48_000)
        for packet in _tone_packets(sound, seconds, Fraction(0)):
            out.mux(packet)
    return path


def make_picture(path: Path, *, size: tuple[int, int] = (64, 48), orientation: int = 1) -> Path:
    """Write a still picture with an EXIF orientation (1 to 8); the format follows from the suffix."""
    from PIL import Image

    image = Image.fromarray(picture(size, 3))
    exif = Image.Exif()
    exif[0x0112] = orientation
    image.save(path, exif=exif.tobytes()) if orientation != 1 else image.save(path)
    return path


def ffmpeg(*arguments: object) -> None:
    """Run the ffmpeg that imageio-ffmpeg carries, for what PyAV can't write."""
    import imageio_ffmpeg

    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *map(str, arguments)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, timeout=120)


def _quick(codec: str) -> dict[str, str]:
    if codec in {"libx264", "libx265"}:
        return {"preset": "ultrafast", "crf": "28", "threads": "1"}
    return {"deadline": "realtime", "cpu-used": "8"} if codec.startswith("libvpx") else {}


def _tone_packets(stream: Any, seconds: float, offset: Fraction) -> Iterator[Any]:
    rate = stream.codec_context.sample_rate
    stream.codec_context.layout = "mono"
    count = max(0, round(Fraction(seconds) * rate))
    tone = (8000 * np.sin(2 * np.pi * 440 * np.arange(count) / rate)).astype(np.int16)
    fifo = 1024
    for start in range(0, count, fifo):
        frame = av.AudioFrame.from_ndarray(tone[None, start : start + fifo], format="s16", layout="mono")
        frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
        frame.pts = start + round(offset * rate)
        yield from stream.encode(frame)
    yield from stream.encode(None)


def wav_bytes(samples: int, declared: int | None = None, rate: int = RATE) -> bytes:
    """A 16-bit mono wav file of silence; `declared` data bytes in its header instead of the true number."""
    data = b"\0\0" * samples
    said = len(data) if declared is None else declared
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, 2 * rate, 2, 16)
    return (
        b"RIFF"
        + struct.pack("<I", 4 + len(form) + 8 + said)
        + b"WAVE"
        + form
        + b"data"
        + struct.pack("<I", said)
        + data
    )
