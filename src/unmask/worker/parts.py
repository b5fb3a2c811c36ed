"""The parts of an analysis as units of work: load, run the stage's own code, save. Doing one twice gives the same.

What one part hands to the next lies in the store under `work/` of the analysis: the prepared media and a part per share
of a shard, as data (`wire.py`). A part's effects on the database come in one transaction that also ends its unit, and
that transaction asks whether the unit is still ours: so what was done twice counts once.
"""

from __future__ import annotations

import hashlib
import mimetypes
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import cast

from unmask.db.repository import Repository
from unmask.db.repository.work import Claim, Part, Unit
from unmask.db.tables import Analysis, Priority
from unmask.errors import Cancelled
from unmask.examination import ShardPart, Share, detectors_of, examine, merge, noticed, open_share, shares
from unmask.fusion.calibration import point_probability
from unmask.ingest import ingest
from unmask.media.shards import plan
from unmask.models.card import Card
from unmask.pipeline import Analyzer
from unmask.progress import Stage, Stopwatch
from unmask.service import lifecycle
from unmask.service.lifecycle import ArtifactFile
from unmask.storage import keys
from unmask.types import DetectorScores, Media, Shard
from unmask.wire import dump, load
from unmask.worker.host import Host

TELL_EVERY = 0.5
"""Seconds between two progress events of one unit."""

TELLING = 5.0
"""Seconds after a commit in which a worker that lives has told the broker."""

BEFORE_END = 0.99
"""How far a share is at most as long as its scores are not there."""

PREPARED = "media.npz"


@dataclass(frozen=True, slots=True)
class Prepared:
    """What the first part leaves to the others: the media, and how long its stage took."""

    media: Media
    seconds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """A unit in hand, and all that its part needs to know."""

    host: Host
    claim: Claim
    row: Analysis
    tools: Analyzer

    @property
    def work(self) -> Callable[[str], str]:
        """The store's key of what workers hand each other under a name."""
        return lambda name: keys.work(self.row.project_id, self.row.id, name)

    @property
    def told_ago(self) -> float | None:
        """For units that this process tells of right after the commit: the keeper leaves them alone for `TELLING`."""
        settings = self.host.settings
        return None if settings.broker_url is None else max(0.0, settings.tell_again - TELLING)

    def media(self) -> AbstractContextManager[Path]:
        """The media as a file on this machine, while a block runs."""
        sha256 = self.row.media_sha256
        assert sha256 is not None
        return self.host.cache.take(self.host.context.store, keys.media(self.row.project_id, sha256), sha256)


@dataclass(frozen=True, slots=True)
class Ended:
    """A unit's end is committed: the units that came of it, and what in the store nobody needs any more."""

    follow: Sequence[tuple[Unit, Priority]] = ()
    leavings: Sequence[str] = ()


def prepare(job: Job) -> Ended:
    """Stage 1: receive, probe, refuse; and the plan of shards."""
    watch = Stopwatch()
    tell = _Teller(job)
    tell("ingest", 0.0)
    context = job.host.context
    with (
        job.media() as path,
        job.host.cache.scratch() as work,
        watch.time("ingest"),
    ):
        media = ingest(path, work, job.tools.settings, name=job.row.media_name)
    prepared = job.work(PREPARED)
    context.store.put(prepared, dump(Prepared(media, watch.seconds)))
    settings = job.tools.settings
    units = [
        (Unit(job.row.id, share, shard.index), str(shard.start), str(shard.end))
        for shard in plan(media, settings.shard_seconds, settings.fps)
        for share in shares(media)
    ]
    with context.database.write() as repo:
        _end_unit(repo, job, prepared)
        repo.work.add(units, job.claim.priority, job.told_ago)
        lifecycle.record_media(repo, context, job.row.id, float(media.duration))
        lifecycle.record_progress(repo, context, job.row.id, stage="ingest", fraction=1.0, shards=len(units))
    return Ended([(unit, job.claim.priority) for unit, _, _ in units])


def examine_share(job: Job) -> Ended:
    """Stages 2 and 3 for one share of one shard."""
    context = job.host.context
    store = context.store
    claim, share = job.claim, cast("Share", job.claim.unit.part)
    prepared = load(Prepared, store.get(job.work(PREPARED)))
    mine = detectors_of(share, job.tools.detectors)
    shard = Shard(claim.unit.number, Fraction(claim.start), Fraction(claim.end))
    with job.media() as path:
        media = replace(prepared.media, path=path)
        with open_share(media, job.tools.settings, mine, share) as reader:
            part = examine(reader, shard, mine, _Teller(job).shard)
    key = job.work(f"{share}-{shard.index:06d}.npz")
    store.put(key, dump(part))
    partial = _partial(job, shard, share, part)
    conclusion = Unit(job.row.id, "conclude", 0)
    with context.database.write() as repo:
        _end_unit(repo, job, key)
        overall = repo.work.overall(job.row.id)
        lifecycle.record_progress(repo, context, job.row.id, stage="detect", fraction=overall, **partial)
        last = repo.work.open_shares(job.row.id) == 0
        if last:
            repo.work.add([(conclusion, "0/1", "0/1")], claim.priority, job.told_ago)
    return Ended([(conclusion, claim.priority)] if last else [])


