"""Analyses: asked for, listed, shown, stopped, done again, deleted."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import BeforeValidator
from starlette.concurrency import run_in_threadpool

from unmask.api.deps import KEYED, ULID, AnalysisId, Ctx, Lim, Read, Write
from unmask.api.intake import check_options, json_body, read_form, read_json, source_of
from unmask.api.problems import responses
from unmask.api.schemas import AnalysisDetail, AnalysisOut, AnalysisPage, NewAnalysis, NewRerun, Receipt
from unmask.db.repository.analyses import Filters
from unmask.db.tables import State
from unmask.errors import (
    EmptyFile,
    Encrypted,
    NotMedia,
    QuotaExceeded,
    TooLarge,
    UnsupportedContainer,
    UrlRefused,
)
from unmask.result import Label as VerdictLabel
from unmask.service import deletion, lifecycle
from unmask.service.context import Context, Principal, new_id
from unmask.service.difference import Difference, difference
from unmask.service.errors import (
    Gone,
    IdempotencyConflict,
    MediaGone,
    NotFound,
    PayloadTooLarge,
    StoreUnavailable,
    UnsupportedPayload,
    UploadUnfinished,
    WrongState,
)
from unmask.service.options import Label, Options
from unmask.service.submissions import FromAnalysis, FromBytes, Order, Source, Submitted, submit


def _written_out(value: object) -> object:
    """A time as RFC 3339 writes it: a bare number would be taken for seconds of some epoch."""
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        raise ValueError("a time is written like 2026-11-26T10:00:00Z")
    return value


_NUMBER = re.compile(r"[-+]?[0-9._]+")
router = APIRouter(prefix="/analyses", tags=["analyses"], dependencies=KEYED)

IdempotencyKey = Annotated[
    str | None,
    Header(
        pattern=r"^[\x21-\x7e]{1,255}$",
        description="Any text of your own: the same request with the same key is done once, however often it comes.",
    ),
]
NO_NUL = r"^[^\x00]*$"
Time = Annotated[datetime, BeforeValidator(_written_out)]
_EPOCH, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
_FORM: dict[str, Any] = {
    "multipart/form-data": {
        "schema": {
            "type": "object",
            "required": ["file"],
            "additionalProperties": False,
            "properties": {
                "file": {"type": "string", "format": "binary", "description": "The video, sound file or picture."},
                "options": {"$ref": "#/components/schemas/Options"},
            },
        },
        "encoding": {"options": {"contentType": "application/json"}},
    }
}
_QUEUED: dict[str, Any] = {
    "description": "Queued, or there already for the same Idempotency-Key.",
    "headers": {
        "Location": {"schema": {"type": "string"}, "description": "Where the analysis is."},
        "Idempotency-Replayed": {"schema": {"type": "string"}, "description": "`true` where it was there already."},
    },
}


@router.post(
    "",
    status_code=202,
    response_model=AnalysisOut,
    summary="Analyse a file, an address or a finished upload",
    openapi_extra=json_body(NewAnalysis, **_FORM),
    responses=responses(
        EmptyFile,
        UrlRefused,
        NotFound,
        IdempotencyConflict,
        UploadUnfinished,
        Gone,
        TooLarge,
        PayloadTooLarge,
        NotMedia,
        UnsupportedContainer,
        Encrypted,
        UnsupportedPayload,
        QuotaExceeded,
        StoreUnavailable,
        also={202: _QUEUED},
    ),
)
async def create(
    *,
    request: Request,
    response: Response,
    who: Write,
    context: Ctx,
    limits: Lim,
    idempotency_key: IdempotencyKey = None,
) -> AnalysisOut:
    """Send the file as a form (`file`, and `options` as JSON), or JSON with `url` or `upload` and `options`.

    The answer comes as soon as the bytes are kept, or the address was found fit to be fetched. What follows is told by
    the events of the analysis.
    """
    source: Source
    if request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        source, options = await read_form(request, context, who)
    else:
        given = await read_json(request, NewAnalysis)
        source, options = await source_of(context, who, given), given.options

    def queue() -> Submitted:
        return _submit(context, limits, who, source=source, options=options, key=idempotency_key)

    return _told(response, await run_in_threadpool(queue))


@router.get("", response_model=AnalysisPage, summary="List analyses, the newest first", responses=responses())
def list_analyses(
    *,
    who: Read,
    context: Ctx,
    state: State | None = None,
    verdict: VerdictLabel | None = None,
    label: Annotated[Label | None, Query(description="The label that they were given.")] = None,
    batch: Annotated[str | None, Query(pattern=ULID)] = None,
    since: Annotated[Time | None, Query(description="Only those made then or later.")] = None,
    until: Annotated[Time | None, Query(description="Only those made before.")] = None,
    q: Annotated[
        str | None, Query(min_length=1, max_length=100, pattern=NO_NUL, description="In the media's name or label.")
    ] = None,
    cursor: Annotated[str | None, Query(pattern=ULID, description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> AnalysisPage:
    """Filters narrow the list together. Follow `next` until it is null."""
    filters = Filters(state, verdict, label, batch, _first_id(since), _first_id(until), cursor, q)
    with context.database.read() as repo:
        rows = repo.analyses.page(who.project, filters, limit + 1)
    more = len(rows) > limit
    items = [AnalysisOut.of(row) for row in rows[:limit]]
    return AnalysisPage(items=items, next=items[-1].id if more else None)


@router.get(
    "/{analysis}", response_model=AnalysisDetail, summary="Show an analysis", responses=responses(NotFound, Gone)
)
def show(who: Read, context: Ctx, analysis: AnalysisId) -> AnalysisDetail:
    """With the findings that are known so far, and its artifacts once it is done."""
    with context.database.read() as repo:
        row = repo.analyses.get(who.project, analysis)
        if row is None:
            if repo.records.deletion(who.project, analysis) is not None:
                raise Gone("The analysis was deleted.")
            raise NotFound("There is no analysis with that id.")
        return AnalysisDetail.of_all(
            row, list(repo.attached.findings(analysis)), list(repo.attached.artifacts(analysis))
        )


@router.post(
    "/{analysis}/cancel",
    response_model=AnalysisOut,
    summary="Stop an analysis",
    responses=responses(NotFound, WrongState),
)
def cancel(who: Write, context: Ctx, analysis: AnalysisId) -> AnalysisOut:
    """Its state is `cancelled` at once; its workers stop within two seconds. Cancelling twice changes nothing."""
    return AnalysisOut.of(lifecycle.cancel(context, who, analysis))


@router.post(
    "/{analysis}/reruns",
    status_code=202,
    response_model=AnalysisOut,
    summary="Analyse the same media again",
    openapi_extra=json_body(NewRerun),
    responses=responses(
        NotFound,
        MediaGone,
        IdempotencyConflict,
        UrlRefused,
        PayloadTooLarge,
        UnsupportedPayload,
        QuotaExceeded,
        Gone,
        also={202: _QUEUED},
    ),
)
async def rerun(
    *,
    request: Request,
    response: Response,
    who: Write,
    context: Ctx,
    limits: Lim,
    analysis: AnalysisId,
    idempotency_key: IdempotencyKey = None,
) -> AnalysisOut:
    """With the models of today. `GET /analyses/{id}/difference` of the new one then says what changed."""
    given = await read_json(request, NewRerun)

    def queue() -> Submitted:
        options = given.options or _options_of(context, who, analysis)
        check_options(context, options)
        return _submit(context, limits, who, source=FromAnalysis(analysis), options=options, key=idempotency_key)

    return _told(response, await run_in_threadpool(queue))


@router.get(
    "/{analysis}/difference",
    response_model=Difference,
    summary="How it differs from another analysis",
    responses=responses(NotFound, WrongState, StoreUnavailable),
)
def show_difference(
    who: Read,
    context: Ctx,
    analysis: AnalysisId,
    earlier: Annotated[
        str | None,
        Query(alias="from", pattern=ULID, description="What it is compared with; by default what it is a rerun of."),
    ] = None,
) -> Difference:
    """Verdicts, contributions, findings, models and settings of two analyses, of the same media or not."""
    return difference(context, who, analysis, earlier)


@router.delete(
    "/{analysis}",
    response_model=Receipt,
    summary="Delete an analysis, everywhere",
    responses=responses(
        NotFound,
        also={
            200: {"description": "Gone; the receipt lists what was removed."},
            202: {"model": Receipt, "description": "Rows are gone, and objects follow as soon as the store answers."},
        },
    ),
)
def delete(response: Response, who: Write, context: Ctx, analysis: AnalysisId) -> Receipt:
    """Media, artifacts and rows go, a running analysis is stopped. Deleting twice gives the same receipt."""
    deleted = deletion.delete(context, who, analysis)
    if deleted.completed_at is None:
        response.status_code = 202
    return Receipt.of(deleted)


@router.get(
    "/{analysis}/deletion",
    response_model=Receipt,
    summary="The proof of a deletion",
    responses=responses(NotFound),
)
def show_deletion(who: Read, context: Ctx, analysis: AnalysisId) -> Receipt:
    """The receipt that `DELETE` gave."""
    with context.database.read() as repo:
        found = repo.records.deletion(who.project, analysis)
    if found is None:
        raise NotFound("No analysis of that id was deleted.")
    return Receipt.of(found)


def _submit(
    context: Context, limits: Lim, who: Principal, *, source: Source, options: Options, key: str | None
) -> Submitted:
    try:
        limits.check_analyses(who, 1)
        return submit(context, who, source, options, Order(key))
    except BaseException:
        if isinstance(source, FromBytes):
            context.store.delete([source.received.key])
        raise


def _told(response: Response, done: Submitted) -> AnalysisOut:
    response.headers["Location"] = f"/v1/analyses/{done.analysis.id}"
    if done.replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return AnalysisOut.of(done.analysis)


def _options_of(context: Context, who: Principal, analysis: str) -> Options:
    with context.database.read() as repo:
        row = repo.analyses.get(who.project, analysis)
    if row is None:
        raise NotFound("There is no analysis with that id.")
    return Options(**row.options, label=row.label, priority=row.priority)


def _first_id(at: datetime | None) -> str | None:
    """The least id of that time: ids sort by it. A time without a zone is one of UTC."""
    if at is None:
        return None
    aware = at if at.tzinfo else at.replace(tzinfo=UTC)
    return new_id(max(_EPOCH, min(aware.astimezone(UTC), _LAST)))[:10] + "0" * 16
