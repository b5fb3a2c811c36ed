"""Batches: many analyses in one request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, cast

from fastapi import APIRouter, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from unmask.api.analyses import IdempotencyKey
from unmask.api.deps import KEYED, ULID, Ctx, Lim, Read, Write
from unmask.api.intake import json_body, read_json, source_of
from unmask.api.problems import responses
from unmask.api.schemas import BatchOut, BatchPage, NewBatch
from unmask.db.repository import Repository
from unmask.db.tables import Batch, State
from unmask.errors import QuotaExceeded, UrlRefused
from unmask.result import Label as VerdictLabel
from unmask.service.batches import Batched, Item, submit_batch
from unmask.service.errors import (
    Gone,
    IdempotencyConflict,
    NotFound,
    PayloadTooLarge,
    StoreUnavailable,
    UnsupportedPayload,
    UploadUnfinished,
)

router = APIRouter(prefix="/batches", tags=["batches"], dependencies=KEYED)
_MADE: dict[str, Any] = {
    "description": "All of it is queued.",
    "headers": {"Location": {"schema": {"type": "string"}, "description": "Where the batch is."}},
}


@router.post(
    "",
    status_code=202,
    response_model=BatchOut,
    summary="Analyse many at once",
    openapi_extra=json_body(NewBatch),
    responses=responses(
        UrlRefused,
        NotFound,
        IdempotencyConflict,
        UploadUnfinished,
        Gone,
        PayloadTooLarge,
        UnsupportedPayload,
        QuotaExceeded,
        StoreUnavailable,
        also={202: _MADE},
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
) -> BatchOut:
    """All or none: one item that is refused refuses the batch. Interactive analyses go before those of batches."""
    given = await read_json(request, NewBatch)
    if len(given.items) > context.settings.max_batch:
        raise PayloadTooLarge(f"A batch may have {context.settings.max_batch} items.")
    items: Sequence[Item] = [(await source_of(context, who, item), item.options) for item in given.items]

    def queue() -> tuple[Batched, BatchOut]:
        limits.check_analyses(who, len(items))
        done = submit_batch(context, who, items, given.label, idempotency_key)
        with context.database.read() as repo:
            return done, _out(repo, done.batch)

    done, out = await run_in_threadpool(queue)
    response.headers["Location"] = f"/v1/batches/{done.batch.id}"
    if done.replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return out


@router.get("", response_model=BatchPage, summary="List batches, the newest first", responses=responses())
def list_batches(
    *,
    who: Read,
    context: Ctx,
    cursor: Annotated[str | None, Query(pattern=ULID, description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> BatchPage:
    """Follow `next` until it is null."""
    with context.database.read() as repo:
        rows = repo.records.batches(who.project, cursor, limit + 1)
        items = [_out(repo, row) for row in rows[:limit]]
    return BatchPage(items=items, next=items[-1].id if len(rows) > limit else None)


@router.get("/{batch}", response_model=BatchOut, summary="How far a batch is", responses=responses(NotFound))
def show(who: Read, context: Ctx, batch: Annotated[str, Path(pattern=ULID, description="Id of a batch.")]) -> BatchOut:
    """How many of its analyses are in each state. `GET /v1/analyses?batch=ID` lists them."""
    with context.database.read() as repo:
        found = repo.records.batch(who.project, batch)
        if found is None:
            raise NotFound("There is no batch with that id.")
        return _out(repo, found)


def _out(repo: Repository, batch: Batch) -> BatchOut:
    states, verdicts = repo.analyses.by_states(batch.id), repo.analyses.by_verdicts(batch.id)
    return BatchOut.of(batch, cast(dict[State, int], states), cast(dict[VerdictLabel, int], verdicts))
