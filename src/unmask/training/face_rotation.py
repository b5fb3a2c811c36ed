"""Leave-one-method-out and leave-one-source-out for faces: networks that each never saw a part of methods and sources.

One network for every method would take days. Instead a few are trained on one stream of batches, and between them
leave out each method and each source of real faces once. A method is then judged by the network that never saw it,
against real faces that this network never saw either.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmask.models.face_net import build, preprocess
from unmask.training.face_batches import Batch, batches, pools
from unmask.training.face_rotation_report import Unseen, measured
from unmask.training.face_scores import check_set, forward, score_rows
from unmask.training.face_selection import select
from unmask.training.faces_data import is_fake, prepare
from unmask.training.manifest import Row
from unmask.training.run import Run, two_classes
from unmask.training.splits import order_by
from unmask.training.statistics import auc
from unmask.training.train_face import BATCH, CHECK_EVERY, PLAN, SMOOTHING, set_beginning

log = logging.getLogger(__name__)
ROTATIONS = 3
SEED = 0
"""Not the run's seed: who leaves out what stays the same."""
PER_GROUP = 60
"""Pictures of one source and method that are scored; clips all are."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """A network to train, and the groups (methods of fakes, sources of real faces) that it never sees."""

    name: str
    without: frozenset[str]

    def seen(self, batch: Batch, rng: np.random.Generator) -> NDArray[np.intp]:
        """Indices (n,) of the samples that it sees, some of them twice in place of the others; none if it sees none.

        A fake and the real face that belongs to it go together, so that the classes stay even.
        """
        allowed = np.asarray([group not in self.without for group in batch.groups]).reshape(-1, 2)
        twos = np.flatnonzero(allowed[:, 0] & allowed[:, 1])
        if len(twos) == 0:
            return np.zeros(0, np.intp)
        filled = np.concatenate([twos, rng.choice(twos, len(allowed) - len(twos))])
        return (2 * filled[:, None] + np.arange(2)).reshape(-1)


def rotations(rows: Sequence[Row], count: int = ROTATIONS) -> tuple[Rotation, ...]:
    """`count` rotations that between them leave out every method and every source of real faces once.

    Methods named alike up to the first sign that is no letter or digit, as Wav2Lip and Wav2Lip-GAN, go together.
    """
    without: list[set[str]] = [set() for _ in range(count)]
    families: dict[str, set[str]] = {}
    for row in rows:
        if is_fake(row):
            families.setdefault(family(row.method), set()).add(row.method)
    for number, name in enumerate(order_by(sorted(families), str, SEED)):
        without[number % count] |= families[name]
    for number, name in enumerate(order_by(sorted({row.source for row in rows if not is_fake(row)}), str, SEED)):
        without[number % count].add(name)
    return tuple(Rotation(f"rotation{k + 1}", frozenset(groups)) for k, groups in enumerate(without))


def family(method: str) -> str:
    """What the names of a method's variants have in common."""
    found = re.match(r"[A-Za-z0-9]+", method)
    return (found[0] if found else method).lower()


def train_rotations(
    manifests: Sequence[Path],
    out: Path,
    cache: Path,
    *,
    steps: int,
    seed: int = 1,
    hours: float | None = None,
    initial: Path | None = None,
    count: int = ROTATIONS,
) -> Path:
    """Train `count` networks, each without its share of methods and sources, and judge them on what they never saw.

    Each leaves weights, curve and checkpoint in a folder of its own in `out`; a run that was broken off goes on.
    Returns the path of `out/rotation.json`: AUC of each method with its interval, of clips or pictures and of their
    frames, and the false alarms of each real source at the threshold of 5 % over others.

    Raises:
        DatasetError: a manifest can't be used, or holds nothing real or nothing fake.
        ModelError: the initial weights are not installed.
    """
    import keras

    keras.utils.set_random_seed(seed)
    splits = select(manifests)
    for done in prepare([*splits.train, *splits.calibration], cache):
        if done % 500 == 0:
            log.info("crops of %d files cut", done)
    source = pools(splits.train, cache)
    parts = rotations(splits.train, count)
    deadline = None if hours is None else time.monotonic() + hours * 3600
    runs = []
    for part in parts:
        network = build()
        set_beginning(network, initial)
        loss = two_classes(SMOOTHING)
        runs.append(Run(out / part.name, "face", network, PLAN, loss, steps=steps, deadline=deadline))
    crops, labels = check_set(splits.calibration, cache)

    def measure(network: Any) -> Mapping[str, float]:
        both = len(set(labels.tolist())) == 2
        return {"check_auc": auc(labels > 0.5, forward(network, crops)) if both else float("nan")}

    first = min(run.step for run in runs)
    for number, batch in enumerate(batches(source, BATCH, seed, first, steps), first + 1):
        if max(run.share() for run in runs) >= 1:
            break
        rng = np.random.default_rng([seed, number])
        for part, run in zip(parts, runs, strict=True):
            chosen = part.seen(batch, rng)
            if len(chosen):
                run.learn(preprocess(batch.crops[chosen]), batch.labels[chosen])
        if number % CHECK_EVERY == 0:
            for run in runs:
                run.check(measure)
    found = []
    for part, run in zip(parts, runs, strict=True):
        run.check(measure)
        found.append(judged(run.finish(), part, splits.train, splits.calibration, cache))
    seconds = max(run.seconds for run in runs)  # they learn by turns, and each counts the time of all
    facts = {"steps": runs[0].step, "batch": BATCH, "seed": seed, "hours": round(seconds / 3600, 2)}
    path = out / "rotation.json"
    path.write_text(json.dumps({"run": facts, **measured(found)}, indent=1) + "\n", "utf-8")
    return path


def judged(network: Any, part: Rotation, train: Sequence[Row], held: Sequence[Row], cache: Path) -> Unseen:
    """The network's scores of what its rotation left out of `train`, and of the real faces in `held`."""
    return Unseen(
        part.name,
        tuple(score_rows(network, _few([row for row in train if group(row) in part.without]), cache)),
        tuple(score_rows(network, _few([row for row in held if not is_fake(row)]), cache)),
    )


def group(row: Row) -> str:
    """The method of a fake, the source of a real face: what a rotation leaves out."""
    return row.method if is_fake(row) else row.source


def _few(rows: Sequence[Row]) -> list[Row]:
    taken: dict[tuple[str, str], int] = {}
    kept = []
    for row in order_by(rows, lambda row: f"{row.path}{row.crop}", SEED):
        key = (row.source, group(row))
        taken[key] = taken.get(key, 0) + (row.kind == "image")
        if row.kind == "video" or taken[key] <= PER_GROUP:
            kept.append(row)
    return kept
