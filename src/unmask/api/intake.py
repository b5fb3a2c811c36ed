"""How a new analysis comes in: as a form with the file, or as JSON that names an address or a finished upload."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool

from unmask.access.uploads import check_size
from unmask.api.forms import Form
from unmask.api.schemas import NewAnalysis
from unmask.fetching import Policy, check_url
from unmask.service import uploads, webhooks
from unmask.service.context import Context, Principal
from unmask.service.errors import InvalidRequest, PayloadTooLarge, UnsupportedPayload
from unmask.service.media import Incoming
from unmask.service.options import Options
from unmask.service.receiving import receive
from unmask.service.submissions import FromBytes, FromUpload, FromUrl

_MOST_JSON = 4 * 1024**2
_FRAME = 64 * 1024  # what a form may have around its file
Model = TypeVar("Model", bound=BaseModel)


async def read_form(request: Request, context: Context, who: Principal) -> tuple[FromBytes, Options]:
    """The file, which goes straight into the store, and the options, which may come before or after it.

    Raises:
        InvalidRequest: not exactly one file, an unknown field, options that don't fit.
        What `receiving.receive` raises. In every case nothing stays in the store.
    """
    declared = request.headers.get("content-length")
    if declared is not None and declared.isdigit():
        check_size(int(declared), context.settings.max_upload_bytes + _FRAME)
    form = Form(request.headers["content-type"], request.stream())
    found: Incoming | None = None
    name, options = "", Options()
    try:
        async for part in form.parts():
            if part.name == "options":
                options = parse(Options, await part.text(), "options")
            elif part.name == "file" and found is None:
                name = part.filename or ""
                found = await receive(context, who.project, part.pieces())
            else:
                raise InvalidRequest("The form has one `file` and at most one `options`, and nothing else.")
        if found is None:
            raise InvalidRequest("The form has no `file`.", [{"where": "body.file", "message": "Field required"}])
        await run_in_threadpool(check_options, context, options)
    except BaseException:
        if found is not None:
            await run_in_threadpool(context.store.delete, [found.key])
        raise
    return FromBytes(found, name), options


async def read_json(request: Request, kind: type[Model]) -> Model:
    """The body as JSON of a kind.

    Raises:
        InvalidRequest: it does not fit.
        PayloadTooLarge: it is too long.
        UnsupportedPayload: it is said to be something else.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise UnsupportedPayload("The body must be application/json.")
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _MOST_JSON:
            raise PayloadTooLarge(f"The body is longer than {_MOST_JSON} bytes.")
    return parse(kind, body, "body")


async def source_of(context: Context, who: Principal, given: NewAnalysis) -> FromUrl | FromUpload:
    """Where the media comes from; the address is judged, and a finished upload is put together.

    Raises:
        UrlRefused: the address is one that is not fetched from.
        NotFound, Gone, UploadUnfinished: the upload is not there, or not whole.
    """
    await run_in_threadpool(check_options, context, given.options)
    if given.url is not None:
        check_url(str(given.url), Policy.of(context.settings))
        return FromUrl(str(given.url), (given.url.path or "").rsplit("/", 1)[-1])
    assert given.upload is not None
    await uploads.assemble(context, who, given.upload)
    return FromUpload(given.upload)


def check_options(context: Context, options: Options) -> None:
    """Raise UrlRefused for an address that may not be told of anything."""
    if options.webhook is not None:
        check_url(str(options.webhook), webhooks.policy(context))


def parse(kind: type[Model], text: str | bytes, where: str) -> Model:
    """JSON text as a value of a kind. Raises InvalidRequest, which names each fault."""
    try:
        return kind.model_validate_json(text)
    except ValidationError as wrong:
        faults = [
            {"where": ".".join([where, *map(str, fault["loc"])]), "message": str(fault["msg"])[:500]}
            for fault in wrong.errors(include_url=False, include_context=False, include_input=False)[:50]
        ]
        raise InvalidRequest("The request does not fit what this takes.", faults) from wrong
    except (UnicodeDecodeError, json.JSONDecodeError) as wrong:
        raise InvalidRequest("The body is not JSON.") from wrong


def json_body(kind: type[BaseModel], **more: Any) -> dict[str, Any]:
    """The OpenAPI description of a body that is read by `read_json`."""
    schema = {"$ref": f"#/components/schemas/{kind.__name__}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}, **more}}}
