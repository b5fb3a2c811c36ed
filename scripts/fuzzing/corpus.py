"""Good files to start from: two seconds of each sample clip, and small ones in every container that people send."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image

SAMPLES = Path(__file__).resolve().parents[2] / "samples"

VIDEOS = {
    "h264.mp4": ("libx264", "aac"), "h264.mov": ("libx264", "pcm_s16le"), "hevc.mp4": ("libx265", "aac"),
    "vp9.webm": ("libvpx-vp9", "libopus"), "vp8.mkv": ("libvpx", "libopus"), "mpeg4.avi": ("mpeg4", "libmp3lame"),
    "mpeg2.ts": ("mpeg2video", "mp2"), "flv1.flv": ("flv", "libmp3lame"), "mjpeg.mov": ("mjpeg", None),
}  # fmt: skip
SOUNDS = {"sound.mp3": "libmp3lame", "sound.wav": "pcm_s16le", "sound.flac": "flac", "sound.ogg": "libopus"}
PICTURES = ("still.jpg", "still.png", "still.webp", "still.gif", "still.tiff", "still.bmp")


QUIET = {"libx265": {"x265-params": "log-level=none"}}


class Corpus:
    """Made once into a folder and read from there."""

    def make(self, folder: Path) -> dict[str, bytes]:
        """The files by name."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, (picture, sound) in VIDEOS.items():
            if not (folder / name).exists():
                _write(folder / name, picture, sound)
        for name, sound in SOUNDS.items():
            if not (folder / name).exists():
                _write(folder / name, None, sound)
        for name in PICTURES:
            Image.fromarray(_picture(3)).save(folder / name)
        frames = [Image.fromarray(_picture(number)) for number in range(4)]
        frames[0].save(folder / "moving.gif", save_all=True, append_images=frames[1:])
        frames[0].save(folder / "moving.png", save_all=True, append_images=frames[1:])
        for sample in sorted(SAMPLES.glob("*.mp4")):
            if not (folder / sample.name).exists():
                _shortened(sample, folder / sample.name)
        return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.suffix != ".part"}


CORPUS = Corpus()


def _picture(number: int) -> Any:
    image = np.full((72, 96, 3), 60, np.uint8)
    image[10:40, 4 * number : 4 * number + 30] = (200, 40, 90)
    return image


def _write(path: Path, picture: str | None, sound: str | None) -> None:
    with av.open(str(path), "w") as sink:
        video: Any = sink.add_stream(picture, rate=10, options=QUIET.get(picture, {})) if picture else None
        audio: Any = sink.add_stream(sound, rate=48_000 if sound == "libopus" else 44_100) if sound else None
        if audio is not None:
            audio.layout = "mono"
        if video is not None:
            video.width, video.height = 96, 72
            video.pix_fmt = "yuvj420p" if picture == "mjpeg" else "yuv420p"
            for number in range(8):
                frame = av.VideoFrame.from_ndarray(_picture(number), format="rgb24")
                frame.pts, frame.time_base = number, Fraction(1, 10)
                sink.mux(video.encode(frame.reformat(format=video.pix_fmt)))
            sink.mux(video.encode(None))
        if audio is not None:
            wave = np.sin(np.arange(40_000) / 20)[None].astype(np.float32) / 2
            tone = av.AudioFrame.from_ndarray(wave, "fltp", "mono")
            tone.sample_rate, tone.pts, tone.time_base = audio.rate, 0, Fraction(1, audio.rate)
            sizes = audio.codec_context.frame_size or 1024
            fifo = av.AudioFifo()
            resampler = av.AudioResampler(audio.format.name, "mono", audio.rate)
            for part in resampler.resample(tone):
                fifo.write(part)
            while (part := fifo.read(sizes)) is not None:
                sink.mux(audio.encode(part))
            sink.mux(audio.encode(None))


def _shortened(source: Path, target: Path) -> None:
    """The first two seconds, packet by packet."""
    with av.open(str(source)) as media, av.open(str(target), "w", format="mp4") as sink:
        copies = {s.index: sink.add_stream_from_template(s) for s in media.streams if s.type in ("video", "audio")}
        for packet in media.demux():
            if packet.dts is None or packet.dts * packet.time_base > 2:
                continue
            packet.stream = copies[packet.stream.index]
            sink.mux(packet)
