"""What hangs on an analysis: findings, models, artifacts, feedback. It was looked up in its project before."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from unmask.db.tables import Artifact, Feedback, FindingRow, UsedModel


class Attached:
    """Rows of `findings`, `models_used`, `artifacts` and `feedback`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def findings(self, analysis: str) -> Sequence[FindingRow]:
        """What detectors concluded so far."""
        query = select(FindingRow).where(FindingRow.analysis_id == analysis)
        return self._session.scalars(query.order_by(FindingRow.detector, FindingRow.subject)).all()

    def put_finding(self, finding: FindingRow) -> None:
        """Add a finding, or replace that of the same detector about the same subject."""
        self._session.merge(finding)
        self._session.flush()

    def replace_findings(self, analysis: str, findings: Sequence[FindingRow]) -> None:
        """These findings instead of all that were there."""
        self._session.execute(delete(FindingRow).where(FindingRow.analysis_id == analysis))
        self._session.add_all(findings)
        self._session.flush()

    def replace_models(self, analysis: str, models: Sequence[UsedModel]) -> None:
        """These models instead of all that were there."""
        self._session.execute(delete(UsedModel).where(UsedModel.analysis_id == analysis))
        self._session.add_all(models)
        self._session.flush()

    def artifacts(self, analysis: str) -> Sequence[Artifact]:
        """All files that it made, by name."""
        query = select(Artifact).where(Artifact.analysis_id == analysis).order_by(Artifact.name)
        return self._session.scalars(query).all()

    def artifact(self, analysis: str, name: str) -> Artifact | None:
        """One file by its name."""
        return self._session.get(Artifact, (analysis, name))

    def replace_artifacts(self, analysis: str, artifacts: Sequence[Artifact]) -> None:
        """These artifacts instead of all that were there."""
        self._session.execute(delete(Artifact).where(Artifact.analysis_id == analysis))
        self._session.add_all(artifacts)
        self._session.flush()

    def keep_artifacts(self, analysis: str, names: Sequence[str]) -> None:
        """Remove the rows of all artifacts but these."""
        statement = delete(Artifact).where(Artifact.analysis_id == analysis, Artifact.name.not_in(names))
        self._session.execute(statement)

    def add_feedback(self, feedback: Feedback) -> None:
        """Add a person's judgement."""
        self._session.add(feedback)
        self._session.flush()

    def feedback(self, analysis: str) -> Sequence[Feedback]:
        """All judgements, the oldest first."""
        query = select(Feedback).where(Feedback.analysis_id == analysis).order_by(Feedback.id)
        return self._session.scalars(query).all()
