"""The pages: start, analyses, and one analysis while it runs and when it is done."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from unmask.access.scopes import allows
from unmask.api.deps import AnalysisId, Ctx, Read
from unmask.db.repository.analyses import Filters
from unmask.db.tables import STATES, Analysis
from unmask.errors import UnmaskError
from unmask.result import Result
from unmask.service import feedback
from unmask.service.context import Context, Principal
from unmask.service.difference import compare
from unmask.service.errors import Gone, NotFound
from unmask.web import samples
from unmask.web.listing import LABELS, Narrowed, shown, table
from unmask.web.render import PageRoute, render
from unmask.web.resultpage import Addresses, media_of, read_result, result_values
from unmask.web.words import STAGES

router = APIRouter(route_class=PageRoute, include_in_schema=False)
PAGE = 30
MOST_ROWS = 10_000


@router.get("/")
def start(request: Request, who: Read, context: Ctx) -> Response:
    """Where media are sent from."""
    with context.database.read() as repo:
        latest = [shown(repo, row) for row in repo.analyses.page(who.project, Filters(), 4)]
    limits = {"most": context.settings.max_upload_bytes, "most_together": context.settings.max_batch}
    return render(request, "start.html.j2", samples=samples.names(), latest=latest, **limits)


@router.get("/analyses")
def history(request: Request, who: Read, context: Ctx, asked: Narrowed) -> Response:
    """All analyses, narrowed by what was asked for."""
    with context.database.read() as repo:
        rows = repo.analyses.page(who.project, asked.filters, PAGE + 1)
        items = [shown(repo, row) for row in rows[:PAGE]]
    more = rows[PAGE - 1].id if len(rows) > PAGE else None
    values: dict[str, Any] = {"items": items, "asked": asked.values, "more": more, "labels": LABELS, "states": STATES}
    values |= {"narrowed": any(asked.values.values()), "admin": allows(who.scopes, "admin")}
    return render(request, "history.html.j2", **values)


@router.get("/analyses.csv")
def as_table(who: Read, context: Ctx, asked: Narrowed) -> Response:
    """The same as CSV, at most `MOST_ROWS` of it."""
    with context.database.read() as repo:
        text = "".join(table(iter(repo.analyses.page(who.project, asked.filters, MOST_ROWS))))
    headers = {"Content-Disposition": 'attachment; filename="analyses.csv"', "Cache-Control": "no-store"}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/analyses/{analysis}")
def one(request: Request, who: Read, context: Ctx, analysis: AnalysisId) -> Response:
    """An analysis: how far it is, why it failed, or its result."""
    with context.database.read() as repo:
        row = repo.analyses.get(who.project, analysis)
        if row is None:
            if repo.records.deletion(who.project, analysis) is not None:
                raise Gone("The analysis was deleted.")
            raise NotFound("There is no analysis with that id.")
        artifacts = list(repo.attached.artifacts(analysis))
    if row.state != "done":
        name = "progress.html.j2" if row.state in ("queued", "running") else "ended.html.j2"
        return render(request, name, row=row, stages=STAGES)
    result = read_result(context, row)
    values = result_values(request, result, row, artifacts, Addresses.of(row.id))
    values |= {"feedback": feedback.of(context, who, row.id), "difference": _difference(context, who, row, result)}
    return render(request, "result.html.j2", **values, until=None)


@router.get("/analyses/{analysis}/media")
def media(request: Request, who: Read, context: Ctx, analysis: AnalysisId) -> Response:
    """The media itself for the player."""
    with context.database.read() as repo:
        row = repo.analyses.get(who.project, analysis)
    if row is None:
        raise NotFound("There is no analysis with that id.")
    return media_of(request, context, row)


def _difference(context: Context, who: Principal, row: Analysis, result: Result) -> Any:
    """What a rerun changed; None where it is no rerun, or the earlier one is not there."""
    if row.rerun_of is None:
        return None
    with context.database.read() as repo:
        before = repo.analyses.get(who.project, row.rerun_of)
    if before is None or before.state != "done":
        return None
    try:
        return compare(read_result(context, before), result)
    except UnmaskError:
        return None
