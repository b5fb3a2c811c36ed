"""From weights to a model card: calibrate on pages that trained nothing, measure on others, write all of it down."""

from __future__ import annotations

import csv
import json
import logging
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from unmask.models.card import Card, DataSource, Metric, Training
from unmask.models.voice_net import RATE, build
from unmask.models.weights import file_hash
from unmask.training.audio_augment import corrupt
from unmask.training.manifest import Row
from unmask.training.voice_report import CONDITIONS, Condition, Scored, Scorer, calibrate, metrics, number, weak_spots
from unmask.types import FloatArray

log = logging.getLogger(__name__)

VERSION = "0.3.0"
PER_CONDITION = 150
LIMITS = [
    "Trained on short, mostly read speech from research pages; conversation, song and shouting are rare.",
    "Speakers recur across pages (LJSpeech, VCTK, LibriTTS); 'unseen speakers' leaves out those that are named.",
    "Speech sent through a neural codec counts as made by a machine; restored real speech (Miipher) does too.",
    "Accuracy by sex, age, accent or language is not known: the data does not say who speaks.",
    "Sound with several speakers is scored as one voice.",
]


def write_card(
    out: Path,
    cache: Path,
    *,
    train: Sequence[Row],
    copies: Sequence[Row],
    calibration: Sequence[Row],
    dev: Sequence[Row],
    training: Training,
) -> Path:
    """Measure `out/weights/voice.npz` and write `out/cards/voice.json` and `out/scores.csv`; returns the card's path.

    A file's threshold for false alarms and misses in the metrics is the pooled logit above which 5 % of the real files
    of the calibration pages lie, clean and corrupted; the card's own threshold is the same for single windows.
    """
    weights = out / "weights" / "voice.npz"
    scorer = Scorer(weights)
    clean, worn = (scorer.score(calibration, cache, condition) for condition in (None, _worn))
    both = Scored(clean.rows + worn.rows, clean.points + worn.points)
    pages = len({row.source for row in calibration})
    platt, point_threshold, file_threshold = calibrate(both, f"{pages} pages that trained nothing, clean and corrupted")
    log.info("calibrated: %s, thresholds %.3f and %.3f", platt, point_threshold, file_threshold)
    scored = scorer.score(dev, cache)
    write_scores(out / "scores.csv", {"calibration": clean, "dev": scored})
    known = [*train, *copies]
    numbers = [*metrics(scored, file_threshold, known), number(clean, file_threshold, "calibration", "all, clean")]
    numbers += under_conditions(scorer, dev, cache, file_threshold)
    used = {"train": known, "calibration": calibration, "dev": dev}
    card = Card(
        name="voice",
        version=VERSION,
        title="Synthetic speech: a small residual network on log spectra of four seconds",
        weights=weights.name,
        sha256=file_hash(weights),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        parameters=int(build().count_params()),
        input="4 s of 16 kHz mono as 249 frames of 256 log-spectral bands, level and band means taken out",
        data=[source for split, rows in used.items() for source in sources(rows, split)],
        training=training,
        metrics=numbers,
        calibration=platt,
        threshold=point_threshold,
        limits=[*weak_spots(numbers), *LIMITS],
    )
    path = out / "cards" / "voice.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(card.model_dump(mode="json"), indent=1) + "\n", "utf-8")
    return path


def under_conditions(scorer: Scorer, dev: Sequence[Row], cache: Path, threshold: float) -> list[Metric]:
    """The same sample of dev files clean and under every condition, the first six seconds of each."""
    draw = np.random.default_rng(0)
    some: list[Row] = []
    for label in ("real", "fake"):
        rows = [row for row in dev if row.label == label]
        some += [rows[i] for i in sorted(draw.permutation(len(rows))[:PER_CONDITION])]
    found = []
    for name, condition in {"nothing": _as_it_is, **CONDITIONS}.items():
        scored = scorer.score(some, cache, _shortened(condition))
        found.append(number(scored, threshold, "dev", f"sample under {name}"))
        log.info("%s: auc %s", name, found[-1].auc)
    return found


def sources(rows: Sequence[Row], split: str) -> list[DataSource]:
    """Numbers of files by source, licence, label and method."""
    counts: dict[tuple[str, str, str, str], int] = {}
    for row in rows:
        key = (row.source, row.licence or "none stated", row.label, row.method)
        counts[key] = counts.get(key, 0) + 1
    return [
        DataSource(source=source, licence=licence, label=label, method=method, split=split, files=files)
        for (source, licence, label, method), files in sorted(counts.items())
    ]


def write_scores(path: Path, parts: dict[str, Scored]) -> None:
    """A line a file: what it is, and its pooled logit."""
    with path.open("w", encoding="utf-8", newline="") as sink:
        writer = csv.writer(sink)
        writer.writerow(["split", "label", "source", "method", "family", "person", "origin", "windows", "logit"])
        for split, part in parts.items():
            for row, points, logit in zip(part.rows, part.points, part.pooled.tolist(), strict=True):
                names = (row.label, row.source, row.method, row.family, row.person, row.origin)
                writer.writerow([split, *names, len(points), f"{logit:.4f}"])


def hardware() -> str:
    """What it ran on, in words."""
    return f"{os.cpu_count()} cores, no accelerator"


def _worn(sound: FloatArray, draw: np.random.Generator) -> FloatArray:
    return corrupt(sound, draw, 0.7)


def _as_it_is(sound: FloatArray, _: np.random.Generator) -> FloatArray:
    return sound


def _shortened(condition: Condition) -> Condition:
    return lambda sound, draw: condition(sound[: 6 * RATE], draw)
