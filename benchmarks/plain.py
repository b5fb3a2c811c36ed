"""Measured: the same networks, used the way most projects do it: CLIP [SECONDS].

OpenCV reads every frame, MTCNN looks for faces in each at full size, every face is given to `model.predict` alone; the
sound is written to a WAV file by MoviePy, read whole by librosa, and every window given to `model.predict` alone.
Nothing is followed, fused, explained or written. With SECONDS only that much of the start is examined.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import told
from benchmarks.ours import Watch

SIDE = 160
WINDOW = 4 * 16_000


def pictures(clip: Path, seconds: float, watch: Watch, network: Any) -> tuple[int, int]:
    """Frames read and faces judged."""
    import cv2
    from mtcnn import MTCNN

    with watch.time("load"):
        detector = MTCNN()
    video = cv2.VideoCapture(str(clip))
    frames, faces = 0, 0
    while frames < seconds * video.get(cv2.CAP_PROP_FPS):
        with watch.time("decode"):
            there, frame = video.read()
        if not there:
            break
        frames += 1
        image = cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
        with watch.time("detect"):
            found = detector.detect_faces(image)
        for face in found:
            x, y, width, height = (max(0, int(value)) for value in face["box"])
            crop = image[y : y + height, x : x + width]
            if crop.size:
                ready = (cv2.resize(crop, (SIDE, SIDE)).astype(np.float32) - 127) / 128
                with watch.time("network"):
                    network.predict(ready[None], verbose=0)
                faces += 1
    return frames, faces


def sound(clip: Path, seconds: float, watch: Watch, network: Any) -> int:
    """Windows judged."""
    import librosa
    from moviepy import VideoFileClip

    from unmask.models.voice_net import features

    windows = 0
    with tempfile.TemporaryDirectory() as folder, watch.time("sound"):
        wav = Path(folder) / "sound.wav"
        with VideoFileClip(str(clip)) as video:
            if video.audio is None:
                return 0
            video.audio.write_audiofile(str(wav), logger=None)
        samples, _ = librosa.load(wav, sr=16_000)
        librosa.feature.melspectrogram(y=samples, sr=16_000)
        for start in range(0, min(len(samples), int(seconds * 16_000)) - WINDOW + 1, 16_000):
            network.predict(features(samples[None, start : start + WINDOW]), verbose=0)
            windows += 1
    return windows


def main(clip: Path, seconds: float) -> None:
    from unmask.models.registry import Registry

    watch, models = Watch(), Registry()
    with watch.time("load"):
        face, voice = models.get("face").network, models.get("voice").network
    frames, faces = pictures(clip, seconds, watch, face)
    windows = sound(clip, seconds, watch, voice)
    told({"frames": frames, "faces": faces, "windows": windows, **watch.told()})


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 1e9)
