"""Resumable uploads by the protocol tus 1.0: what was received survives a broken line and a server that dies.

Core, creation, termination and expiration of https://tus.io/protocols/resumable-upload are spoken.
"""

from __future__ import annotations

import base64
import binascii
from email.utils import format_datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Request, Response

from unmask.api.deps import KEYED, ULID, Ctx, Write
from unmask.api.problems import responses
from unmask.db.tables import Upload
from unmask.errors import EmptyFile, Encrypted, NotMedia, TooLarge, UnsupportedContainer
from unmask.service import uploads
from unmask.service.errors import (
    Gone,
    InvalidRequest,
    NotFound,
    OffsetMismatch,
    PayloadTooLarge,
    StoreUnavailable,
    UnsupportedPayload,
    WrongVersion,
)

VERSION = "1.0.0"
_EXTENSIONS = "creation,termination,expiration"
_BODY = "application/offset+octet-stream"
_MOST_LENGTH = 2**62

UploadId = Annotated[str, Path(pattern=ULID, description="Id of an upload.")]


def speaks_tus(tus_resumable: Annotated[str, Header(description="The protocol's version: 1.0.0.")] = "") -> None:
    """A client that speaks another version, or none, is told which are spoken here."""
    if tus_resumable != VERSION:
        raise WrongVersion("The upload protocol spoken here is tus 1.0.0.")


router = APIRouter(prefix="/uploads", tags=["uploads"], dependencies=KEYED)
keyless = APIRouter(prefix="/uploads", tags=["uploads"])
TUS = [Depends(speaks_tus)]


def _header(text: str) -> dict[str, Any]:
    return {"schema": {"type": "string"}, "description": text}


_OFFSET = {
    "Tus-Resumable": _header("1.0.0"),
    "Upload-Offset": _header("How many bytes are kept."),
    "Upload-Expires": _header("Until when it must be finished and used."),
}


@keyless.options(
    "",
    status_code=204,
    summary="What of tus is spoken here",
    response_class=Response,
    responses={204: {"description": "In the headers.", "headers": {"Tus-Version": _header("1.0.0")}}},
)
def abilities(context: Ctx) -> Response:
    """Version, extensions and the largest upload."""
    headers = {
        "Tus-Resumable": VERSION,
        "Tus-Version": VERSION,
        "Tus-Extension": _EXTENSIONS,
        "Tus-Max-Size": str(context.settings.max_upload_bytes),
    }
    return Response(status_code=204, headers=headers)


@router.post(
    "",
    status_code=201,
    summary="Announce an upload",
    response_class=Response,
    dependencies=TUS,
    responses=responses(
        EmptyFile,
        WrongVersion,
        TooLarge,
        also={
            201: {
                "description": "Made; send its bytes with PATCH to the address in Location.",
                "headers": _OFFSET | {"Location": _header("Where the upload is; its last part is the id.")},
            }
        },
    ),
)
def create(
    who: Write,
    context: Ctx,
    upload_length: Annotated[int, Header(ge=0, le=_MOST_LENGTH, description="All bytes that there will be.")],
    upload_metadata: Annotated[str, Header(max_length=4096, description="`filename` and its Base64.")] = "",
) -> Response:
    """The file's name may stand in Upload-Metadata, as `filename BASE64`."""
    upload = uploads.create(context, who, upload_length, _filename(upload_metadata))
    return Response(status_code=201, headers=_standing(upload) | {"Location": f"/v1/uploads/{upload.id}"})


@router.head(
    "/{upload}",
    summary="How far an upload is",
    response_class=Response,
    dependencies=TUS,
    responses=responses(
        NotFound,
        Gone,
        WrongVersion,
        also={200: {"description": "In the headers.", "headers": _OFFSET | {"Upload-Length": _header("All bytes.")}}},
    ),
)
def head(who: Write, context: Ctx, upload: UploadId) -> Response:
    """Go on with PATCH from Upload-Offset."""
    found = uploads.find(context, who, upload)
    headers = _standing(found) | {"Upload-Length": str(found.length), "Cache-Control": "no-store"}
    return Response(status_code=200, headers=headers)


@router.patch(
    "/{upload}",
    status_code=204,
    summary="Send bytes of an upload",
    response_class=Response,
    dependencies=TUS,
    openapi_extra={
        "requestBody": {"required": True, "content": {_BODY: {"schema": {"type": "string", "format": "binary"}}}}
    },
    responses=responses(
        EmptyFile,
        NotFound,
        OffsetMismatch,
        Gone,
        WrongVersion,
        PayloadTooLarge,
        UnsupportedPayload,
        NotMedia,
        UnsupportedContainer,
        Encrypted,
        StoreUnavailable,
        also={204: {"description": "Kept.", "headers": _OFFSET}},
    ),
)
async def append(
    request: Request,
    who: Write,
    context: Ctx,
    upload: UploadId,
    upload_offset: Annotated[int, Header(ge=0, le=_MOST_LENGTH, description="Where the bytes belong.")],
) -> Response:
    """With the last byte the upload is whole, and its id can be given to `POST /v1/analyses`."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _BODY:
        raise UnsupportedPayload(f"The body must be {_BODY}.")
    standing = await uploads.append(context, who, upload, upload_offset, request.stream())
    return Response(status_code=204, headers={"Tus-Resumable": VERSION, "Upload-Offset": str(standing.received)})


@router.delete(
    "/{upload}",
    status_code=204,
    summary="Give an upload up",
    response_class=Response,
    dependencies=TUS,
    responses=responses(
        NotFound, Gone, WrongVersion, StoreUnavailable, also={204: {"description": "Gone, with all its bytes."}}
    ),
)
def remove(who: Write, context: Ctx, upload: UploadId) -> Response:
    """What was received is removed from the store."""
    uploads.remove(context, who, upload)
    return Response(status_code=204, headers={"Tus-Resumable": VERSION})


def _standing(upload: Upload) -> dict[str, str]:
    return {
        "Tus-Resumable": VERSION,
        "Upload-Offset": str(upload.received),
        "Upload-Expires": format_datetime(upload.expires_at, usegmt=True),
    }


def _filename(metadata: str) -> str:
    for pair in metadata.split(","):
        key, _, value = pair.strip().partition(" ")
        if key == "filename":
            try:
                return base64.b64decode(value, validate=True).decode("utf-8", "replace")
            except (binascii.Error, ValueError) as wrong:
                raise InvalidRequest("The filename in Upload-Metadata is not Base64.") from wrong
    return ""
