"""Make the sample clips of samples/: untouched.mp4, manipulated.mp4 and truth.json.

    python scripts/make_samples.py --out samples

Needs the extra `samples` (scikit-image, for the portrait). The same versions of the packages give the same bytes.
The voices, the synthetic one too, are in samples/voice/; samples/README.md says where they come from.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from skimage.data import astronaut

sys.path.insert(0, str(Path(__file__).parent))

from sampleclips import face, plan
from sampleclips.camera import Camera
from sampleclips.encode import write
from sampleclips.sound import loudness, recording, soundtrack

VOICES = Path(__file__).parents[1] / "samples" / "voice"
SEED = 3
FADE = 0.12
"""Seconds in which the forged face comes and goes."""


def frames(*, forged: bool) -> Iterator[NDArray[np.uint8]]:
    """Yield the clip's pictures (height, width, 3), RGB."""
    portrait = np.asarray(astronaut(), np.float32)  # type: ignore[no-untyped-call]
    camera = Camera(SEED)
    shape = face.mask(portrait.shape[:2])
    loud = loudness(soundtrack(VOICES, forged=forged))
    shake = np.random.default_rng(5).normal(0.0, 0.25, (plan.FRAMES, 2))
    for number in range(plan.FRAMES):
        picture = camera.expose(camera.project(portrait, number), number) + camera.grain(number)
        share = presence(number / plan.FPS) if forged else 0.0
        if share > 0:
            made = face.forge(portrait, loud[number], face.blink(number, plan.FPS), tuple(shake[number]))
            layer = camera.expose(camera.project(made, number), number)
            alpha = share * np.clip(camera.project(shape, number), 0.0, 1.0)[:, :, None]
            picture = picture * (1 - alpha) + layer * alpha
        yield np.clip(np.round(picture), 0, 255).astype(np.uint8)


def presence(seconds: float) -> float:
    """Return the forged face's share of the picture at this time, 0 to 1."""
    start, end = plan.FORGED
    return float(np.clip(min(seconds - start, end - seconds) / FADE, 0.0, 1.0))


def truth() -> dict[str, object]:
    """Return what is true of each clip, for tests and for people."""
    start, end = plan.FORGED
    hushed = round(plan.MADE.start + len(recording(VOICES / plan.MADE.file)) / plan.RATE, 2)
    spans = [
        {"start": start, "end": end, "modality": "face", "method": "self-blended face with a moving mouth"},
        {"start": plan.MADE.start, "end": hushed, "modality": "voice", "method": "Flite 2.2, voice slt"},
    ]
    words = [plan.BEFORE.words, plan.MIDDLE.words, plan.AFTER.words]
    said = {"untouched.mp4": words, "manipulated.mp4": [words[0], plan.MADE.words, words[2]]}
    clips = {
        name: {
            "label": "manipulated" if name == "manipulated.mp4" else "untouched",
            "seconds": plan.SECONDS,
            "persons": 1,
            "manipulations": spans if name == "manipulated.mp4" else [],
            "words": spoken,
        }
        for name, spoken in said.items()
    }
    return {"schema": "unmask.samples/1", "clips": clips}


def main() -> None:
    """Write the three files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, default=VOICES.parent, help="folder for the clips (default: samples/)")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    for name, forged in (("untouched.mp4", False), ("manipulated.mp4", True)):
        write(out / name, frames(forged=forged), soundtrack(VOICES, forged=forged))
        sys.stdout.write(f"{out / name}: {(out / name).stat().st_size / 1e6:.2f} MB\n")
    (out / "truth.json").write_text(json.dumps(truth(), indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
