"""Training of the motion network: manifests in; weights, a curve and what was measured on held-out clips out."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from unmask.errors import DatasetError
from unmask.models.motion_net import build
from unmask.training.motion_batches import Pools, batches
from unmask.training.motion_data import load, prepare, select
from unmask.training.motion_report import measured, score_clips
from unmask.training.run import Plan, Run, draw_curve, two_classes
from unmask.training.statistics import auc

log = logging.getLogger(__name__)
BATCH = 16
PLAN = Plan(rate=1e-3, warm_up=100, decay=0.05)
SMOOTHING = 0.05
CHECK_EVERY = 250
HELD = ("calibration", "dev")


def train_motion(
    manifests: Sequence[Path],
    out: Path,
    cache: Path,
    *,
    steps: int,
    seed: int = 1,
    hours: float | None = None,
) -> Path:
    """Train, then measure alone and together with `face` on clips of which nothing trained.

    Writes `out/weights/motion.npz`, `out/curve.csv`, `out/curve.png`, `out/scores.csv` and `out/measured.json`. Stops
    after `steps` or, with a limit of `hours`, sooner. A run that was broken off goes on from `out/checkpoint.npz` when
    called again. Returns the path of `measured.json`.

    Raises:
        DatasetError: a manifest can't be used, or holds no real or no made clip that shows a face for long enough.
    """
    import keras

    keras.utils.set_random_seed(seed)
    splits = select(manifests)
    for done in prepare([*splits.train, *splits.calibration, *splits.dev], cache / "heads"):
        if done % 50 == 0:
            log.info("%d files cut", done)
    clips = load(cache / "heads", splits.train)
    held = {use: load(cache / "heads", getattr(splits, use)) for use in HELD}
    try:
        pools = Pools.of(clips)
    except ValueError as wrong:
        raise DatasetError(str(wrong)) from wrong
    log.info("%d clips train, %s are held out", len(clips), {use: len(part) for use, part in held.items()})
    deadline = None if hours is None else time.monotonic() + hours * 3600
    run = Run(out, "motion", build(), PLAN, two_classes(SMOOTHING), steps=steps, deadline=deadline)

    def measure(network: Any) -> Mapping[str, float]:
        found = score_clips(network, held["calibration"])
        labels = [one.clip.fake for one in found]
        return {"held_auc": auc(labels, [one.pooled for one in found]) if len(set(labels)) == 2 else float("nan")}

    for seen, truth in batches(pools, size=BATCH, seed=seed, start=run.step, stop=steps):
        if run.share() >= 1:
            break
        run.learn(seen, truth)
        if run.step % CHECK_EVERY == 0:
            run.check(measure)
    run.check(measure)
    draw_curve(out, "held_auc", "AUC on clips of held-out sources and methods")
    network = run.finish()
    facts = {"steps": run.step, "batch": BATCH, "seed": seed, "hours": round(run.seconds / 3600, 3)}
    found = measured(network, held, out, cache)
    path = out / "measured.json"
    path.write_text(json.dumps({"run": facts, **found}, indent=1) + "\n", "utf-8")
    return path
