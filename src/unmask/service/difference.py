"""What a rerun changed: the verdicts, findings and models of two analyses of the same media, side by side."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from unmask.db.tables import Analysis
from unmask.result import Finding, ModelUsed, Result
from unmask.service.context import Context, Principal
from unmask.service.errors import NotFound, WrongState
from unmask.storage import keys


class Side(BaseModel):
    """One of the two analyses."""

    analysis: str
    label: str
    probability: float | None
    models: list[ModelUsed]


class FindingChange(BaseModel):
    """A finding that is not the same in both; null where it is missing."""

    detector: str
    subject: str
    before: Finding | None
    after: Finding | None


class Difference(BaseModel):
    """Before and after. `shift` is the change of the probability, null where one of them has none."""

    before: Side
    after: Side
    label_changed: bool
    shift: float | None
    findings: list[FindingChange]
    models_changed: list[str]


def difference(context: Context, principal: Principal, analysis: str) -> Difference:
    """How the analysis differs from the one that it is a rerun of.

    Raises:
        NotFound: no such analysis in this project, it is no rerun, or the earlier one was deleted.
        WrongState: one of the two is not done.
    """
    with context.database.read() as repo:
        after = repo.analyses.get(principal.project, analysis)
        if after is None:
            raise NotFound("There is no analysis with that id.")
        if after.rerun_of is None:
            raise NotFound("The analysis is no rerun.")
        before = repo.analyses.get(principal.project, after.rerun_of)
    if before is None:
        raise NotFound("The earlier analysis was deleted.")
    return compare(_result(context, before), _result(context, after))


def compare(before: Result, after: Result) -> Difference:
    """The difference of two result documents."""
    olds, news = _by_subject(before), _by_subject(after)
    changes = [
        FindingChange(detector=key[0], subject=key[1], before=olds.get(key), after=news.get(key))
        for key in sorted(olds.keys() | news.keys())
        if olds.get(key) != news.get(key)
    ]
    models = {m.name: m.sha256 for m in before.models}, {m.name: m.sha256 for m in after.models}
    names = sorted(name for name in models[0].keys() | models[1].keys() if models[0].get(name) != models[1].get(name))
    p, q = before.verdict.probability, after.verdict.probability
    return Difference(
        before=_side(before),
        after=_side(after),
        label_changed=before.verdict.label != after.verdict.label,
        shift=None if p is None or q is None else round(q - p, 6),
        findings=changes,
        models_changed=names,
    )


def _result(context: Context, row: Analysis) -> Result:
    if row.state != "done":
        raise WrongState(f"The analysis {row.id} is {row.state}, not done.")
    return Result.from_json(context.store.get(keys.artifact(row.project_id, row.id, "result.json")))


def _by_subject(result: Result) -> dict[tuple[str, str], Finding]:
    return {(finding.detector, finding.subject): finding for finding in result.findings}


def _side(result: Result) -> Side:
    values: dict[str, Any] = {"label": result.verdict.label, "probability": result.verdict.probability}
    return Side(analysis=result.analysis, models=result.models, **values)
