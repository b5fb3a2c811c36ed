"""Judgements of people about analyses."""

from __future__ import annotations

from collections.abc import Sequence

from unmask.db.tables import Feedback, Judgement
from unmask.service.context import Context, Principal, new_id
from unmask.service.errors import NotFound


def give(
    context: Context, principal: Principal, analysis: str, judgement: Judgement, *, comment: str, author: str
) -> Feedback:
    """Add a judgement. Raises NotFound unless the analysis is the project's."""
    now = context.now()
    row = Feedback(
        id=new_id(now), analysis_id=analysis, judgement=judgement, comment=comment, author=author, created_at=now
    )
    with context.database.write() as repo:
        if repo.analyses.get(principal.project, analysis) is None:
            raise NotFound("There is no analysis with that id.")
        repo.attached.add_feedback(row)
    return row


def of(context: Context, principal: Principal, analysis: str) -> Sequence[Feedback]:
    """All judgements, the oldest first. Raises NotFound unless the analysis is the project's."""
    with context.database.read() as repo:
        if repo.analyses.get(principal.project, analysis) is None:
            raise NotFound("There is no analysis with that id.")
        return repo.attached.feedback(analysis)
