"""Batches: many analyses in one request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, cast

from fastapi import APIRouter, Path, Request, Response
from starlette.concurrency import run_in_threadpool

from unmask.api.analyses import IdempotencyKey
from unmask.api.deps import KEYED, ULID, Ctx, Lim, Read, Write
from unmask.api.intake import json_body, read_json, source_of
from unmask.api.problems import responses
from unmask.api.schemas import BatchOut, NewBatch
from unmask.db.tables import State
from unmask.errors import QuotaExceeded, UrlRefused
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

    def queue() -> tuple[Batched, dict[str, int]]:
        limits.check_analyses(who, len(items))
        done = submit_batch(context, who, items, given.label, idempotency_key)
        with context.database.read() as repo:
            return done, repo.analyses.by_states(done.batch.id)

    done, states = await run_in_threadpool(queue)
    response.headers["Location"] = f"/v1/batches/{done.batch.id}"
    if done.replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return BatchOut.of(done.batch, cast(dict[State, int], states))


@router.get("/{batch}", response_model=BatchOut, summary="How far a batch is", responses=responses(NotFound))
def show(who: Read, context: Ctx, batch: Annotated[str, Path(pattern=ULID, description="Id of a batch.")]) -> BatchOut:
    """How many of its analyses are in each state. `GET /v1/analyses?batch=ID` lists them."""
    with context.database.read() as repo:
        found = repo.records.batch(who.project, batch)
        if found is None:
            raise NotFound("There is no batch with that id.")
        return BatchOut.of(found, cast(dict[State, int], repo.analyses.by_states(batch)))
