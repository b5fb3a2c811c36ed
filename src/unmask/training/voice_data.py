"""Voices for training: which rows count as real and as fake, which pages test, and their sound in a cache."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unmask.training.manifest import Row
from unmask.training.voice_pages import CALIBRATION, DEV
from unmask.types import FloatArray

Pcm = NDArray[np.int16]
RATE = 16_000
LONGEST = 11 * RATE
SHORTEST = RATE // 2
FRAME = 320
QUIET = 10 ** (-45 / 20)
MARGIN = RATE // 10

DEFAULT_CAP = 120
CAPS = {
    "ZenvilleErasmus/RAVDESS-emotions-speech-audio-only": 400,
    "MycroftAI/Precise-Community-Data": 300,
    "microsoft/P.808": 300,
    "jim-schwoebel/sample_voice_data": 150,
    "Jakobovski/free-spoken-digit-dataset": 100,
    "resemble-ai/Resemblyzer": 300,
    "yaph/tts-samples": 320,
    "rhasspy/larynx": 260,
    "dyoshioka-555/SponTTS-samples": 150,
    "daxintan-cuhk/EditSpeech": 75,
}
"""Files of one source and method that are enough: narrow sources are large, wide ones are small."""

TALKING_HEADS_CARRY_REAL_VOICES = "audiosynth:"


def voices(rows: Iterable[Row]) -> list[Row]:
    """Rows that carry a voice of known kind.

    Of video only real clips and those with a made voice (`audiosynth:*`): other fake clips carry real voices, or ones
    of unknown origin, and tell nothing about the sound.
    """
    kept = []
    for row in rows:
        if row.kind == "audio":
            kept.append(row)
        elif row.kind == "video" and (row.label == "real" or row.method.startswith(TALKING_HEADS_CARRY_REAL_VOICES)):
            kept.append(replace(row, source=f"{row.source} (clips)"))
    return kept


def capped(rows: Sequence[Row]) -> list[Row]:
    """At most so many rows of one source and method, chosen by a hash of their name: the same ones every time."""
    groups: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.source, row.label, row.method].append(row)
    chosen: list[Row] = []
    for key in sorted(groups):
        order = sorted(groups[key], key=lambda row: _digest(f"{row.source}:{row.origin}"))
        chosen += order[: CAPS.get(key[0], DEFAULT_CAP)]
    return chosen


def use_of(row: Row) -> str:
    """`train`, `calibration` or `dev`: by page, and by the manifest's own split for clips."""
    page = row.source.removesuffix(" (clips)")
    if row.split == "dev" or page in DEV:
        return "dev"
    return "calibration" if page in CALIBRATION else "train"


def cached(row: Row, cache: Path) -> Pcm | None:
    """Speech of a row, 16 kHz mono, without the silence around it, at most 11 s; None where there is none.

    The first call decodes and stores it (`cache/ab/abcd....npy`); a file that can't be decoded or is silent is stored
    empty, so that it is not tried again.
    """
    path = cache_path(row, cache)
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".part.npy")
        np.save(partial, _speech(row.path))
        partial.replace(path)
    sound: Pcm = np.load(path, mmap_mode="r", allow_pickle=False)
    return sound if len(sound) >= SHORTEST else None


def as_float(sound: Pcm) -> FloatArray:
    """Cached sound as float32 in -1..1."""
    scaled: FloatArray = np.asarray(sound, np.float32) * np.float32(1 / 32_768)
    return scaled


def cache_path(row: Row, cache: Path) -> Path:
    """Where a row's sound lies in the cache."""
    name = _digest(f"{row.source}:{row.origin or row.path}")[:24]
    return cache / name[:2] / f"{name}.npy"


def fill(rows: Sequence[Row], cache: Path) -> list[Row]:
    """Decode all rows into the cache; those that hold speech, in their order. Counts go to `cache/filled.json`."""
    kept = [row for row in rows if cached(row, cache) is not None]
    counts: dict[str, int] = defaultdict(int)
    for row in kept:
        counts[f"{row.label} {row.source}"] += 1
    cache.mkdir(parents=True, exist_ok=True)
    (cache / "filled.json").write_text(json.dumps(dict(sorted(counts.items())), indent=1), "utf-8")
    return kept


def decode(path: Path, limit: int = 4 * LONGEST) -> FloatArray:
    """The first `limit` samples of a file's sound as float32 mono at 16 kHz; empty when it has none or is damaged."""
    import av

    parts: list[FloatArray] = []
    count = 0
    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                return np.zeros(0, np.float32)
            to_mono = av.AudioResampler(format="flt", layout="mono", rate=RATE)
            for frame in container.decode(audio=0):
                for out in to_mono.resample(frame):
                    parts.append(out.to_ndarray().reshape(-1).astype(np.float32))
                    count += len(parts[-1])
                if count >= limit:
                    break
    except (av.FFmpegError, ValueError):
        pass
    return np.concatenate(parts)[:limit].astype(np.float32) if parts else np.zeros(0, np.float32)


def trim(sound: FloatArray) -> FloatArray:
    """Sound without the silence before and after the speech (45 dB below its loud frames), 0.1 s of margin kept."""
    whole = len(sound) // FRAME * FRAME
    if whole == 0:
        return sound[:0]
    level = np.sqrt(np.mean(sound[:whole].reshape(-1, FRAME) ** 2, axis=1))
    loud = float(np.percentile(level, 95))
    if loud < 1e-5:
        return sound[:0]
    active = np.flatnonzero(level > loud * QUIET)
    return sound[max(0, active[0] * FRAME - MARGIN) : (active[-1] + 1) * FRAME + MARGIN]


def _speech(path: Path) -> Pcm:
    sound = trim(decode(path))[:LONGEST]
    if len(sound) == 0:
        return np.zeros(0, np.int16)
    # One peak for all files: a quiet one must not carry coarser steps of int16 than a loud one.
    return np.round(sound * (29_000 / max(float(np.abs(sound).max()), 1e-6))).astype(np.int16)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
