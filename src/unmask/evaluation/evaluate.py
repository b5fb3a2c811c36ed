"""From cases to the evaluation document: the verdict and every detector, by condition, method and source."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from unmask import __version__
from unmask.evaluation.cases import OWN_THRESHOLD, Case, Unit, asked, located, said, scores
from unmask.evaluation.document import Data, Evaluation, FailedFile, RealSource, Slice, Subject, WorstFile
from unmask.evaluation.expected import error_cells
from unmask.evaluation.localisation import localise
from unmask.evaluation.metrics import DRAWS, FEW_DRAWS, curves, numbers, share
from unmask.evaluation.outcome import VERDICT, detectors_in
from unmask.evaluation.truth import kind_of
from unmask.fusion.combine import MANIPULATED_FROM
from unmask.fusion.conditions import DIMENSIONS, order
from unmask.models.card import Card
from unmask.result import ModelUsed
from unmask.training.statistics import threshold_for
from unmask.types import ModelRef

QUESTIONS = {
    VERDICT: "Is anything in it manipulated?",
    "face": "Is a face manipulated?",
    "motion": "Does a face move as if it was made?",
    "voice": "Is the voice made by a machine?",
    "lip_sync": "Do lips and voice belong together?",
    "provenance": "Does the file say that it was made?",
}
IRRELEVANT = {
    "face": ("sound", "pitch"),
    "motion": ("sound", "pitch"),
    "voice": ("face", "compression", "brightness", "skin"),
}
"""Conditions that can't matter to a detector."""
LEFT_OUT_RATE = 0.05
LEFT_OUT_LEAST = 20
"""So many real files of other sources are needed to set a threshold by."""
WORST = 25
"""Most files listed as wrong, of either kind."""


def evaluate(
    found: Sequence[Case],
    cards: Mapping[str, Card],
    *,
    manifests: Sequence[str],
    split: str,
    settings: Mapping[str, object],
    beside: Sequence[ModelRef] = (),
    unit: Unit = "person",
    draws: int = DRAWS,
) -> Evaluation:
    """The document over some cases. `cards` are by detector name; `draws` are those of the headline numbers.

    `beside` are models that were measured and have no part in the verdict.
    """
    names = [VERDICT, *detectors_in([case.outcome for case in found])]
    return Evaluation(
        created=datetime.now(UTC),
        unmask=__version__,
        models=[ModelUsed(name=c.name, version=c.version, sha256=c.sha256) for c in cards.values()],
        beside=[ModelUsed(name=m.name, version=m.version, sha256=m.sha256) for m in beside],
        settings=dict(settings),
        unit=unit,
        draws=draws,
        data=_data(found, manifests, split),
        subjects=[_subject(found, name, cards, unit, draws) for name in names],
        real_called_fake=_worst(found, fake=False),
        fakes_missed=_worst(found, fake=True),
        failed=[
            FailedFile(file=c.name, source=c.row.source, code=c.outcome.error, message=c.outcome.message or "")
            for c in found
            if c.outcome.error is not None
        ],
        expected_error=error_cells(found),
    )


def _subject(found: Sequence[Case], name: str, cards: Mapping[str, Card], unit: Unit, draws: int) -> Subject:
    few = min(draws, FEW_DRAWS)
    chosen = asked(found, name)
    data = scores(chosen, name, unit)
    labels = {side: Counter[str]() for side in ("real", "fake")}
    for case in chosen:
        labels["fake" if case.truth.of(name) else "real"][said(case, name)] += 1
    return Subject(
        name=name,
        question=QUESTIONS.get(kind_of(name), f"What does {name} say?"),
        threshold=_threshold(chosen, name),
        numbers=numbers(data, draws=draws),
        labels={side: dict(counts.most_common()) for side, counts in labels.items()},
        curves=curves(data),
        conditions=_conditions(chosen, name, unit, few),
        methods=_methods(chosen, name, unit, few),
        sources=_sources(chosen, name, cards, unit, few),
        localisation=localise(located(chosen, name, unit), draws=few),
    )


def _threshold(chosen: Sequence[Case], name: str) -> str:
    """What counts as an alarm, in words."""
    if name == VERDICT:
        return "label likely_manipulated"
    if all(case.outcome.calibrated(name) for case in chosen):
        return f"probability of {MANIPULATED_FROM:.2f} or more"
    return f"own answer of {OWN_THRESHOLD:.2f} or more, not calibrated"


