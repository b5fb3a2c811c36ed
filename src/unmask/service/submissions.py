"""Taking in: one media and options become a queued analysis and a job, in one transaction."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from unmask.db.repository import Repository
from unmask.db.tables import Analysis, IdempotencyKey
from unmask.ingest.text import clean_name
from unmask.service.context import Context, Principal, new_id
from unmask.service.errors import Gone, IdempotencyConflict, MediaGone, NotFound, UploadUnfinished
from unmask.service.media import Incoming, hold_media
from unmask.service.options import Options
from unmask.storage import keys


@dataclass(frozen=True, slots=True)
class FromBytes:
    """Bytes that were received into the store, and the name that came with them."""

    received: Incoming
    name: str


@dataclass(frozen=True, slots=True)
class FromUpload:
    """A finished resumable upload."""

    upload: str


@dataclass(frozen=True, slots=True)
class FromUrl:
    """An address that a worker fetches: the analysis is queued before its media is there."""

    url: str
    name: str = "download"


@dataclass(frozen=True, slots=True)
class FromAnalysis:
    """The media of an earlier analysis, once more."""

    analysis: str


Source = FromBytes | FromUpload | FromUrl | FromAnalysis


@dataclass(frozen=True, slots=True)
class Submitted:
    """An analysis, and whether it was there already for the same Idempotency-Key."""

    analysis: Analysis
    replayed: bool


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for beside source and options."""

    idempotency_key: str | None = None
    batch: str | None = None


def submit(
    context: Context, principal: Principal, source: Source, options: Options, order: Order | None = None
) -> Submitted:
    """Queue an analysis. With an Idempotency-Key, the same request again gives the same analysis.

    Raises:
        NotFound: the upload or the earlier analysis is not in this project.
        UploadUnfinished: bytes of the upload are missing.
        MediaGone: the media of the earlier analysis is not kept any more.
        IdempotencyConflict: the key came with another request before.
        QuotaExceeded: the project may not store so much more.
    """
    with context.database.write() as repo:
        return submit_within(repo, context, principal, source=source, options=options, order=order or Order())


def submit_within(
    repo: Repository, context: Context, principal: Principal, *, source: Source, options: Options, order: Order
) -> Submitted:
    """As `submit`, in the caller's transaction."""
    now = context.now()
    identity = new_id(now)
    if order.idempotency_key is not None:
        first = repo.records.first_use(
            principal.project, order.idempotency_key, fingerprint(source, options), identity, now
        )
        if first is not None:
            earlier = _earlier(repo, first, fingerprint(source, options))
            _drop(context, source)
            return Submitted(earlier, True)
    row = Analysis(
        id=identity,
        project_id=principal.project,
        key_id=principal.key,
        batch_id=order.batch,
        state="queued",
        changed_by=principal.actor,
        priority=options.priority,
        label=options.label,
        options=options.model_dump(mode="json", exclude={"priority", "label"}),
        keep_record=options.keep_record,
        media_name="",
        created_at=now,
    )
    _fill(repo, context, row, source)
    repo.analyses.add(row)
    repo.events.add(row.id, "state", {"state": "queued"}, now)
    if isinstance(source, FromUrl):
        repo.outbox.add(
            "analysis.fetch",
            {"url": source.url},
            now,
            project=row.project_id,
            analysis=row.id,
            priority=row.priority,
        )
    else:
        repo.work.start(row.id, row.priority)
    return Submitted(row, False)


def attach(context: Context, analysis: str, received: Incoming, name: str) -> bool:
    """The media of a queued analysis has come from its address: workers may start; whether it was still queued.

    Raises:
        QuotaExceeded: the project may not store so much more.
    """
    with context.database.write() as repo:
        row = repo.analyses.lock(analysis)
        if row is None or row.state != "queued" or row.media_sha256 is not None:
            context.store.delete([received.key])
            return False
        _take(repo, context, row, received, name)
        repo.work.start(row.id, row.priority)
        return True


def fingerprint(source: Source, options: Options) -> str:
    """SHA-256 of what is asked for: two requests of the same fingerprint are the same request."""
    match source:
        case FromBytes(received, name):
            what = f"bytes {received.sha256} {name}"
        case FromUpload(upload):
            what = f"upload {upload}"
        case FromUrl(url, _):
            what = f"url {url}"
        case FromAnalysis(analysis):
            what = f"analysis {analysis}"
    return hashlib.sha256(f"{what}\n{options.model_dump_json()}".encode()).hexdigest()


def _earlier(repo: Repository, first: IdempotencyKey, wanted: str) -> Analysis:
    if first.fingerprint != wanted:
        raise IdempotencyConflict("This Idempotency-Key was used for another request.")
    found = repo.analyses.get(first.project_id, first.subject_id)
    if found is None:
        raise Gone("The analysis that this Idempotency-Key made was deleted.")
    return found


def _fill(repo: Repository, context: Context, row: Analysis, source: Source) -> None:
    """Set what the row says of its media, and hold the bytes."""
    match source:
        case FromBytes(received, name):
            _take(repo, context, row, received, name)
        case FromUrl(url, name):
            row.source_url, row.media_name = url, clean_name(name)
        case FromUpload(identity):
            upload = repo.uploads.get(row.project_id, identity, lock=True)
            if upload is None:
                raise NotFound("There is no upload with that id.")
            if upload.sha256 is None:
                raise UploadUnfinished(f"The upload has {upload.received} of {upload.length} bytes.")
            received = Incoming(keys.incoming(row.project_id, upload.id), upload.length, upload.sha256)
            _take(repo, context, row, received, upload.name)
            repo.uploads.delete(upload)
        case FromAnalysis(identity):
            earlier = repo.analyses.get(row.project_id, identity)
            if earlier is None:
                raise NotFound("There is no analysis with that id.")
            _again(repo, row, earlier)


def _again(repo: Repository, row: Analysis, earlier: Analysis) -> None:
    sha256 = earlier.media_sha256
    if sha256 is None or not earlier.media_held or repo.media.lock(row.project_id, sha256) is None:
        raise MediaGone("The media of that analysis is not kept.")
    row.rerun_of, row.media_name, row.media_sha256 = earlier.id, earlier.media_name, sha256
    row.media_bytes, row.media_held, row.source_url = earlier.media_bytes, True, earlier.source_url


def _take(repo: Repository, context: Context, row: Analysis, received: Incoming, name: str) -> None:
    hold_media(repo, context, row.project_id, received)
    row.media_name, row.media_sha256, row.media_bytes = clean_name(name), received.sha256, received.size
    row.media_held = True


def _drop(context: Context, source: Source) -> None:
    if isinstance(source, FromBytes):
        context.store.delete([source.received.key])
