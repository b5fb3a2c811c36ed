"""How two analyses differ, say a rerun and what it repeats: verdicts, contributions, findings, models, settings."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from unmask.db.tables import Analysis
from unmask.result import Finding, ModelUsed, Result, Span
from unmask.service.context import Context, Principal
from unmask.service.errors import NotFound, WrongState
from unmask.storage import keys


class Side(BaseModel):
    """One of the two analyses."""

    analysis: str
    label: str
    probability: float | None
    interval: Span | None
    models: list[ModelUsed]


class ContributionChange(BaseModel):
    """What a source adds to the log-odds about a subject, in each of the two; null where it adds nothing at all."""

    source: str
    subject: str
    before: float | None
    after: float | None


class FindingChange(BaseModel):
    """A finding that is not the same in both; null where it is missing."""

    detector: str
    subject: str
    before: Finding | None
    after: Finding | None


class Difference(BaseModel):
    """Before and after. `shift` is the change of the probability, null where one of them has none.

    `contributions` are all there are in either, `findings` only those that are not the same in both.
    """

    before: Side
    after: Side
    same_media: bool
    label_changed: bool
    shift: float | None
    contributions: list[ContributionChange]
    findings: list[FindingChange]
    models_changed: list[str]
    settings_changed: list[str]


def difference(context: Context, principal: Principal, analysis: str, earlier: str | None = None) -> Difference:
    """How the analysis differs from `earlier`, or from the one that it is a rerun of.

    Raises:
        NotFound: no such analyses in this project, it is no rerun, or the earlier one was deleted.
        WrongState: one of the two is not done.
    """
    with context.database.read() as repo:
        after = repo.analyses.get(principal.project, analysis)
        if after is None:
            raise NotFound("There is no analysis with that id.")
        if earlier is None and after.rerun_of is None:
            raise NotFound("The analysis is no rerun: say with `from` what it is compared with.")
        before = repo.analyses.get(principal.project, earlier or after.rerun_of or "")
    if before is None:
        raise NotFound("The earlier analysis is not there, or was deleted.")
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
        same_media=before.media.sha256 == after.media.sha256,
        label_changed=before.verdict.label != after.verdict.label,
        shift=None if p is None or q is None else round(q - p, 6),
        contributions=_contributions(before, after),
        findings=changes,
        models_changed=names,
        settings_changed=sorted(
            name
            for name in before.settings.keys() | after.settings.keys()
            if before.settings.get(name) != after.settings.get(name)
        ),
    )


def _result(context: Context, row: Analysis) -> Result:
    if row.state != "done":
        raise WrongState(f"The analysis {row.id} is {row.state}, not done.")
    return Result.from_json(context.store.get(keys.artifact(row.project_id, row.id, "result.json")))


def _by_subject(result: Result) -> dict[tuple[str, str], Finding]:
    return {(finding.detector, finding.subject): finding for finding in result.findings}


def _contributions(before: Result, after: Result) -> list[ContributionChange]:
    """In the order of the first document, then what only the second has."""
    sums: tuple[dict[tuple[str, str], float], dict[tuple[str, str], float]] = ({}, {})
    for found, result in zip(sums, (before, after), strict=True):
        for part in result.contributions:
            key = (part.source, part.subject)
            found[key] = found.get(key, 0.0) + part.log_odds
    return [
        ContributionChange(source=key[0], subject=key[1], before=sums[0].get(key), after=sums[1].get(key))
        for key in {**sums[0], **sums[1]}
    ]


def _side(result: Result) -> Side:
    verdict = result.verdict
    values: dict[str, Any] = {"label": verdict.label, "probability": verdict.probability, "interval": verdict.interval}
    return Side(analysis=result.analysis, models=result.models, **values)
