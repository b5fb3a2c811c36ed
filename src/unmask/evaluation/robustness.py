"""`unmask evaluate --robustness`: the same rows under each corruption, and how far the answers fall."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from unmask.evaluation.altered import Alteration, run_altered
from unmask.evaluation.cases import Case, Unit, cases
from unmask.evaluation.corruptions.base import Corruption
from unmask.evaluation.corruptions.picture import CARRIER_NAME
from unmask.evaluation.falls import changed, mean_falls
from unmask.evaluation.metrics import FEW_DRAWS
from unmask.evaluation.robust_document import Robustness
from unmask.evaluation.run import Watch
from unmask.pipeline import Analyzer

FOLDER = "robustness"
Watching = Callable[[str, int], AbstractContextManager[Watch]]
"""Given a change's name and how many files there are, something that watches while the block runs."""


def robustness(
    before: Sequence[Case],
    corruptions: Sequence[Corruption],
    out: Path,
    tools: Analyzer,
    watching: Watching,
    *,
    unit: Unit = "person",
    draws: int = FEW_DRAWS,
) -> Robustness:
    """Every corruption on the rows of `before`, kept in `out/robustness/NAME/files`, and measured against `before`.

    Raises what the watch raises, and `Cancelled`.
    """
    rows = [case.row for case in before]
    seed = tools.settings.seed
    found = []
    for one in corruptions:
        alteration = Alteration(one.name, one.make, seed)
        with watching(one.name, len(rows)) as watch:
            outcomes = run_altered(rows, out / FOLDER, tools, alteration, watch)
        found.append(
            changed(
                before,
                cases(rows, outcomes),
                name=one.name,
                words=one.words,
                touches=one.touches,
                unit=unit,
                draws=draws,
            )
        )
    return Robustness(seed=seed, corruptions=found, mean_fall=mean_falls(found, leave_out=(CARRIER_NAME,)))
