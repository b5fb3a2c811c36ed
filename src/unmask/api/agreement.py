"""What people think of the verdicts, over all analyses of a project: for administrators."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, BeforeValidator, Field

from unmask.api.deps import KEYED, Admin, Ctx
from unmask.api.problems import responses
from unmask.db.tables import Judgement
from unmask.result import Label as VerdictLabel
from unmask.result import Probability, Span
from unmask.service import agreement
from unmask.service.agreement import Agreement


def _written_out(value: object) -> object:
    """A day as RFC 3339 writes it: a bare number would be taken for seconds of some epoch."""
    if isinstance(value, str) and not _DAY.fullmatch(value):
        raise ValueError("a day is written like 2026-11-26")
    return value


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
Day = Annotated[date, BeforeValidator(_written_out)]
router = APIRouter(prefix="/feedback", tags=["feedback"], dependencies=KEYED)


class JudgementCount(BaseModel):
    """How many judgements of a kind were given of analyses with a verdict."""

    verdict: VerdictLabel
    judgement: Judgement
    count: int


class AgreementOut(BaseModel):
    """How many judgements agree with the verdict, contradict it, or leave it open, as `unsure` or `inconclusive` do."""

    agreed: int
    disagreed: int
    left_open: int
    share: Probability | None = Field(description="Of those that can be compared, how many agree; null without any.")
    interval: Span | None = Field(description="Its 95 % interval.")


class WeekOut(AgreementOut):
    """The seven days from a Monday on (UTC)."""

    start: date


class ModelAgreementOut(AgreementOut):
    """Of the analyses in which this model took part."""

    name: str
    version: str


class FeedbackSummary(BaseModel):
    """Whoever judges has seen the answer and chose what to judge: this is no measurement of the models."""

    counts: list[JudgementCount]
    overall: AgreementOut
    weeks: list[WeekOut] = Field(description="From the first to the last with a judgement, empty ones between too.")
    models: list[ModelAgreementOut]


@router.get(
    "", response_model=FeedbackSummary, summary="How often people agree with the verdicts", responses=responses()
)
def show_agreement(
    who: Admin,
    context: Ctx,
    since: Annotated[Day | None, Query(description="Only what was judged on that day or later.")] = None,
) -> FeedbackSummary:
    """Of analyses that are still there: what is deleted takes its judgements along."""
    found = agreement.summary(context, who, since)
    return FeedbackSummary(
        counts=[JudgementCount(verdict=v, judgement=j, count=n) for (v, j), n in sorted(found.counts.items())],
        overall=AgreementOut(**_fields(found.overall)),
        weeks=[WeekOut(start=week.start, **_fields(week.agreement)) for week in found.weeks],
        models=[
            ModelAgreementOut(name=one.name, version=one.version, **_fields(one.agreement)) for one in found.models
        ],
    )


def _fields(found: Agreement) -> dict[str, Any]:
    return {
        "agreed": found.agreed,
        "disagreed": found.disagreed,
        "left_open": found.left_open,
        "share": found.share,
        "interval": found.interval,
    }
