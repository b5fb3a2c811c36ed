"""Events of an analysis as they happen, by server-sent events; a client that lost the line goes on where it was."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from unmask.api.deps import KEYED, AnalysisId, Ctx, Read
from unmask.api.problems import responses
from unmask.api.watch import Watch
from unmask.db.tables import FINAL, Event, State
from unmask.service.context import Context, Principal
from unmask.service.errors import NotFound

router = APIRouter(prefix="/analyses", tags=["events"], dependencies=KEYED)

_PAGE = 500
_PLACE = re.compile(r"[0-9]{1,9}")
_EXAMPLE = 'id: 7\nevent: progress\ndata: {"stage": "media", "fraction": 0.4}\n\n'
_STREAM: dict[str, Any] = {
    "description": "Events `state`, `media`, `progress` and `finding`, until a last `state` that is an end.",
    "content": {"text/event-stream": {"schema": {}, "examples": {"progress": {"value": _EXAMPLE}}}},
}


@router.get(
    "/{analysis}/events",
    summary="Follow an analysis",
    response_class=EventSourceResponse,
    responses=responses(
        NotFound, also={200: _STREAM, 204: {"description": "It has ended, and the client knows all of it."}}
    ),
)
async def events(
    *,
    request: Request,
    who: Read,
    context: Ctx,
    analysis: AnalysisId,
    last_event_id: Annotated[str | None, Header(description="The last id that the client saw.")] = None,
    after: Annotated[int, Query(ge=0, le=2**31 - 1, description="The same, for clients without that header.")] = 0,
) -> Response:
    """First all that happened after `Last-Event-ID`, then each event when it comes, until the analysis has ended."""
    place = int(last_event_id) if last_event_id and _PLACE.fullmatch(last_event_id) else after
    state, found = await run_in_threadpool(_after, context, who, analysis, place)
    if state is None:
        raise NotFound("There is no analysis with that id.")
    if state in FINAL and not found:
        return Response(status_code=204)  # which tells a browser not to come again
    watch: Watch = request.app.state.watch
    return EventSourceResponse(_follow(watch, context, who, analysis, place), ping=15)


async def _follow(
    watch: Watch, context: Context, who: Principal, analysis: str, place: int
) -> AsyncIterator[ServerSentEvent]:
    async with watch.of(analysis) as changed:
        while True:
            changed.clear()  # before the look, so that nothing which comes during it is missed
            state, found = await run_in_threadpool(_after, context, who, analysis, place)
            for event in found:
                place = event.seq
                yield _sent(event)
            if len(found) == _PAGE:
                continue
            if state is None or state in FINAL:
                return
            await changed.wait()


def _after(context: Context, who: Principal, analysis: str, place: int) -> tuple[State | None, list[Event]]:
    with context.database.read() as repo:
        state, found = repo.events.after(who.project, analysis, place, _PAGE)
        return state, list(found)


def _sent(event: Event) -> ServerSentEvent:
    data = json.dumps(event.data | {"at": event.created_at.isoformat()}, ensure_ascii=False)
    return ServerSentEvent(data, event=event.kind, id=str(event.seq), sep="\n")
