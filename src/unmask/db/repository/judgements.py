"""What people think, counted over all analyses of a project."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, literal_column, or_, select
from sqlalchemy.orm import Session

from unmask.db.tables import Analysis, Feedback, UsedModel

OPPOSED = (("authentic", "likely_manipulated"), ("manipulated", "likely_authentic"))
"""Judgement and verdict that contradict each other."""


_UTC: ColumnElement[str] = literal_column("'UTC'")  # bound values would not group
_ISO: ColumnElement[str] = literal_column("'YYYY-MM-DD'")


class Counted(NamedTuple):
    """How many judgements of one kind there are of one verdict, in a group: a day (ISO) or a model's name, version."""

    group: tuple[str, ...]
    verdict: str
    judgement: str
    number: int


class Judgements:
    """Counts over `feedback`, of analyses that have a verdict. `since` is the first day, None for all."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def by_day(self, project: str, since: date | None) -> list[Counted]:
        """Counts by day (UTC), verdict and judgement, in the order of days."""
        postgres = self._session.get_bind().dialect.name == "postgresql"
        day = (
            func.to_char(func.timezone(_UTC, Feedback.created_at), _ISO) if postgres else func.date(Feedback.created_at)
        )
        return self._counted(_of(project, since, day), (day,))

    def by_model(self, project: str, since: date | None) -> list[Counted]:
        """Counts by each model that took part, its version, verdict and judgement."""
        group = (UsedModel.name, UsedModel.version)
        query = _of(project, since, *group).join(UsedModel, UsedModel.analysis_id == Analysis.id)
        return self._counted(query, group)

    def opposed(self, project: str, since: date | None, limit: int) -> Sequence[tuple[Feedback, Analysis]]:
        """The latest judgements that contradict the verdict."""
        either = or_(*(and_(Feedback.judgement == told, Analysis.verdict == verdict) for told, verdict in OPPOSED))
        query = select(Feedback, Analysis).join(Analysis, Analysis.id == Feedback.analysis_id)
        query = query.where(either, *_conditions(project, since)).order_by(Feedback.id.desc()).limit(limit)
        return [(feedback, analysis) for feedback, analysis in self._session.execute(query)]

    def _counted(self, query: Select[Any], group: tuple[Any, ...]) -> list[Counted]:
        rows = self._session.execute(query.group_by(*group, Analysis.verdict, Feedback.judgement).order_by(*group))
        return [Counted(tuple(row[:-3]), row[-3], row[-2], row[-1]) for row in rows]


def _of(project: str, since: date | None, *columns: Any) -> Select[Any]:
    query = select(*columns, Analysis.verdict, Feedback.judgement, func.count())
    return query.join(Analysis, Analysis.id == Feedback.analysis_id).where(*_conditions(project, since))


def _conditions(project: str, since: date | None) -> list[ColumnElement[bool]]:
    found = [Analysis.project_id == project, Analysis.verdict.is_not(None)]
    if since is not None:
        found.append(Feedback.created_at >= datetime.combine(since, time(), UTC))
    return found
