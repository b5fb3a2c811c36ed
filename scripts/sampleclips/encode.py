"""Frames and samples into one MP4 file: H.264 and AAC, one thread, so that the same input gives the same bytes."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from sampleclips.plan import FPS, HEIGHT, RATE, WIDTH

QUALITY = "23"
"""Constant rate factor of x264."""


def write(path: Path, frames: Iterable[NDArray[np.uint8]], track: NDArray[np.float32]) -> None:
    """Write an MP4 file of RGB frames (height, width, 3) and a mono soundtrack at RATE."""
    with av.open(str(path), "w", options={"movflags": "+faststart", "fflags": "+bitexact"}) as file:
        video = file.add_stream("libx264", rate=FPS, options={"crf": QUALITY, "preset": "slow", "threads": "1"})
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        audio = file.add_stream("aac", rate=RATE, layout="mono")
        audio.bit_rate = 96_000
        for number, picture in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            file.mux(video.encode(frame))
        file.mux(video.encode(None))
        for start in range(0, len(track), 1024):
            block = av.AudioFrame.from_ndarray(track[None, start : start + 1024], format="fltp", layout="mono")
            block.sample_rate, block.pts, block.time_base = RATE, start, Fraction(1, RATE)
            file.mux(audio.encode(block))
        file.mux(audio.encode(None))
