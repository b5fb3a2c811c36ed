"""`unmask evaluate --shortcuts`: what a detector answers once real and fake are alike in what should not matter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from unmask.evaluation.altered import Alteration, run_altered
from unmask.evaluation.cases import Case, Unit, asked, cases
from unmask.evaluation.choose import SEED
from unmask.evaluation.corruptions.alike import SHORTCUTS, Shortcut
from unmask.evaluation.falls import changed
from unmask.evaluation.giveaways import giveaways
from unmask.evaluation.metrics import FEW_DRAWS
from unmask.evaluation.robust_document import Changed, Shortcuts
from unmask.evaluation.robustness import Watching
from unmask.pipeline import Analyzer
from unmask.training.manifest import Row
from unmask.training.splits import order_by

FOLDER = "shortcuts"


def shortcuts(
    before: Sequence[Case],
    out: Path,
    tools: Analyzer,
    watching: Watching,
    *,
    unit: Unit = "person",
    draws: int = FEW_DRAWS,
    tests: Sequence[Shortcut] = SHORTCUTS,
) -> Shortcuts:
    """Every test on the files whose truth is known for its detector, and the giveaways of all files.

    Kept in `out/shortcuts` per file and test. Raises what the watch raises, and `Cancelled`.
    """
    with watching("giveaways", len(before)) as watch:
        told = giveaways(before, out / FOLDER, tools, watch, unit=unit, draws=draws)
    done = [_test(one, before, out / FOLDER, tools, watching, unit=unit, draws=draws) for one in tests]
    return Shortcuts(seed=tools.settings.seed, tests=done, giveaways=told)


def _test(
    test: Shortcut,
    before: Sequence[Case],
    out: Path,
    tools: Analyzer,
    watching: Watching,
    *,
    unit: Unit,
    draws: int,
) -> Changed:
    owed = [case for case in asked(before, test.subject) if case.outcome.error is None]
    rows = [case.row for case in owed]
    alteration = Alteration(
        test.name,
        test.make,
        tools.settings.seed,
        partners(owed, test.subject) if test.exchanges else {},
        test.mirrors,
        test.zoom,
    )
    with watching(test.name, len(rows)) as watch:
        outcomes = run_altered(rows, out, tools, alteration, watch)
    return changed(
        owed,
        cases(rows, outcomes),
        name=test.name,
        words=test.words,
        touches="sound" if test.subject == "voice" else "picture",
        unit=unit,
        draws=draws,
        subjects=[test.subject],
    )


def partners(found: Sequence[Case], subject: str) -> Mapping[int, Row]:
    """For the place of each case one row of the other class and the same kind of media, always the same one.

    Both classes are put in an order drawn from their names; the shorter one is gone through again and again.
    """
    paired: dict[int, Row] = {}
    for kind in {case.row.kind for case in found}:
        places = [i for i, case in enumerate(found) if case.row.kind == kind]
        sides = [
            order_by([i for i in places if bool(found[i].truth.of(subject)) is fake], lambda i: found[i].name, SEED)
            for fake in (False, True)
        ]
        for own, other in (sides, sides[::-1]):
            if other:
                paired |= {place: found[other[n % len(other)]].row for n, place in enumerate(own)}
    return paired
