"""What differs between two results, A and B, in sentences: files, answers, what moved them, findings, models."""

from __future__ import annotations

from unmask.language import Language
from unmask.result import Finding, ModelUsed, Result
from unmask.service.difference import Difference, FindingChange
from unmask.web.words import DETECTORS, LABELS, reason, subject, words

NOTABLE = 0.005
"""Less than this much of a probability, or of log-odds, is not told."""


def in_words(difference: Difference, results: tuple[Result, Result], language: Language) -> list[str]:
    """Sentences in the order of what matters."""
    told = [
        *_answers(difference, language),
        *_files(difference, results, language),
        *_moved(difference, language),
        *(sentence for change in difference.findings for sentence in _finding(change, language)),
        *_models(difference, language),
    ]
    if difference.settings_changed:
        names = ", ".join(difference.settings_changed)
        told.append(language.gettext("The settings differ in: {names}.", names=names))
    elif difference.same_media and not difference.models_changed and _differ(difference):
        told.append(
            language.gettext("File, models and settings are the same: the program itself changed between the two.")
        )
    return told


def percent(value: float, language: Language) -> str:
    """A probability in percent: one digit more towards the ends, where it matters."""
    return language.decimal(100 * value, 1 if value < 0.0995 or value > 0.9005 else 0)


def _files(difference: Difference, results: tuple[Result, Result], language: Language) -> list[str]:
    if difference.same_media:
        return [language.gettext("Both examined the very same file.")]
    told = [language.gettext("These are two different files: what differs may lie in the files themselves.")]
    if all(result.persons for result in results):
        told.append(
            language.gettext("Persons are numbered in each file anew: person-1 in A need not be person-1 in B.")
        )
    return told


def _answers(difference: Difference, language: Language) -> list[str]:
    a, b = difference.before, difference.after
    labels = {"a": words(LABELS, a.label, language), "b": words(LABELS, b.label, language)}
    told = [
        language.gettext("The answers differ. A: {a}. B: {b}.", **labels)
        if difference.label_changed
        else language.gettext("Both come to the same answer: {a}.", a=labels["a"])
    ]
    return [*told, *_probabilities(difference, language)]


def _probabilities(difference: Difference, language: Language) -> list[str]:
    a, b = difference.before, difference.after
    if a.probability is None or b.probability is None:
        if a.probability is None and b.probability is None:
            return []
        return [language.gettext("Only {name} has a probability.", name="A" if b.probability is None else "B")]
    values = {"a": percent(a.probability, language), "b": percent(b.probability, language)}
    shift = b.probability - a.probability
    points = language.decimal(100 * abs(shift), 1)
    if abs(shift) < NOTABLE:
        return [language.gettext("The probability of a manipulation is the same: {b} %.", b=values["b"])]
    if shift > 0:
        told = language.gettext(
            "B gives a higher probability of a manipulation, by {points} points: {b} % against {a} %.",
            points=points,
            **values,
        )
    else:
        told = language.gettext(
            "B gives a lower probability of a manipulation, by {points} points: {b} % against {a} %.",
            points=points,
            **values,
        )
    if a.interval is None or b.interval is None:
        return [told]
    if a.interval[0] <= b.interval[1] and b.interval[0] <= a.interval[1]:
        return [told, language.gettext("The plausible ranges overlap, so the two do not contradict each other.")]
    return [told, language.gettext("The plausible ranges do not overlap: the two contradict each other.")]


def _moved(difference: Difference, language: Language) -> list[str]:
    """Which contribution lies furthest apart."""
    apart = [((c.after or 0.0) - (c.before or 0.0), c) for c in difference.contributions]
    by, most = max(apart, key=lambda pair: abs(pair[0]), default=(0.0, None))
    if most is None or abs(by) < NOTABLE:
        return []
    values = {"what": _named(most.source, most.subject, language), "by": language.decimal(abs(by), 2)}
    if by > 0:
        return [
            language.gettext(
                "Furthest apart: {what} speaks more for a manipulation in B, by {by} in log-odds.", **values
            )
        ]
    return [
        language.gettext("Furthest apart: {what} speaks less for a manipulation in B, by {by} in log-odds.", **values)
    ]


def _finding(change: FindingChange, language: Language) -> list[str]:
    a, b = change.before, change.after
    what = _named(change.detector, change.subject, language)
    p, q = _probability(a), _probability(b)
    if p is not None and q is not None:
        if abs(p - q) < NOTABLE:
            return []
        values = {"a": percent(p, language), "b": percent(q, language)}
        return [language.gettext("{what}: {a} % in A, {b} % in B.", what=what, **values)]
    for name, here, other in (("A", p, b), ("B", q, a)):
        if here is not None:
            why = reason(other.reason or "", language) if other is not None else language.gettext("not there")
            values = {"what": what, "name": name, "p": percent(here, language), "why": why}
            return [language.gettext("{what}: only in {name}, with {p} %. In the other: {why}.", **values)]
    return []


def _models(difference: Difference, language: Language) -> list[str]:
    if not difference.models_changed:
        return [language.gettext("The models are the same.")]
    a, b = ({m.name: m for m in side.models} for side in (difference.before, difference.after))
    return [_model(name, a.get(name), b.get(name), language) for name in difference.models_changed]


def _model(name: str, a: ModelUsed | None, b: ModelUsed | None, language: Language) -> str:
    what = words(DETECTORS, name, language)
    if a is None or b is None:
        return language.gettext("Model {what}: only in {name}.", what=what, name="B" if a is None else "A")
    if a.version == b.version:
        return language.gettext("Model {what}: the same version with other weights.", what=what)
    return language.gettext("Model {what}: version {a} in A, {b} in B.", what=what, a=a.version, b=b.version)


def _named(detector: str, who: str, language: Language) -> str:
    what = words(DETECTORS, detector, language)
    return what if who in ("media", detector) else f"{what} ({subject(who, language)})"


def _probability(finding: Finding | None) -> float | None:
    return finding.probability if finding is not None and finding.state == "scored" else None


def _differ(difference: Difference) -> bool:
    return difference.label_changed or bool(difference.findings) or bool(difference.shift)
