"""The clips that are measured, made by ffmpeg from the sample clips."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

SAMPLES = Path(__file__).parents[1] / "samples"
FPS = 25


@dataclass(frozen=True, slots=True)
class Clip:
    """One clip: H.264 with B-frames at 25 frames a second, AAC sound; `faces` people stand side by side."""

    seconds: int = 60
    height: int = 720
    faces: int = 1
    sound: bool = True
    sample: str = "manipulated"

    @property
    def name(self) -> str:
        """What it is, in short."""
        people = f"{self.faces} face" + "s" * (self.faces > 1)
        heard = "sound" if self.sound else "silent"
        kind = "" if self.sample == "manipulated" else f", {self.sample}"
        return f"{self.seconds} s {self.height}p, {people}, {heard}{kind}"

    @property
    def file(self) -> str:
        """Its file's name."""
        return f"{self.sample}-{self.seconds}s-{self.height}p-{self.faces}f{'' if self.sound else '-silent'}.mp4"


MAIN = Clip()
MATRIX = (
    MAIN,
    Clip(sample="untouched"),
    Clip(seconds=10),
    Clip(seconds=600),
    Clip(height=360),
    Clip(height=1080),
    Clip(height=2160),
    Clip(faces=2),
    Clip(faces=3),
    Clip(faces=5),
    Clip(sound=False),
)


def made(clip: Clip, folder: Path) -> Path:
    """The clip's file in `folder`; made on the first call, a few times as long as the clip lasts for the large ones."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / clip.file
    if target.exists():
        return target
    unfinished = target.with_suffix(".part.mp4")
    if clip.seconds > 60:
        minute = made(Clip(60, clip.height, clip.faces, clip.sound, clip.sample), folder)
        _ffmpeg("-stream_loop", "-1", "-i", minute, "-t", clip.seconds, "-c", "copy", unfinished)
    else:
        _encode(clip, unfinished)
    unfinished.rename(target)
    return target


def _encode(clip: Clip, target: Path) -> None:
    source = SAMPLES / f"{clip.sample}.mp4"
    inputs: list[object] = []
    for number in range(clip.faces):  # each person begins elsewhere in the sample: they neither move nor look alike
        inputs += ["-stream_loop", "-1", "-ss", 2 * number, "-i", source]
    video = ["-map", "[v]", "-c:v", "libx264", "-preset", "veryfast", "-crf", 23, "-pix_fmt", "yuv420p"]
    sound = ["-map", "0:a", "-c:a", "aac"] if clip.sound else []
    _ffmpeg(*inputs, "-filter_complex", _filter(clip), *video, *sound, "-r", FPS, "-t", clip.seconds, target)


def _filter(clip: Clip) -> str:
    width = clip.height * 16 // 9
    if clip.faces == 1:
        return f"[0:v]scale=-2:{clip.height},pad={width}:{clip.height}:(ow-iw)/2:0,setsar=1[v]"
    wide = width // clip.faces // 2 * 2
    cut = f"crop=min(iw\\,ih*{wide}/{clip.height}):min(ih\\,iw*{clip.height}/{wide})"
    parts = [
        f"[{n}:v]{cut},scale={wide}:{clip.height},{'hflip,' * (n % 2)}hue=h={25 * n},setsar=1[p{n}]"
        for n in range(clip.faces)
    ]
    joined = "".join(f"[p{n}]" for n in range(clip.faces))
    return ";".join([*parts, f"{joined}hstack=inputs={clip.faces}[v]"])


def _ffmpeg(*arguments: object) -> None:
    from imageio_ffmpeg import get_ffmpeg_exe

    command = [get_ffmpeg_exe(), "-hide_banner", "-loglevel", "error", "-y", *map(str, arguments)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
