"""What the data gives away: plain properties of the files, each used as if it were a detector.

A property that ranks fake above real well (or the other way round) is one that a network can learn instead of its
task, and that makes any number measured on these files look better than it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from unmask.errors import UnmaskError
from unmask.evaluation.altered import described
from unmask.evaluation.cases import Case, Unit
from unmask.evaluation.corruptions.silences import silences
from unmask.evaluation.metrics import FEW_DRAWS, estimate
from unmask.evaluation.outcome import Part
from unmask.evaluation.robust_document import Giveaway
from unmask.evaluation.run import Watch, code_of, key_of, safe
from unmask.pipeline import Analyzer
from unmask.training.manifest import Row
from unmask.training.statistics import auc, group_draws
from unmask.types import Media

LEAST = 5
"""So many real and so many fake files are needed."""
CODE = ("ingest", "media", "reencode", "evaluation/corruptions")

NAMES: Mapping[str, str] = {
    "file_bits": "bits a second of the file (a still: its size)",
    "pixels": "pixels of the picture",
    "bits_per_pixel": "coded bits per pixel",
    "frame_rate": "frames a second",
    "picture_seconds": "length",
    "sound_bits": "bits a second of the sound",
    "sample_rate": "sample rate",
    "lead": "silence at the start, seconds",
    "tail": "silence at the end, seconds",
    "loudness": "loudness of what is heard",
    "sound_seconds": "length",
}
OF = {
    "face": ("file_bits", "pixels", "bits_per_pixel", "frame_rate", "picture_seconds"),
    "voice": ("file_bits", "sound_bits", "sample_rate", "lead", "tail", "loudness", "sound_seconds"),
}
"""Which properties are set against which truth."""


class Properties(Part):
    """The properties of one file by name; those that it does not have are left out."""

    key: str
    values: dict[str, float]


def giveaways(
    found: Sequence[Case], out: Path, tools: Analyzer, watch: Watch, *, unit: Unit = "person", draws: int = FEW_DRAWS
) -> list[Giveaway]:
    """The AUC of every property for face and voice, kind by kind of media; the strongest first.

    Properties are kept in `out/properties`. Files that can't be read are left out.
    """
    folder = out / "properties"
    folder.mkdir(parents=True, exist_ok=True)
    setting = code_of(CODE)
    values = []
    for number, case in enumerate(found, 1):
        values.append(_kept(case.row, folder, setting, tools))
        watch(number, case.outcome)
    told = [
        one
        for subject, names in OF.items()
        for kind in sorted({case.row.kind for case in found})
        for name in names
        if (one := _giveaway(found, values, subject=subject, kind=kind, name=name, unit=unit, draws=draws)) is not None
    ]
    return sorted(told, key=lambda g: (g.subject, -abs(g.auc.value - 0.5), g.kind, g.name))


def properties(media: Media) -> dict[str, float]:
    """The plain properties of a media by name. Raises MediaError when its sound can't be decoded."""
    seconds = float(media.duration)
    values: dict[str, float] = {"file_bits": media.size * 8 / seconds if seconds > 0 else media.size * 8.0}
    video, audio = media.video, media.audio
    if video is not None:
        pixels = float(video.width * video.height)
        rate = video.frame_rate if media.kind != "image" else None
        frames = max(1.0, seconds * rate) if rate else 1.0
        values |= {"pixels": pixels, "bits_per_pixel": media.size * 8 / (pixels * frames)}
        if rate:
            values |= {"frame_rate": rate, "picture_seconds": seconds}
    if audio is not None:
        silent = silences(media)
        values |= {"sample_rate": float(audio.sample_rate), "lead": silent.lead, "tail": silent.tail}
        values |= {"loudness": silent.level, "sound_seconds": seconds}
        if audio.bit_rate:
            values["sound_bits"] = float(audio.bit_rate)
    return values


def _kept(row: Row, folder: Path, setting: str, tools: Analyzer) -> dict[str, float]:
    key = key_of(row, setting)
    path = folder / f"{safe(row.path.stem)}-{key[:16]}.json"
    try:
        kept = Properties.model_validate_json(path.read_bytes())
        if kept.key == key:
            return kept.values
    except (OSError, ValidationError):
        pass
    try:
        values = properties(described(row.path, tools))
    except (UnmaskError, OSError):
        return {}
    partial = path.with_suffix(".part")
    partial.write_text(Properties(key=key, values=values).model_dump_json() + "\n", encoding="utf-8")
    partial.replace(path)
    return values


def _giveaway(
    found: Sequence[Case],
    values: Sequence[Mapping[str, float]],
    *,
    subject: str,
    kind: str,
    name: str,
    unit: Unit,
    draws: int,
) -> Giveaway | None:
    """None unless there are enough files of both classes, and they differ in it at all."""
    picked = [
        (case, known[name])
        for case, known in zip(found, values, strict=True)
        if case.row.kind == kind and name in known and case.truth.of(subject) is not None
    ]
    fake = np.array([bool(case.truth.of(subject)) for case, _ in picked], dtype=bool)
    if min(int(fake.sum()), int((~fake).sum())) < LEAST or len({value for _, value in picked}) < 2:
        return None
    score = np.array([value for _, value in picked], dtype=np.float64)
    groups = [case.group(unit) for case, _ in picked]
    samples = group_draws(fake, groups, draws=draws, seed=0)
    rarer = min(len({g for g, f in zip(groups, fake, strict=True) if f == side}) for side in (True, False))
    measured = estimate(auc(fake, score), [auc(fake[s], score[s]) for s in samples], rarer)
    return Giveaway(
        subject=subject, kind=kind, name=name, n_real=int((~fake).sum()), n_fake=int(fake.sum()), auc=measured
    )
