"""What `unmask models` prints."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from unmask.models.card import Metric, headlines
from unmask.models.registry import Registry


def show(registry: Registry | None = None) -> None:
    """A table of all models, with the accuracy that their cards state for unseen data."""
    registry = registry or Registry()
    table = Table("model", "version", "what it looks for", "parameters", "AUC on unseen data", "SHA-256 of weights")
    for name in registry.names():
        card = registry.card(name)
        auc = "\n".join(map(_in_words, headlines(card))) or "not measured"
        table.add_row(name, card.version, card.title, f"{card.parameters / 1e6:.2f} M", auc, card.sha256[:16])
    Console().print(table)


def _in_words(metric: Metric) -> str:
    low, high = metric.auc_interval or (float("nan"), float("nan"))
    return f"{metric.condition}: {metric.auc:.2f} ({low:.2f} to {high:.2f})"


def verify(registry: Registry | None = None) -> bool:
    """Print a line per model; whether all match their cards."""
    registry = registry or Registry()
    good = True
    for name in registry.names():
        matches = registry.verify(name)
        good = good and matches
        Console().print(f"{name}: {'ok' if matches else 'the weights do not match the card'}")
    return good
