"""Clips for load runs, out of the sample."""

from __future__ import annotations

import subprocess
from pathlib import Path

SAMPLE = Path(__file__).parents[2] / "samples" / "manipulated.mp4"


def looped(path: Path, seconds: float) -> Path:
    """The sample, again and again, for so many seconds."""
    return _made(path, ["-stream_loop", "-1", "-i", str(SAMPLE), "-t", str(seconds), "-c", "copy"])


def small(path: Path, seconds: float) -> Path:
    """So many seconds of the sample in which somebody speaks, 240 lines high."""
    coding = ["-vf", "scale=-2:240", "-c:v", "libx264", "-crf", "28", "-c:a", "aac", "-b:a", "48k"]
    return _made(path, ["-ss", "8", "-t", str(seconds), "-i", str(SAMPLE), *coding])


def _made(path: Path, how: list[str]) -> Path:
    import imageio_ffmpeg

    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-loglevel", "error", *how, str(path)]
    subprocess.run(command, check=True)  # noqa: S603 - a package's program and our own paths
    return path
