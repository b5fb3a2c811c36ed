"""What routes are given: the service's surroundings, and who asks with which scope."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, cast

from fastapi import Depends, Path, Request, Response, Security
from fastapi.security import APIKeyHeader, HTTPBearer
from starlette.convertors import StringConvertor, register_url_convertor

from unmask.access.keys import bearer
from unmask.access.scopes import Scope, require
from unmask.errors import Unauthorized
from unmask.service.context import Context, Principal
from unmask.service.keys import authenticate
from unmask.service.limits import Limits


class UlidConvertor(StringConvertor):
    """In a path, `{name:ulid}` is an id and nothing else, so that words can stand beside it."""

    regex = "[0-7][0-9A-HJKMNP-TV-Z]{25}"


register_url_convertor("ulid", UlidConvertor())
ULID = r"^[0-7][0-9A-HJKMNP-TV-Z]{25}$"

_BEARER = HTTPBearer(auto_error=False, scheme_name="key", description="An API key: `Authorization: Bearer KEY`.")
_HEADER = APIKeyHeader(name="X-API-Key", auto_error=False, scheme_name="key_header", description="The same key.")


def context_of(request: Request) -> Context:
    """The service's surroundings."""
    context: Context = request.app.state.context
    return context


def limits_of(request: Request) -> Limits:
    """The limits of keys, of this process."""
    limits: Limits = request.app.state.limits
    return limits


Ctx = Annotated[Context, Depends(context_of)]
Lim = Annotated[Limits, Depends(limits_of)]


def needs(scope: Scope) -> Callable[[Request, Response, Context, Limits], Principal]:
    """A dependency: who asks, if their key reaches to `scope` and is not used up."""

    def principal(request: Request, response: Response, context: Ctx, limits: Lim) -> Principal:
        key = bearer(request.headers.get("authorization"), request.headers.get("x-api-key"))
        if key is None:
            request.state.who = _local(request, context)
            return cast(Principal, request.state.who)
        who = request.state.who = authenticate(context, key)
        decision = limits.check_rate(who)
        if decision is not None:
            response.headers["RateLimit-Remaining"] = str(decision.remaining)
        require(who.scopes, scope)
        return who

    return principal


def _local(request: Request, context: Context) -> Principal:
    if not context.settings.keyless:
        raise Unauthorized("A key is needed.")
    local: Principal = request.app.state.local
    return local


_SCHEMES = [Security(_BEARER), Security(_HEADER)]
"""Only for the OpenAPI document: the header itself is read by `unmask.access.keys.bearer`."""

Read = Annotated[Principal, Depends(needs("read"))]
Write = Annotated[Principal, Depends(needs("write"))]
Admin = Annotated[Principal, Depends(needs("admin"))]
KEYED = _SCHEMES

AnalysisId = Annotated[
    str, Path(pattern=ULID, description="Id of an analysis.", examples=["01KB0000000000000000000000"])
]
