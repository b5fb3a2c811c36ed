"""Rows analysed again after a change of their files; what came of each is kept, per file and change."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from unmask.evaluation.bench import judges_of
from unmask.evaluation.corruptions.base import Source
from unmask.evaluation.outcome import Outcome, outcome
from unmask.evaluation.run import STAGES, Watch, code_of, judge, key_of, run_with, setting_of
from unmask.evaluation.zoomed import Zoomed
from unmask.ingest import Received, ingest, probe
from unmask.ingest.limits import Limits
from unmask.pipeline import Analyzer
from unmask.progress import Stopwatch
from unmask.training.manifest import Row
from unmask.types import Media

CODE = (*STAGES, "reencode", "evaluation/corruptions")
"""What an altered file's outcome depends on beside models and settings."""


@dataclass(frozen=True, slots=True)
class Alteration:
    """What is done to the files. `make` None leaves them; `partners` are by the place of a row among the rows.

    `mirrors` says that left and right change places, `zoom` magnifies face crops before they are judged.
    """

    name: str
    make: Callable[[Source, Path], None] | None
    seed: int
    partners: Mapping[int, Row] = field(default_factory=dict)
    mirrors: bool = False
    zoom: float | None = None


def run_altered(rows: Sequence[Row], out: Path, tools: Analyzer, alteration: Alteration, watch: Watch) -> list[Outcome]:
    """An outcome for every row after the alteration, in their order; those that `out` holds are taken from there.

    A file that the alteration makes no sense for has the error `corruption_not_applicable`. Temporary files are gone
    when this returns. Raises what `watch` raises, and `Cancelled`.
    """
    own = tools if alteration.zoom is None else _zoomed(tools, alteration.zoom)
    setting = json.dumps([setting_of(tools), alteration.name, alteration.seed, alteration.zoom, code_of(CODE)])
    outcomes: list[Outcome] = []
    for number, row in enumerate(rows):
        partner = alteration.partners.get(number)

        def examine(row: Row, key: str, partner: Row | None = partner) -> Outcome:
            return _examine(row, key, own, alteration, partner)

        def tell(_: int, found: Outcome, number: int = number) -> None:
            watch(number + 1, found)

        with_partner = setting if partner is None else setting + key_of(partner, "")
        outcomes += run_with([row], out / alteration.name, with_partner, examine, tell)
    return outcomes


def _examine(row: Row, key: str, tools: Analyzer, alteration: Alteration, partner: Row | None) -> Outcome:
    watch = Stopwatch()
    with watch.time("media"), TemporaryDirectory(prefix="unmask-") as work:
        folder = Path(work)
        altered = row
        if alteration.make is not None:
            media = ingest(row.path, folder / "source", tools.settings)
            other = ingest(partner.path, folder / "partner", tools.settings) if partner else None
            target = folder / "altered"
            alteration.make(Source(media, alteration.seed, folder, other), target)
            media.path.unlink(missing_ok=True)
            altered = replace(row, path=target, crop=_mirrored(row.crop) if alteration.mirrors else row.crop)
        judged = judge(altered, tools)
    found = outcome(key, judged, sum(watch.seconds.values()))
    return found.model_copy(update={"file": row.path.name})


def described(path: Path, tools: Analyzer) -> Media:
    """What a file is, read where it lies: for looking at it alone, without an analysis. Raises MediaError."""
    return probe(Received(path, path.stat().st_size, ""), path.name, Limits.of(tools.settings))


def _zoomed(tools: Analyzer, factor: float) -> Analyzer:
    """The judges with magnified crops; what stands beside them is not tested for shortcuts."""
    detectors = [Zoomed(d, factor) if d.needs == "faces" else d for d in judges_of(tools)]
    return Analyzer(tools.settings, tools.registry, detectors)


def _mirrored(crop: tuple[float, float, float, float] | None) -> tuple[float, float, float, float] | None:
    return None if crop is None else (1 - crop[0] - crop[2], *crop[1:])
