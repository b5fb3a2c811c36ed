"""Reports and artifacts: whole, in ranges, or by a link to the store."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse

from unmask.api.deps import KEYED, AnalysisId, Ctx, Read
from unmask.api.problems import responses
from unmask.db.tables import Artifact
from unmask.service.context import Context, Principal
from unmask.service.errors import NotFound, RangeUnsatisfiable, StoreUnavailable, WrongState
from unmask.storage.base import ObjectMissing

router = APIRouter(prefix="/analyses", tags=["reports"], dependencies=KEYED)

NAMES = {"json": "result.json", "html": "report.html", "pdf": "report.pdf"}
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_SAFE_PAGE = "sandbox allow-scripts; default-src 'none'; img-src data: blob:; media-src data: blob:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"  # noqa: E501 - one header
_BYTES: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
_PARTIAL: dict[str, Any] = {
    "description": "The part of it that the header Range asked for.",
    "content": {"application/octet-stream": _BYTES},
    "headers": {"Content-Range": {"schema": {"type": "string"}, "description": "Which part, of how many bytes."}},
}
_UNCHANGED: dict[str, Any] = {"description": "Unchanged: the client has it, as If-None-Match says."}


@router.get(
    "/{analysis}/report.{form}",
    summary="The report, as JSON, as a page or as PDF",
    response_class=Response,
    responses=responses(
        NotFound,
        WrongState,
        RangeUnsatisfiable,
        StoreUnavailable,
        also={
            200: {
                "description": "The result document `unmask.result/1`, one self-contained page, or a PDF.",
                "content": {
                    "application/json": {"schema": {"type": "object"}},
                    "text/html": {"schema": {"type": "string"}},
                    "application/pdf": _BYTES,
                },
            },
            206: _PARTIAL,
            304: _UNCHANGED,
        },
    ),
)
def report(
    request: Request, who: Read, context: Ctx, analysis: AnalysisId, form: Literal["json", "html", "pdf"]
) -> Response:
    """There once the analysis is done."""
    return served(request, context, _artifact(context, who, analysis, NAMES[form]))


@router.get(
    "/{analysis}/artifacts/{name:path}",
    summary="A file that the analysis made",
    response_class=Response,
    responses=responses(
        NotFound,
        WrongState,
        RangeUnsatisfiable,
        StoreUnavailable,
        also={
            200: {"description": "The bytes.", "content": {"application/octet-stream": _BYTES}},
            206: _PARTIAL,
            304: _UNCHANGED,
            307: {
                "description": "A link to the store, where it gives such.",
                "headers": {"Location": {"schema": {"type": "string"}, "description": "Holds for some minutes."}},
            },
        },
    ),
)
def artifact(
    *,
    request: Request,
    who: Read,
    context: Ctx,
    analysis: AnalysisId,
    name: Annotated[str, Path(max_length=200, pattern=r"^[A-Za-z0-9_./-]+$", examples=["evidence/e1.png"])],
    link: Annotated[bool, Query(description="False: the bytes themselves, and never a link to the store.")] = True,
) -> Response:
    """By the name under which the result refers to it. Ranges are honoured; a store with links answers with one."""
    found = _artifact(context, who, analysis, name)
    if link and context.settings.presign:
        place = context.store.presign(found.key, context.settings.presign_seconds)
        if place is not None:
            return RedirectResponse(place, 307, headers={"Cache-Control": "no-store"})
    return served(request, context, found)


def parse_range(header: str | None, size: int) -> tuple[int, int] | None:
    """The bytes `[start, end)` that a header Range asks for; None for all, which several ranges give too (RFC 9110).

    Raises:
        RangeUnsatisfiable: nothing of the range is there.
    """
    found = _RANGE.fullmatch(header.strip()) if header else None
    if found is None or found[1] + found[2] == "":
        return None
    if found[1] == "":
        start, end = max(0, size - int(found[2])), size
    else:
        start, end = int(found[1]), min(size, int(found[2]) + 1) if found[2] else size
        if found[2] and int(found[2]) < start:
            return None  # no range at all: to be ignored
    if start >= end:
        raise RangeUnsatisfiable(f"The object has {size} bytes.")
    return start, end


def _artifact(context: Context, who: Principal, analysis: str, name: str) -> Artifact:
    with context.database.read() as repo:
        row = repo.analyses.get(who.project, analysis)
        found = repo.attached.artifact(analysis, name) if row is not None else None
    if row is None:
        raise NotFound("There is no analysis with that id.")
    if row.state != "done":
        raise WrongState(f"The analysis is {row.state}, and has no artifacts.")
    if found is None:
        raise NotFound("The analysis has no such artifact.")
    return found


def served(request: Request, context: Context, artifact: Artifact) -> Response:
    """An object of the store, whole or in the range asked for. Raises RangeUnsatisfiable, ObjectMissing."""
    tag = f'"{artifact.sha256}"'
    headers = {
        "ETag": tag,
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, max-age=0, must-revalidate",
        "X-Content-Type-Options": "nosniff",
    }
    if artifact.media_type.startswith("text/html"):
        headers["Content-Security-Policy"] = _SAFE_PAGE
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    if_range = request.headers.get("if-range")
    wanted = None if if_range not in {None, tag} else parse_range(request.headers.get("range"), artifact.size)
    start, end = wanted or (0, artifact.size)
    if not context.store.exists(artifact.key):
        raise ObjectMissing("The artifact is not in the store any more.")
    headers["Content-Length"] = str(end - start)
    if wanted is not None:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{artifact.size}"
    return StreamingResponse(
        context.store.stream(artifact.key, start, end),
        206 if wanted is not None else 200,
        headers,
        media_type=artifact.media_type,
    )
