"""What the motion network is worth on clips of sources and methods of which nothing trained, alone and with `face`."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmask.fusion.pooling import pool
from unmask.models.card import Card
from unmask.models.motion_net import FRAMES, changes
from unmask.models.registry import Registry
from unmask.training import faces_data
from unmask.training.face_scores import score_rows
from unmask.training.motion_batches import part
from unmask.training.motion_data import Clip
from unmask.training.statistics import auc, bootstrap, group_draws, threshold_for
from unmask.types import FloatArray

STRIDE = FRAMES // 2
BATCH = 8
FALSE_ALARMS = 0.05
DRAWS = 500

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Scored:
    """A held-out clip: the logit of each window (n,), and the pooled logit."""

    clip: Clip
    points: FloatArray
    pooled: float


@dataclass(frozen=True, slots=True)
class Table:
    """The clips that both networks scored and neither trained on, in one order, all arrays (n,)."""

    fake: Bools
    motion: Floats
    face: Floats
    sources: tuple[str, ...]
    methods: tuple[str, ...]


def score_clips(network: Any, clips: Sequence[Clip]) -> list[Scored]:
    """Windows of each clip, half a window apart, scored as an analysis would see them."""
    scored = []
    for clip in clips:
        starts = [*range(0, len(clip.head) - FRAMES, STRIDE), len(clip.head) - FRAMES]
        views = [part(clip.head, start) for start in starts]
        seen = np.stack([changes(view.crops, view.meshes) for view in views])
        logits = np.concatenate([network.predict_on_batch(seen[i : i + BATCH]) for i in range(0, len(seen), BATCH)])
        points = logits.reshape(-1).astype(np.float32)
        scored.append(Scored(clip, points, pool(points)))
    return scored


def measured(network: Any, held: Mapping[str, Sequence[Clip]], out: Path, cache: Path) -> dict[str, Any]:
    """Numbers of each split, for JSON; the scores behind them go to `out/scores.csv`."""
    registry = Registry()
    scored = {use: score_clips(network, clips) for use, clips in held.items()}
    faces = face_scores(registry, [one.clip for part in scored.values() for one in part], cache / "faces")
    with (out / "scores.csv").open("w", encoding="utf-8", newline="") as sink:
        writer = csv.writer(sink)
        writer.writerow(["split", "source", "method", "person", "fake", "motion", "face", "size"])
        for use, found in scored.items():
            for one in found:
                row, face = one.clip.row, faces.get(key(one.clip))
                line = (use, row.source, row.method, row.identity, int(one.clip.fake), one.pooled, face)
                writer.writerow([*line, one.clip.head.size])
    unseen = unseen_by(registry.card("face"))
    tables = {use: table(found, faces, unseen) for use, found in scored.items()}
    return {use: numbers(found) for use, found in tables.items() if 0 < found.fake.sum() < len(found.fake)}


def face_scores(registry: Registry, clips: Sequence[Clip], cache: Path) -> dict[str, float]:
    """Pooled logit of the shipped face network for each clip in which it finds a face."""
    rows = [clip.row for clip in clips]
    for _ in faces_data.prepare(rows, cache, workers=1):
        pass
    by_row = {f"{one.row.path}:{one.row.crop}": one.pooled for one in score_rows(_face(registry), rows, cache)}
    return {key(clip): by_row[key(clip)] for clip in clips if key(clip) in by_row}


def key(clip: Clip) -> str:
    """A clip's name among all."""
    return f"{clip.row.path}:{clip.row.crop}"


def unseen_by(card: Card) -> Callable[[Clip], bool]:
    """Whether a model's card has nothing of a clip's source (real) or of its method there (fake) in training."""
    trained = {(data.source, data.label, data.method) for data in card.data if data.split == "train"}

    def unseen(clip: Clip) -> bool:
        label = "fake" if clip.fake else "real"
        return clip.row.split == "dev" or (clip.row.source, label, clip.row.method if clip.fake else "") not in trained

    return unseen


