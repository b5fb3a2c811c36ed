"""Whether the server lives, whether it is ready, and its numbers for Prometheus. No key is needed."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, Response

from unmask import __version__, metrics
from unmask.api.deps import Ctx
from unmask.api.problems import responses
from unmask.api.schemas import Health
from unmask.db.migrate import is_current
from unmask.errors import UnmaskError
from unmask.service.context import Context
from unmask.service.errors import DatabaseUnavailable, Internal

router = APIRouter(tags=["operations"])


@router.get("/healthz", response_model=Health, summary="Does it live?", responses={200: {"description": "It does."}})
def live() -> Health:
    """Answers as long as the process does; asks nothing of anybody."""
    return Health(status="ok", version=__version__)


@router.get(
    "/readyz",
    response_model=Health,
    summary="Can it serve?",
    responses={
        200: {"description": "Database, schema and store are well."},
        503: {"model": Health, "description": "Something is not; `checks` says what."},
    },
)
def ready(response: Response, context: Ctx) -> Health:
    """Asks the database, its schema and the store."""
    checks = {
        "database": _checked(context.database.check),
        "schema": _checked(lambda: _schema(context)),
        "store": _checked(context.store.check),
    }
    well = all(word == "ok" for word in checks.values())
    if not well:
        response.status_code = DatabaseUnavailable.http_status
    return Health(status="ok" if well else "not ready", version=__version__, checks=checks)


@router.get(
    "/metrics",
    summary="Numbers for Prometheus",
    response_class=Response,
    responses=responses(
        keyed=False,
        also={200: {"description": "Text format.", "content": {"text/plain": {"schema": {"type": "string"}}}}},
    ),
)
def numbers(context: Ctx) -> Response:
    """Queue lengths and ages are asked of the database at this moment."""
    with context.database.read() as repo:
        for depth in repo.work.depths():
            metrics.queue_state(depth.queue, depth.waiting, depth.oldest)
        waiting, oldest = repo.outbox.waiting(context.now())
    age = (context.now() - oldest).total_seconds() if oldest else 0.0
    metrics.queue_state("outbox", waiting, max(0.0, age))
    return Response(metrics.render(), media_type=metrics.CONTENT_TYPE)


def _checked(check: Callable[[], None]) -> str:
    try:
        check()
    except UnmaskError as error:
        return error.code
    return "ok"


def _schema(context: Context) -> None:
    if not is_current(context.database):
        raise Internal("The schema is another one than this version's.")
