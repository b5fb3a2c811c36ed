"""What people think of a verdict."""

from __future__ import annotations

from fastapi import APIRouter

from unmask.api.deps import KEYED, AnalysisId, Ctx, Read, Write
from unmask.api.problems import responses
from unmask.api.schemas import FeedbackOut, NewFeedback
from unmask.service import feedback
from unmask.service.errors import NotFound

router = APIRouter(prefix="/analyses", tags=["feedback"], dependencies=KEYED)


@router.post(
    "/{analysis}/feedback",
    status_code=201,
    response_model=FeedbackOut,
    summary="Say what a person thinks",
    responses=responses(NotFound),
)
def give(who: Write, context: Ctx, analysis: AnalysisId, given: NewFeedback) -> FeedbackOut:
    """It is kept beside the verdict and changes nothing of it."""
    return FeedbackOut.of(
        feedback.give(context, who, analysis, given.judgement, comment=given.comment, author=given.author)
    )


@router.get(
    "/{analysis}/feedback",
    response_model=list[FeedbackOut],
    summary="What people think",
    responses=responses(NotFound),
)
def show(who: Read, context: Ctx, analysis: AnalysisId) -> list[FeedbackOut]:
    """All judgements of an analysis, the oldest first."""
    return [FeedbackOut.of(row) for row in feedback.of(context, who, analysis)]
