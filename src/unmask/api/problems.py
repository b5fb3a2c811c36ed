"""Problem documents (RFC 9457): how every error looks, and how the OpenAPI document says so."""

from __future__ import annotations

import logging
import re
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from unmask import metrics
from unmask.access.rate import retry_after_header
from unmask.errors import Forbidden, Later, RateLimited, Unauthorized, UnmaskError
from unmask.service.errors import (
    DatabaseUnavailable,
    Internal,
    InvalidRequest,
    MethodNotAllowed,
    NoSuchRoute,
    StoreUnavailable,
    WrongHost,
    WrongVersion,
)

MEDIA_TYPE = "application/problem+json"
_CLIENT_GONE = 499  # nobody reads this answer; the number is for the log and the metrics
_log = logging.getLogger(__name__)


class Fault(BaseModel):
    """One thing that is wrong with a request: where it stands, and what is wrong."""

    where: str = Field(examples=["body.options.fps"])
    message: str = Field(examples=["Input should be less than or equal to 60"])


class Problem(BaseModel):
    """A problem document (RFC 9457). `code` is stable: rely on it, and not on the words."""

    type: str = Field(examples=["urn:unmask:error:not_found"])
    title: str = Field(examples=["Nothing with that id in this project."])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["There is no analysis with that id."])
    code: str = Field(examples=["not_found"])
    hint: str = Field("", description="What can be done about it; may be empty.")
    instance: str = Field("", description="Path of the request.", examples=["/v1/analyses/01J00000000000000000000000"])
    errors: list[Fault] = Field(default_factory=list, description="Of a malformed request: each fault.")


def problem_of(error: UnmaskError, instance: str = "") -> Problem:
    """An error as a problem document."""
    faults = [Fault(**fault) for fault in getattr(error, "faults", [])]
    return Problem(
        type=f"urn:unmask:error:{error.code}",
        title=_title(type(error)),
        status=error.http_status,
        detail=error.message,
        code=error.code,
        hint=error.hint,
        instance=instance,
        errors=faults,
    )


def answer(error: UnmaskError, request: Request, headers: dict[str, str] | None = None) -> Response:
    """The response that tells an error."""
    metrics.ERRORS.labels(error.code).inc()
    extra = dict(headers or {})
    if isinstance(error, Later):
        extra["Retry-After"] = retry_after_header(error.retry_after)
    elif isinstance(error, StoreUnavailable | DatabaseUnavailable):
        extra["Retry-After"] = "5"
    elif isinstance(error, Unauthorized):
        extra["WWW-Authenticate"] = 'Bearer realm="unmask"'
    elif isinstance(error, WrongVersion):
        extra["Tus-Version"] = "1.0.0"
    body = problem_of(error, request.url.path).model_dump()
    return JSONResponse(body, error.http_status, headers=extra, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """One handler for each root of errors; what nobody expected is a 500, and a bug."""
    app.add_exception_handler(UnmaskError, _on_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(ClientDisconnect, _on_gone)
    app.add_exception_handler(Exception, _on_bug)


def responses(
    *errors: type[UnmaskError], keyed: bool = True, also: dict[int, dict[str, Any]] | None = None
) -> dict[int | str, dict[str, Any]]:
    """What an operation can answer, for OpenAPI: `also` as it is, `errors`, and the errors of any operation."""
    always: tuple[type[UnmaskError], ...] = (InvalidRequest, DatabaseUnavailable, Internal)
    if keyed:
        always = (Unauthorized, Forbidden, WrongHost, RateLimited, *always)
    found: dict[int | str, dict[str, Any]] = {}
    found.update((status, entry) for status, entry in (also or {}).items())
    for error in (*errors, *always):
        entry = found.setdefault(
            error.http_status,
            {
                "description": "",
                "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {}}},
            },
        )
        examples = entry["content"][MEDIA_TYPE]["examples"]
        if error.code not in examples:
            entry["description"] = f"{entry['description']} `{error.code}`: {_title(error)}".strip()
            examples[error.code] = {"value": _example(error)}
        if error.http_status in {429, 503}:
            entry["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait."}}
    return dict(sorted(found.items(), key=lambda item: str(item[0])))


def _title(error: type[UnmaskError]) -> str:
    return (error.__doc__ or error.code).strip().splitlines()[0]


def _example(error: type[UnmaskError]) -> dict[str, Any]:
    example = Problem(
        type=f"urn:unmask:error:{error.code}",
        title=_title(error),
        status=error.http_status,
        detail=_title(error),
        code=error.code,
        hint=error.hint,
        instance="/v1/analyses",
    )
    return example.model_dump()


async def _on_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, UnmaskError)
    if error.http_status >= Internal.http_status:
        _log.warning("%s: %s", error.code, error.message, exc_info=error)
    return answer(error, request)


async def _on_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = [
        {"where": ".".join(map(str, fault["loc"])), "message": str(fault["msg"])[:500]} for fault in error.errors()[:50]
    ]
    return answer(InvalidRequest("The request does not fit what this takes.", faults), request)


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == MethodNotAllowed.http_status:
        known = MethodNotAllowed(f"{request.method} is not known here.")
        return answer(known, request, {"Allow": ", ".join(_methods(request))})
    if error.status_code == NoSuchRoute.http_status:
        nothing = NoSuchRoute("There is nothing at this address.")
        as_page = "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/v1/")
        page: Response = request.app.state.error_page(request, nothing) if as_page else answer(nothing, request)
        return page
    return answer(InvalidRequest(str(error.detail)[:500]), request)


def _methods(request: Request) -> list[str]:
    """All methods of this address; the router itself names those of one route only."""
    known: list[tuple[re.Pattern[str], set[str]]] = request.app.state.methods
    return sorted({method for path, methods in known if path.fullmatch(request.url.path) for method in methods})


async def _on_gone(_request: Request, _error: Exception) -> Response:
    return Response(status_code=_CLIENT_GONE)


async def _on_bug(request: Request, _error: Exception) -> Response:
    return answer(Internal("Something broke in the server."), request)
