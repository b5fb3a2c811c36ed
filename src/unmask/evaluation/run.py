"""Analyse the rows of a manifest one by one, keep what each amounts to, go on where a run was broken off."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from pydantic import ValidationError

import unmask
from unmask.errors import Cancelled, UnmaskError
from unmask.evaluation.bench import judges_of, raw_findings
from unmask.evaluation.gauges import pitch_of, skin_of
from unmask.evaluation.outcome import INTERNAL, Judged, Outcome, failure, outcome
from unmask.fusion.fuse import fuse
from unmask.pipeline import Analyzer
from unmask.training.manifest import Row
from unmask.types import FaceObservation, Media, ShardOutcome

FOLDER = "files"
STAGES = ("ingest", "media", "detectors", "fusion", "models")
MEASURED = "1"
"""Number of what an outcome holds beside the stages' answers; to be raised when the bench or a gauge changes."""
Watch = Callable[[int, Outcome], None]
"""Called after each file with its number, from 1, and its outcome."""
Examine = Callable[[Row, str], Outcome]
"""Analyses one row under a key; it may raise anything."""


def run(rows: Sequence[Row], out: Path, tools: Analyzer, watch: Watch) -> list[Outcome]:
    """An outcome for every row, in their order. Those that `out/files` holds already are not analysed again.

    A file that can't be analysed is an outcome with its error's code. Raises what `watch` raises, and `Cancelled`.
    """

    def examine(row: Row, key: str) -> Outcome:
        began = time.perf_counter()
        return outcome(key, judge(row, tools), time.perf_counter() - began)

    return run_with(rows, out, setting_of(tools), examine, watch)


def run_with(rows: Sequence[Row], out: Path, setting: str, examine: Examine, watch: Watch) -> list[Outcome]:
    """The same with any `examine`; `setting` is all that an outcome depends on beside the file."""
    folder = out / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    outcomes = []
    for number, row in enumerate(rows, 1):
        key = key_of(row, setting)
        kept = folder / f"{safe(row.path.stem)}-{key[:16]}.json"
        found = _load(kept, key)
        if found is None:
            found = _attempt(row, key, examine)
            partial = kept.with_suffix(".part")
            partial.write_text(found.model_dump_json(by_alias=True) + "\n", encoding="utf-8")
            partial.replace(kept)
        outcomes.append(found)
        watch(number, found)
    return outcomes


def setting_of(tools: Analyzer) -> str:
    """All that an outcome depends on beside the file: models, calibration, settings and the stages' code, as text."""
    models = [[detector.name, detector.model.sha256] for detector in tools.detectors]
    cards = {name: card.calibration.model_dump(mode="json") for name, card in tools.cards.items()}
    settings = tools.settings.model_dump(mode="json", exclude={"models", "extra_models", "evidence_per_subject"})
    return json.dumps([models, cards, settings, code_of(), MEASURED], sort_keys=True)


def code_of(parts: Sequence[str] = STAGES) -> str:
    """SHA-256, hex, of the source of some folders of the package: what older code answered is not taken for today's."""
    package = Path(unmask.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(path for part in parts for path in (package / part).rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def key_of(row: Row, setting: str) -> str:
    """SHA-256, hex, of the file (place, size, time of change), the part of the picture, and the setting."""
    try:
        state = row.path.stat()
        version = [state.st_size, state.st_mtime_ns]
    except OSError:
        version = []
    text = json.dumps([str(row.path), version, row.crop, setting])
    return hashlib.sha256(text.encode()).hexdigest()


def inside(outcome: ShardOutcome, media: Media, crop: tuple[float, float, float, float]) -> ShardOutcome:
    """The outcome with those faces alone whose middle lies in `crop` (x, y, width, height, fractions of the picture).

    Several panels of one picture are several rows, and each has its own label.
    """
    width, height = (media.video.width, media.video.height) if media.video else (1, 1)
    x, y, w, h = crop

    def within(face: FaceObservation) -> bool:
        across = (face.box.x + face.box.width / 2) / width
        down = (face.box.y + face.box.height / 2) / height
        return x <= across < x + w and y <= down < y + h

    faces = tuple(face for face in outcome.faces if within(face))
    keys = {face.key for face in faces}
    scores = tuple(
        replace(s, points=tuple(p for p in s.points if p.face is None or p.face in keys)) for s in outcome.scores
    )
    return replace(outcome, faces=faces, scores=scores)


def judge(row: Row, tools: Analyzer) -> Judged:
    """One row analysed and judged, as far as its panel goes. Raises UnmaskError when it can't be analysed."""
    media, outcomes = tools.examine(row.path)
    if row.crop is not None:
        outcomes = tuple(inside(one, media, row.crop) for one in outcomes)
    fused = fuse(media, outcomes, judges_of(tools), tools.cards)
    others = raw_findings(media, outcomes, fused.tracks, tools)
    return Judged(media, fused, others, skin_of(outcomes, fused.tracks), pitch_of(outcomes))


def _attempt(row: Row, key: str, examine: Examine) -> Outcome:
    began = time.perf_counter()
    try:
        return examine(row, key)
    except Cancelled:
        raise
    except UnmaskError as refused:
        return failure(key, row.path.name, refused, time.perf_counter() - began)
    except Exception as broken:  # one file of thousands must not end the run; it is counted and named
        return failure(key, row.path.name, broken, time.perf_counter() - began)


def _load(path: Path, key: str) -> Outcome | None:
    """What an earlier run kept; None where there is nothing usable, or Unmask broke down on it."""
    try:
        found = Outcome.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None
    return found if found.key == key and found.error != INTERNAL else None


def safe(name: str) -> str:
    """A file name's readable part: letters, digits, dot, dash and underscore alone."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", name)[:60].lstrip(".") or "file"
