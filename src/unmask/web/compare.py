"""The page of two analyses side by side."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from unmask.api.deps import ULID, Ctx, Read
from unmask.db.tables import Analysis
from unmask.service.context import Context, Principal
from unmask.service.difference import compare
from unmask.service.errors import Gone, NotFound, WrongState
from unmask.web import comparison
from unmask.web.differing import in_words
from unmask.web.render import PageRoute, language_of, render
from unmask.web.resultpage import read_result

router = APIRouter(route_class=PageRoute, include_in_schema=False)
One = Annotated[str, Query(pattern=ULID)]


@router.get("/compare")
def page(request: Request, who: Read, context: Ctx, a: One, b: One) -> Response:
    """A and B, and what differs."""
    rows = (_done(context, who, a), _done(context, who, b))
    results = (read_result(context, rows[0]), read_result(context, rows[1]))
    language, difference = language_of(request), compare(*results)
    return render(
        request,
        "compare.html.j2",
        sides=tuple(zip(comparison.NAMES, rows, results, strict=True)),
        sentences=in_words(difference, results, language),
        timelines=comparison.timelines(results, language),
        weights=comparison.weights(difference, results, language),
        models=comparison.models(results, language),
        settings=comparison.settings(difference, results),
    )


def _done(context: Context, who: Principal, analysis: str) -> Analysis:
    with context.database.read() as repo:
        row = repo.analyses.get(who.project, analysis)
        if row is None and repo.records.deletion(who.project, analysis) is not None:
            raise Gone("One of the two analyses was deleted.")
    if row is None:
        raise NotFound("There is no analysis with that id.")
    if row.state != "done":
        raise WrongState("One of the two analyses is not done.")
    return row