def table(scored: Sequence[Scored], faces: Mapping[str, float], unseen: Callable[[Clip], bool]) -> Table:
    """Those of the clips that both scored and neither trained on."""
    kept = [one for one in scored if key(one.clip) in faces and unseen(one.clip)]
    return Table(
        np.asarray([one.clip.fake for one in kept], bool),
        np.asarray([one.pooled for one in kept], np.float64),
        np.asarray([faces[key(one.clip)] for one in kept], np.float64),
        tuple(one.clip.row.source for one in kept),
        tuple(one.clip.row.method if one.clip.fake else "" for one in kept),
    )


def numbers(found: Table) -> dict[str, Any]:
    """AUC of each alone and of both together, what the second adds, by method, and false alarms by real source.

    Together is a logistic regression, each source scored by one that was fitted to all the others.
    """
    groups = [f"{source}:{method}" for source, method in zip(found.sources, found.methods, strict=True)]
    face = left_out(found, found.face[:, None])
    both = left_out(found, np.stack([found.face, found.motion], axis=1))

    def line(scores: Floats) -> dict[str, Any]:
        return {"auc": auc(found.fake, scores), "interval": bootstrap(auc, found.fake, scores, groups, draws=DRAWS)}

    return {
        "n_real": int((~found.fake).sum()),
        "n_fake": int(found.fake.sum()),
        "real_sources": len({s for s, fake in zip(found.sources, found.fake, strict=True) if not fake}),
        "methods": len(set(found.methods) - {""}),
        "motion": line(found.motion),
        "face": line(found.face),
        "both": line(both),
        "gain": difference(found.fake, both, found.face, groups),
        "gain_over_face_left_out": difference(found.fake, both, face, groups),
        "by_method": by_method(found, both),
        "false_alarms": alarms(found),
    }


def left_out(found: Table, features: Floats) -> Floats:
    """Log-odds (n,) of the features (n, k), each source's by a regression fitted to all other sources."""
    from sklearn.linear_model import LogisticRegression

    scaled = (features - features.mean(axis=0)) / (features.std(axis=0) + 1e-9)
    sources = np.asarray(found.sources)
    out = np.zeros(len(sources))
    for source in sorted(set(found.sources)):
        own = sources == source
        if len(set(found.fake[~own])) == 2:
            fit = LogisticRegression(class_weight="balanced").fit(scaled[~own], found.fake[~own])
            out[own] = fit.decision_function(scaled[own])
    return out


def difference(fake: Bools, scores: Floats, others: Floats, groups: Sequence[str]) -> dict[str, Any]:
    """How much higher the AUC of `scores` is than that of `others`, over the same draws of groups."""
    gains = [auc(fake[i], scores[i]) - auc(fake[i], others[i]) for i in group_draws(fake, groups, draws=DRAWS, seed=0)]
    low, high = np.percentile(gains, [2.5, 97.5])
    return {"auc": auc(fake, scores) - auc(fake, others), "interval": (float(low), float(high))}


def by_method(found: Table, both: Floats) -> dict[str, dict[str, Any]]:
    """AUC of each method against all real clips."""
    lines = {}
    for method in sorted(set(found.methods) - {""}):
        chosen = ~found.fake | (np.asarray(found.methods) == method)
        lines[method] = {"n": int((chosen & found.fake).sum())} | {
            name: auc(found.fake[chosen], scores[chosen])
            for name, scores in (("motion", found.motion), ("face", found.face), ("both", both))
        }
    return lines


def alarms(found: Table) -> dict[str, dict[str, Any]]:
    """False alarms of motion in each real source, at the threshold of 5 % over all other real sources."""
    real: dict[str, list[float]] = defaultdict(list)
    for source, score, fake in zip(found.sources, found.motion, found.fake, strict=True):
        if not fake:
            real[source].append(float(score))
    lines = {}
    for source, scores in sorted(real.items()):
        others = [score for name, part in real.items() if name != source for score in part]
        if others:
            threshold = threshold_for(others, FALSE_ALARMS)
            lines[source] = {"n": len(scores), "rate": float(np.mean(np.asarray(scores) > threshold))}
    return lines


def _face(registry: Registry) -> Any:
    return registry.get("face").network
