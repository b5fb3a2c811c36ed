"""Makes the scripts importable, and decodes each sample once for all tests."""

import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "scripts"))


@cache
def decoded(name: str) -> dict[str, Any]:
    with av.open(str(ROOT / "samples" / name)) as file:
        facts: dict[str, Any] = {
            "codecs": [stream.codec_context.name for stream in file.streams],
            "size": (file.streams.video[0].width, file.streams.video[0].height),
        }
        frames = [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]
    with av.open(str(ROOT / "samples" / name)) as file:
        sound = [block.to_ndarray()[0] for block in file.decode(audio=0)]
    return facts | {"frames": frames, "sound": np.concatenate(sound)}


@pytest.fixture(scope="session")
def untouched() -> dict[str, Any]:
    return decoded("untouched.mp4")


@pytest.fixture(scope="session")
def manipulated() -> dict[str, Any]:
    return decoded("manipulated.mp4")


@pytest.fixture(scope="session")
def truth() -> dict[str, Any]:
    clips: dict[str, Any] = json.loads((ROOT / "samples" / "truth.json").read_text())["clips"]
    return clips
