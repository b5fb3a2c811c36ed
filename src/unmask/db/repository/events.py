"""Events of analyses, each with its place in the order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from unmask.db.tables import Analysis, Event, State


class Events:
    """Rows of `events`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, analysis: str, kind: str, data: dict[str, Any], at: datetime) -> int | None:
        """Append an event and return its place, or None if the analysis is not there any more.

        The place comes from a counter in the analysis's own row, so two writers wait for each other.
        """
        statement = update(Analysis).where(Analysis.id == analysis).values(event_seq=Analysis.event_seq + 1)
        seq = self._session.scalar(statement.returning(Analysis.event_seq))
        if seq is not None:
            self._session.add(Event(analysis_id=analysis, seq=seq, kind=kind, data=data, created_at=at))
            self._session.flush()
        return seq

    def after(self, project: str, analysis: str, seq: int, limit: int) -> tuple[State | None, Sequence[Event]]:
        """The analysis's state (None: not there), and the events after place `seq` in order."""
        query = select(Analysis.state).where(Analysis.id == analysis, Analysis.project_id == project)
        state = self._session.scalar(query)
        if state is None:
            return None, ()
        events = select(Event).where(Event.analysis_id == analysis, Event.seq > seq).order_by(Event.seq).limit(limit)
        return state, self._session.scalars(events).all()

    def places(self, analyses: Sequence[str]) -> dict[str, int]:
        """The place of the last event of each of these analyses, of any project; those that are gone are left out."""
        query = select(Analysis.id, Analysis.event_seq).where(Analysis.id.in_(analyses))
        return {analysis: place for analysis, place in self._session.execute(query)}  # noqa: C416 - rows are not pairs
