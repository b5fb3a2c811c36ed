"""Links that show one result, and nothing else, to whoever has them: until they expire or are taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from unmask.access.shares import digest_of, make_token
from unmask.db.shares import Share
from unmask.db.tables import Analysis
from unmask.service.context import Context, Principal, new_id
from unmask.service.errors import LinkExpired, LinkRevoked, LinkUnknown, NotFound, WrongState

SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=30)
USUAL = timedelta(days=7)
ShareState = Literal["active", "expired", "revoked"]


@dataclass(frozen=True, slots=True)
class Shown:
    """What a link shows: its row and the analysis."""

    share: Share
    analysis: Analysis


def make(context: Context, principal: Principal, analysis: str, lasts: timedelta = USUAL) -> tuple[Share, str]:
    """A link to the result of an analysis, and its token, which is given once and can't be had again.

    It ends after `lasts` (`SHORTEST` to `LONGEST`), or earlier with the analysis's own retention.

    Raises:
        NotFound: no such analysis in this project.
        WrongState: it is not done, so there is no result to show.
    """
    token, now = make_token(), context.now()
    with context.database.write() as repo:
        row = repo.analyses.get(principal.project, analysis)
        if row is None:
            raise NotFound("There is no analysis with that id.")
        if row.state != "done":
            raise WrongState(f"The analysis is {row.state}, and has no result to show.")
        over = now + max(SHORTEST, min(lasts, LONGEST))
        share = Share(
            id=new_id(now),
            project_id=principal.project,
            analysis_id=analysis,
            digest=token.digest,
            created_by=principal.actor,
            created_at=now,
            expires_at=min(over, row.expires_at) if row.expires_at is not None else over,
        )
        repo.shares.add(share)
        detail = {"share": share.id, "expires": share.expires_at.isoformat()}
        repo.records.audit(
            "share.create", principal.actor, now, project=principal.project, analysis=analysis, detail=detail
        )
    return share, token.text


def of(context: Context, principal: Principal, analysis: str) -> Sequence[Share]:
    """All links to an analysis, the newest first. Raises NotFound unless the analysis is the project's."""
    with context.database.read() as repo:
        if repo.analyses.get(principal.project, analysis) is None:
            raise NotFound("There is no analysis with that id.")
        return repo.shares.of(principal.project, analysis)


def revoke(context: Context, principal: Principal, analysis: str, share: str) -> None:
    """Take a link back: from now on it shows nothing. Doing it twice changes nothing more.

    Raises:
        NotFound: no such link to an analysis of this project.
    """
    now = context.now()
    with context.database.write() as repo:
        held = repo.shares.revoke(principal.project, analysis, share, now)
        if held is None:
            raise NotFound("There is no link with that id.")
        if held:
            detail = {"share": share}
            repo.records.audit(
                "share.revoke", principal.actor, now, project=principal.project, analysis=analysis, detail=detail
            )


def opened(context: Context, token: str) -> Shown:
    """What the link with this token shows.

    Raises:
        LinkUnknown: there is none: mistyped, forgotten since it expired, or the analysis was deleted.
        LinkRevoked, LinkExpired: it shows nothing any more.
    """
    digest = digest_of(token)
    with context.database.read() as repo:
        share = repo.shares.with_digest(digest) if digest is not None else None
        analysis = repo.analyses.get(share.project_id, share.analysis_id) if share is not None else None
    if share is None or analysis is None:
        raise LinkUnknown("No link of that name shows anything here.")
    match state(share, context.now()):
        case "revoked":
            raise LinkRevoked("Whoever made this link has taken it back.")
        case "expired":
            raise LinkExpired(f"This link showed its result until {share.expires_at:%Y-%m-%d %H:%M} UTC.")
    return Shown(share, analysis)


def state(share: Share, now: datetime) -> ShareState:
    """Whether a link shows something at that time, and why not."""
    if share.revoked_at is not None:
        return "revoked"
    return "expired" if share.expires_at <= now else "active"
