"""Links that show one result to somebody without a key."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from unmask.api.deps import KEYED, ULID, AnalysisId, Ctx, Read, Write
from unmask.api.problems import responses
from unmask.api.schemas import Given, Identity
from unmask.db.shares import Share
from unmask.service import shares
from unmask.service.errors import NotFound, WrongState
from unmask.service.shares import LONGEST, SHORTEST, USUAL, ShareState

router = APIRouter(prefix="/analyses/{analysis}/shares", tags=["shares"], dependencies=KEYED)
PREFIX = "/s"
"""Where links lead to, followed by the token."""

ShareId = Annotated[str, Path(pattern=ULID, description="Id of a link.")]


class NewShare(Given):
    """A link that is to be made."""

    expires_in: int = Field(
        round(USUAL.total_seconds()),
        ge=round(SHORTEST.total_seconds()),
        le=round(LONGEST.total_seconds()),
        description="Seconds from now.",
    )


class ShareOut(BaseModel):
    """A link to a result. It never says its address again: only a hash of that is kept."""

    id: Identity
    analysis: Identity
    state: ShareState
    created: datetime
    expires: datetime = Field(description="At the latest when the analysis itself is deleted by retention.")
    revoked: datetime | None


class ShareMade(ShareOut):
    """A new link. Its address is told only now."""

    path: str = Field(
        examples=["/s/" + "A" * 43], description="Below this server's address; whoever has it sees the result."
    )


@router.post(
    "",
    status_code=201,
    response_model=ShareMade,
    summary="Make a link that shows the result",
    responses=responses(NotFound, WrongState),
)
def create(who: Write, context: Ctx, analysis: AnalysisId, given: NewShare) -> ShareMade:
    """It opens the page of this one result, with its media, report and evidence, and nothing else, without a key."""
    share, token = shares.make(context, who, analysis, timedelta(seconds=given.expires_in))
    return ShareMade(**_fields(share, context.now()), path=f"{PREFIX}/{token}")


@router.get("", response_model=list[ShareOut], summary="List the links to a result", responses=responses(NotFound))
def show_all(who: Read, context: Ctx, analysis: AnalysisId) -> list[ShareOut]:
    """The newest first; those that ended are there for thirty days after their time."""
    return [ShareOut(**_fields(share, context.now())) for share in shares.of(context, who, analysis)]


@router.delete(
    "/{share}",
    status_code=204,
    summary="Take a link back",
    response_class=Response,
    responses=responses(NotFound, also={204: {"description": "It shows nothing any more."}}),
)
def revoke(who: Write, context: Ctx, analysis: AnalysisId, share: ShareId) -> Response:
    """At once. Doing it twice changes nothing more."""
    shares.revoke(context, who, analysis, share)
    return Response(status_code=204)


def _fields(share: Share, now: datetime) -> dict[str, Any]:
    return {
        "id": share.id,
        "analysis": share.analysis_id,
        "state": shares.state(share, now),
        "created": share.created_at,
        "expires": share.expires_at,
        "revoked": share.revoked_at,
    }
