"""What a link shows to somebody without a key: one result, its media, its report and its evidence."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request, Response

from unmask.api.artifacts import NAMES, served
from unmask.api.deps import Ctx
from unmask.db.tables import Artifact
from unmask.service import shares
from unmask.service.context import Context
from unmask.service.errors import NotFound
from unmask.service.shares import Shown
from unmask.web.render import SHARED, SHARED_HEADERS, PageRoute, render
from unmask.web.resultpage import Addresses, media_of, read_result, result_values

router = APIRouter(prefix=SHARED, route_class=PageRoute, include_in_schema=False)

Token = Annotated[str, Path(max_length=100)]


@router.get("/{token}")
def page(request: Request, context: Ctx, token: Token) -> Response:
    """The result, without anything that changes or leads to something else."""
    shown = shares.opened(context, token)
    with context.database.read() as repo:
        artifacts = list(repo.attached.artifacts(shown.analysis.id))
    here = f"{SHARED}/{token}"
    at = Addresses(f"{here}/media", f"{here}/artifacts/", f"{here}/report.")
    values = result_values(request, read_result(context, shown.analysis), shown.analysis, artifacts, at)
    return render(request, "result.html.j2", **values, until=shown.share.expires_at)


@router.get("/{token}/media")
def media(request: Request, context: Ctx, token: Token) -> Response:
    """The media for the player."""
    return _quietly(media_of(request, context, shares.opened(context, token).analysis))


@router.get("/{token}/report.{form}")
def report(request: Request, context: Ctx, token: Token, form: Literal["json", "html", "pdf"]) -> Response:
    """The report."""
    return _file(request, context, shares.opened(context, token), NAMES[form])


@router.get("/{token}/artifacts/{name:path}")
def artifact(request: Request, context: Ctx, token: Token, name: Annotated[str, Path(max_length=200)]) -> Response:
    """A file of the result; its bytes, and never a link to the store, which would outlive this one."""
    return _file(request, context, shares.opened(context, token), name)


def _file(request: Request, context: Context, shown: Shown, name: str) -> Response:
    with context.database.read() as repo:
        found: Artifact | None = repo.attached.artifact(shown.analysis.id, name)
    if found is None:
        raise NotFound("The result has no such file.")
    return _quietly(served(request, context, found))


def _quietly(answer: Response) -> Response:
    answer.headers.update(SHARED_HEADERS)
    return answer