def conclude(job: Job) -> Ended:
    """Stages 4 to 6, once all shares are there."""
    context = job.host.context
    with context.database.read() as repo:
        handed = repo.work.outcomes(job.row.id)
    prepared = load(Prepared, context.store.get(job.work(PREPARED)))
    parts = [load(ShardPart, context.store.get(key)) for key in handed]
    watch = Stopwatch()
    for seconds in (prepared.seconds, *(part.seconds for part in parts)):
        watch.add(seconds)
    outcomes = merge(parts, job.tools.detectors)
    with (
        job.media() as path,
        job.host.cache.scratch() as folder,
    ):
        media = noticed(replace(prepared.media, path=path), parts)
        result = job.tools.conclude(
            media,
            outcomes,
            folder,
            _Teller(job),
            watch,
            probe=bool(job.row.options.get("probe")),
            analysis=job.row.id,
        )
        artifacts = [_keep(job, folder, path) for path in sorted(folder.rglob("*")) if path.is_file()]
    try:
        with context.database.write() as repo:
            _end_unit(repo, job, None)
            lifecycle.finish(repo, context, job.row.id, result, artifacts)
    except Cancelled:
        _withdraw(job, artifacts)
        raise
    if job.row.media_sha256 is not None:
        job.host.cache.forget(job.row.media_sha256)
    return Ended(leavings=[job.work(PREPARED), *handed])


PARTS: dict[Part, Callable[[Job], Ended]] = {
    "prepare": prepare,
    "video": examine_share,
    "audio": examine_share,
    "conclude": conclude,
}


class _Teller:
    """Progress into the database; it raises Cancelled when the analysis does not go on."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._last: tuple[str, float] = ("", -TELL_EVERY)

    def __call__(self, stage: Stage, fraction: float) -> None:
        """Tell of a stage, at most every `TELL_EVERY` seconds unless it begins or ends."""
        if self._due(stage, fraction):
            self._tell(stage, fraction)

    def shard(self, fraction: float) -> None:
        """Tell how far all shares are together, when this one is at `fraction`; its end is told with its result."""
        if self._due("media", min(fraction, BEFORE_END)):
            self._tell("media", None, fraction)

    def _tell(self, stage: Stage, fraction: float | None, own: float = 0.0) -> None:
        context, analysis = self._job.host.context, self._job.row.id
        with context.database.write() as repo:
            _still_running(repo.work.lock(analysis))
            if fraction is None:
                fraction = repo.work.advance(self._job.claim, min(own, BEFORE_END))
            lifecycle.record_progress(repo, context, analysis, stage=stage, fraction=fraction)

    def _due(self, stage: str, fraction: float) -> bool:
        now = time.monotonic()
        edge = stage != self._last[0] or fraction >= 1.0
        if not edge and now - self._last[1] < TELL_EVERY:
            return False
        self._last = (stage, now)
        return True


def _partial(job: Job, shard: Shard, share: Share, part: ShardPart) -> dict[str, object]:
    """What one share says, before anything is fused: not a finding, and told as what it is."""
    found = [_highest(scores, job.tools.cards[scores.detector]) for scores in part.outcome.scores]
    return {
        "shard": {"number": shard.index, "share": share, "start": float(shard.start), "end": float(shard.end)},
        "faces": len(part.outcome.faces),
        "scores": found,
    }


def _highest(scores: DetectorScores, card: Card) -> dict[str, object]:
    """The point of a detector that looks most manipulated, as a calibrated probability."""
    top = max(scores.points, key=lambda point: point.logit, default=None)
    return {
        "detector": scores.detector,
        "points": len(scores.points),
        "failed": scores.failed,
        "highest": None if top is None else round(point_probability(top.logit, card.calibration), 4),
        "at": None if top is None else float(top.start),
    }


def _keep(job: Job, folder: Path, path: Path) -> ArtifactFile:
    """Put one file of the report into the store."""
    name = path.relative_to(folder).as_posix()
    key = keys.artifact(job.row.project_id, job.row.id, name)
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    size = job.host.context.store.put(key, path, kind)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return ArtifactFile(name, key, size, digest, kind)


def _withdraw(job: Job, artifacts: Sequence[ArtifactFile]) -> None:
    """Remove what was put into the store for an analysis that ended in another way; never that of its own `done`."""
    with job.host.context.database.read() as repo:
        row = repo.analyses.find(job.row.id)
    if row is None or row.state in ("failed", "cancelled"):
        job.host.context.store.delete([artifact.key for artifact in artifacts])


def _end_unit(repo: Repository, job: Job, outcome_key: str | None) -> None:
    """First in the transaction that ends a unit. Raises Cancelled where it is not ours, or nobody wants it."""
    _still_running(repo.work.lock(job.row.id))
    if not repo.work.finish(job.claim, outcome_key):
        raise Cancelled("Another worker has taken this unit.")


def _still_running(state: str | None) -> None:
    if state != "running":
        raise Cancelled("The analysis is not running any more.")