def _conditions(chosen: Sequence[Case], name: str, unit: Unit, draws: int) -> list[Slice]:
    """A slice per band of every dimension that matters; and per source that has both classes."""
    slices = []
    for dimension in DIMENSIONS:
        if dimension in IRRELEVANT.get(kind_of(name), ()):
            continue
        present = {case.bands[dimension] for case in chosen if dimension in case.bands}
        for band in sorted(present, key=lambda b: (order(b), b)):
            part = [case for case in chosen if case.bands.get(dimension) == band]
            slices.append(Slice(dimension=dimension, name=band, numbers=numbers(scores(part, name, unit), draws=draws)))
    for source in sorted({case.row.source for case in chosen}):
        part = [case for case in chosen if case.row.source == source]
        if len({case.truth.of(name) for case in part}) == 2:
            counted = numbers(scores(part, name, unit), draws=draws)
            slices.append(Slice(dimension="source", name=source or "not stated", numbers=counted))
    return slices


def _methods(chosen: Sequence[Case], name: str, unit: Unit, draws: int) -> list[Slice]:
    """Each method's fakes against all real files; the coverage is that of the fakes alone."""
    real = [case for case in chosen if not case.truth.of(name)]
    fakes = [case for case in chosen if case.truth.of(name)]
    slices = []
    for method in sorted({case.row.method for case in fakes}):
        mine = [case for case in fakes if case.row.method == method]
        counted = numbers(scores([*mine, *real], name, unit), draws=draws)
        own = numbers(scores(mine, name, unit), draws=draws)
        counted = counted.model_copy(update={"coverage": own.coverage, "n_groups": own.n_groups})
        slices.append(Slice(dimension="method", name=method or "not stated", numbers=counted))
    return slices


def _sources(chosen: Sequence[Case], name: str, cards: Mapping[str, Card], unit: Unit, draws: int) -> list[RealSource]:
    """False alarms on each source of real files, at the shipped threshold and at one that the others set."""
    real = [case for case in chosen if not case.truth.of(name)]
    asked_cards = cards.values() if name == VERDICT else [cards[name]] if name in cards else []
    trained = {d.source.removesuffix(" (clips)") for c in asked_cards for d in c.data if d.split == "train"}
    found = []
    for source in sorted({case.row.source for case in real}):
        mine = scores([case for case in real if case.row.source == source], name, unit)
        others = scores([case for case in real if case.row.source != source], name, unit).scored
        left_out = None
        if len(others.score) >= LEFT_OUT_LEAST and len(mine.scored.score):
            threshold = threshold_for(others.score, LEFT_OUT_RATE)
            left_out = share(mine.scored.score > threshold, mine.scored.groups, draws=draws)
        found.append(
            RealSource(
                source=source or "not stated",
                trained_on=source in trained,
                numbers=numbers(mine, draws=draws),
                left_out=left_out,
            )
        )
    return found


def _worst(found: Sequence[Case], *, fake: bool) -> list[WorstFile]:
    """Real files called manipulated, the surest first; or fakes that were not, those called authentic first."""
    wrong = [
        case
        for case in found
        if case.truth.whole is fake
        and case.outcome.error is None
        and (case.outcome.label == "likely_manipulated") is not fake
        and case.outcome.probability is not None
    ]
    sign = 1 if fake else -1
    ranked = sorted(wrong, key=lambda case: sign * (case.outcome.probability or 0.0))
    return [
        WorstFile(
            file=case.name,
            source=case.row.source,
            method=case.row.method,
            probability=case.outcome.probability,
            label=case.outcome.label or "",
            scores={n: s for n in detectors_in([case.outcome]) if (s := case.outcome.score(n)) is not None},
        )
        for case in ranked[:WORST]
    ]


def _data(found: Sequence[Case], manifests: Sequence[str], split: str) -> Data:
    rows = [case.row for case in found]
    lines = sorted(f"{row.source}|{row.origin or row.path.name}|{row.crop}|{row.label}" for row in rows)
    return Data(
        manifests=list(manifests),
        split=split,
        files=len(rows),
        real=sum(row.label == "real" for row in rows),
        fake=sum(row.label == "fake" for row in rows),
        sources=len({row.source for row in rows}),
        methods=len({row.method for row in rows if row.method}),
        persons=len({row.identity for row in rows}),
        files_sha256=hashlib.sha256("\n".join(lines).encode()).hexdigest(),
        seconds=round(sum(case.outcome.seconds for case in found), 1),
    )
