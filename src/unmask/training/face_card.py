"""The face model's card, out of a run: what trained it, how its scores become probabilities, how good it is."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from unmask.models.card import Calibration, Card, DataSource, Metric, Training
from unmask.models.weights import file_hash
from unmask.training.face_scores import Scored
from unmask.training.faces_data import is_fake
from unmask.training.splits import Splits
from unmask.training.statistics import fit_platt, metric, point_noise, threshold_for

VERSION = "0.3.0"
FALSE_ALARMS = 0.05
PER_GROUP = 20
"""Pictures of one source or method that calibrate, so that large sources do not outweigh the others."""
DARK = 85.0
SMALL, LARGE = 80.0, 160.0
LIMITS = [
    "Judges single frames: nothing that only shows over time counts.",
    "Faces under 32 pixels were neither trained on nor measured.",
    "Skin tone, age and gender were not measured beyond the mean brightness of the face.",
]


def write_card(
    out: Path,
    splits: Splits,
    scored: Mapping[str, Sequence[Scored]],
    *,
    network: Any,
    training: Training,
) -> Path:
    """Calibrate, measure and write `out/cards/face.json`; returns its path."""
    weights = out / "weights" / "face.npz"
    held = _balanced(scored["calibration"])
    calibration = _calibration(held)
    threshold = threshold_for(np.concatenate([s.points for s in held if not s.fake]), FALSE_ALARMS)
    # without a rising calibration no pooled logit means a probability of one half
    even = -calibration.intercept / calibration.slope if calibration.slope > 0 else threshold
    metrics = [line for use in ("calibration", "dev") for line in measure(use, scored[use], threshold, even)]
    card = Card(
        name="face",
        version=VERSION,
        title="Manipulated faces, frame by frame",
        weights=weights.name,
        sha256=file_hash(weights),
        created=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        parameters=int(network.count_params()),
        input="aligned RGB face, 160 x 160 pixels",
        data=_data(splits),
        training=training,
        metrics=metrics,
        calibration=calibration,
        threshold=threshold,
        limits=[*_measured_limits(metrics, calibration), *LIMITS],
    )
    path = out / "cards" / "face.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(card.model_dump_json(indent=1) + "\n", "utf-8")
    return path


def _measured_limits(metrics: Sequence[Metric], calibration: Calibration) -> list[str]:
    """What the numbers themselves say against the model."""
    found = []
    for line in metrics:
        if line.condition in {"clips", "pictures"} and line.auc is not None and line.auc_interval is not None:
            low, high = line.auc_interval
            chance = "; chance is not ruled out" if low <= 0.5 else ""
            where = "sources and methods of which nothing trained" if line.split == "calibration" else "the dev split"
            found.append(
                f"{line.condition.capitalize()} of {where}: AUC {line.auc:.2f} ({low:.2f} to {high:.2f}){chance}."
            )
    if calibration.slope <= 2 * calibration.covariance[0][0] ** 0.5:
        found.append("The calibration's slope does not differ from zero: its scores are hardly evidence.")
    return found


def _balanced(scored: Sequence[Scored]) -> list[Scored]:
    """At most `PER_GROUP` pictures, and all clips, of each source and method."""
    taken: Counter[tuple[str, str]] = Counter()
    kept = []
    for one in scored:
        key = (one.row.source, one.row.method)
        taken[key] += one.row.kind == "image"
        if one.row.kind == "video" or taken[key] <= PER_GROUP:
            kept.append(one)
    return kept


def _calibration(held: Sequence[Scored]) -> Calibration:
    fake = [one.fake for one in held]
    fit = fit_platt(fake, [one.pooled for one in held], [_group(one) for one in held])
    several = [one for one in held if len(one.points) > 1]
    return Calibration(
        slope=fit.slope,
        intercept=fit.intercept,
        covariance=fit.covariance,
        noise=point_noise([one.points for one in several], [one.pooled for one in several]) if several else 0.0,
        n_real=len(fake) - sum(fake),
        n_fake=sum(fake),
        data="sources and methods of which nothing trained: "
        + ", ".join(sorted({one.row.method or one.row.source for one in held})),
    )


def _group(one: Scored) -> str:
    """Sources of real media, and methods within a source of fakes, are drawn together."""
    return f"{one.row.source}:{one.row.method if one.fake else ''}"


def measure(use: str, scored: Sequence[Scored], threshold: float, even: float) -> list[Metric]:
    """Metrics of one split: frames at the point threshold, subjects where the calibrated probability is one half."""
    lines: list[Metric] = []

    def add(condition: str, unit: str, chosen: Sequence[Scored], group: Callable[[Scored], str]) -> None:
        if len(chosen) < 2:
            return
        labels, values = [one.fake for one in chosen], [one.pooled for one in chosen]
        groups = [group(one) for one in chosen]
        lines.append(metric(labels, values, groups, even, split=use, condition=condition, unit=unit, draws=500))

    clips = [one for one in scored if one.row.kind == "video"]
    pictures = [one for one in scored if one.row.kind == "image"]
    for name, chosen in (("clips", clips), ("pictures", pictures)):
        add(name, "source", chosen, _group)
        add(f"{name}, these sources with other people", "person", chosen, _person)
        for label, keep in CONDITIONS.items():
            add(f"{name}, {label}", "person", [one for one in chosen if keep(one)], _person)
    for name, members in _by(scored, lambda one: one.row.method if one.fake else "").items():
        if name:
            reals = [one for one in scored if not one.fake and one.row.kind == members[0].row.kind]
            add(f"method {name}, against all real of its kind", "person", [*members, *reals], _person)
    for name, members in _by([one for one in scored if not one.fake], lambda one: one.row.source).items():
        add(f"real source {name}", "person", members, _person)
    lines.insert(0, _frames(use, scored, threshold))
    return lines


CONDITIONS: dict[str, Callable[[Scored], bool]] = {
    f"face under {SMALL:.0f} px": lambda one: one.size < SMALL,
    f"face {SMALL:.0f} to {LARGE:.0f} px": lambda one: SMALL <= one.size < LARGE,
    f"face from {LARGE:.0f} px": lambda one: one.size >= LARGE,
    "dark face": lambda one: one.brightness < DARK,
}


def _frames(use: str, scored: Sequence[Scored], threshold: float) -> Metric:
    clips = [one for one in scored if one.row.kind == "video"]
    labels = [one.fake for one in clips for _ in one.points]
    values = np.concatenate([one.points for one in clips]) if clips else np.zeros(0)
    groups = [_group(one) for one in clips for _ in one.points]
    return metric(labels, values, groups, threshold, split=use, condition="frames of clips", unit="source", draws=300)


def _person(one: Scored) -> str:
    return one.row.identity


def _by(scored: Sequence[Scored], key: Callable[[Scored], str]) -> dict[str, list[Scored]]:
    groups: dict[str, list[Scored]] = defaultdict(list)
    for one in scored:
        groups[key(one)].append(one)
    return dict(sorted(groups.items()))


def _data(splits: Splits) -> list[DataSource]:
    counts: Counter[tuple[str, str, str, str, str]] = Counter()
    for use in ("train", "calibration", "dev"):
        for row in getattr(splits, use):
            label = "fake" if is_fake(row) else "real"
            method = row.method if is_fake(row) else ""
            counts[row.source, row.licence or "none stated", label, method, use] += 1
    return [
        DataSource(source=source, licence=licence, label=label, method=method, split=use, files=files)
        for (source, licence, label, method, use), files in sorted(counts.items())
    ]
