"""What `unmask models` prints and does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from unmask.cli.analyze import BROKEN
from unmask.cli.verdict import visible
from unmask.errors import SettingsError, UnmaskError
from unmask.models.added import AddedModel, add_model
from unmask.models.card import Metric, headlines
from unmask.models.registry import Registry, registry_for
from unmask.settings import load


def show(registry: Registry | None = None) -> None:
    """A table of all models, with the accuracy that their cards state for unseen data; added ones after ours."""
    registry = registry or registry_for(load())
    table = Table(
        Column("model", no_wrap=True),
        "version",
        "what it looks for",
        "parameters",
        "AUC on unseen data",
        "SHA-256 of weights",
    )
    for name in registry.names():
        card = registry.card(name)
        auc = "\n".join(map(_in_words, headlines(card))) or "not measured"
        table.add_row(name, card.version, card.title, f"{card.parameters / 1e6:.2f} M", auc, card.sha256[:16])
    for name in registry.added.names():
        added = registry.added.card(name)
        part = "calibrated" if added.calibration else "no part in a verdict"
        table.add_row(added.detector, "added", added.title, "", part, added.sha256[:16])
    Console().print(table)


def _in_words(metric: Metric) -> str:
    low, high = metric.auc_interval or (float("nan"), float("nan"))
    return f"{metric.condition}: {metric.auc:.2f} ({low:.2f} to {high:.2f})"


def verify(registry: Registry | None = None) -> bool:
    """Print a line per model; whether all match their cards."""
    registry = registry or registry_for(load())
    matches = {name: registry.verify(name) for name in registry.names()}
    for name in registry.added.names():
        model = registry.added.get(name)
        matches[model.card.detector] = _matches(model)
    for name, good in matches.items():
        Console().print(f"{name}: {'ok' if good else 'the weights do not match the card'}")
    return all(matches.values())


def _matches(model: AddedModel) -> bool:
    try:
        model.check()
    except UnmaskError:
        return False
    return True


def add(
    files: Sequence[Path],
    folder: Path | None,
    *,
    name: str | None,
    source: str,
    licence: str,
    architecture: str | None,
) -> int:
    """Copy weight files into the folder of added models and write a card for each; returns the exit code."""
    screen = Console()
    try:
        target = folder or load().extra_models
        if target is None:
            raise SettingsError("no folder of added models is set: give --folder, or set UNMASK_EXTRA_MODELS")
        if name is not None and len(files) > 1:
            raise SettingsError("a name is for one file; several get theirs from the files")
        for path in files:
            card = add_model(
                path,
                target,
                name=name or name_from(path),
                source=source,
                licence=licence,
                architecture=architecture,
            )
            screen.print(Text(f"{card.detector}: {card.title}, SHA-256 {card.sha256}", overflow="fold"))
            screen.print(Text(f"  card  {target / 'cards' / (card.name + '.json')}", style="dim"))
    except UnmaskError as error:
        Console(stderr=True).print(
            Text.assemble(("unmask", "bold red"), ": ", visible(error.message), (f" ({error.code})", "dim"))
        )
        return BROKEN
    return 0


def name_from(path: Path) -> str:
    """A model's name from that of its file: "Meso4_DF.h5" gives "meso4_df"."""
    return re.sub(r"[^a-z0-9_-]+", "_", path.stem.lower()).strip("_-")[:40] or "model"
