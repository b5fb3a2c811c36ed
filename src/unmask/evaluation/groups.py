"""False alarms and misses by group, from an evaluation into the cards of the models that it measured."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from unmask.evaluation.document import Evaluation, Slice
from unmask.evaluation.outcome import Estimate
from unmask.models.card import Card, Metric
from unmask.models.registry import Registry

GROUPS = ("skin", "pitch")
"""Conditions that say something of people and not of files; `gauges.py` measures them."""
LEAST = 10
"""A group with fewer real and fewer fake files than this has no line in a card."""


def publish_groups(evaluation: Evaluation, folder: Path) -> list[Path]:
    """Write the groups into the cards of a models folder; the paths of those that were changed.

    A card is left alone where the evaluation measured other weights.
    """
    registry = Registry(folder)
    measured = {model.name: model.sha256 for model in evaluation.models}
    changed = []
    for name in registry.names():
        card = registry.card(name)
        with_lines = card_with_groups(card, evaluation)
        if measured.get(name) == card.sha256 and with_lines != card:
            path = folder / "cards" / f"{name}.json"
            path.write_text(with_lines.model_dump_json(indent=1) + "\n", encoding="utf-8")
            changed.append(path)
    return changed


def card_with_groups(card: Card, evaluation: Evaluation) -> Card:
    """The card with a metric for each group of the evaluation, in place of those of an earlier one on that split."""
    subject = evaluation.subject(card.name)
    slices = [one for one in subject.conditions if one.dimension in GROUPS] if subject else []
    lines = [_metric(one, evaluation) for one in slices if max(one.numbers.n_real, one.numbers.n_fake) >= LEAST]
    kept = [m for m in card.metrics if m.split != evaluation.data.split or not _of_group(m)]
    return card.model_copy(update={"metrics": [*kept, *lines]})


def _of_group(metric: Metric) -> bool:
    return metric.condition.startswith(("skin luma ", "pitch "))


def _metric(one: Slice, evaluation: Evaluation) -> Metric:
    found: dict[str, object] = {}
    estimates: Sequence[tuple[str, Estimate | None]] = [
        (name, getattr(one.numbers, name)) for name in ("auc", "eer", "false_alarm", "miss")
    ]
    for name, estimate in estimates:
        if estimate is not None:
            found |= {name: estimate.value, f"{name}_interval": (estimate.low, estimate.high)}
    counts = {"n_real": one.numbers.n_real, "n_fake": one.numbers.n_fake}
    split = evaluation.data.split
    return Metric.model_validate({"split": split, "condition": one.name, "unit": evaluation.unit, **counts, **found})
