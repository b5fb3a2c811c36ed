"""Facts of the answer in words, for the page and the PDF alike: key figures, outcomes, and what limits it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from unmask.explain.origin import is_origin
from unmask.explain.words import (
    KINDS,
    LABELS,
    REENCODINGS,
    REGION_NAMES,
    clock,
    number,
    reason_words,
    sentence_case,
    subject_phrase,
)
from unmask.fusion.fuse import CALIBRATED_FACE
from unmask.language import Language
from unmask.language import marked as _
from unmask.language.conditions import condition_words
from unmask.result import ExpectedError, Finding, Result, Stability, Verdict

NONE = "\N{EN DASH}"
TIMES = "\N{MULTIPLICATION SIGN}"


@dataclass(frozen=True, slots=True)
class Figure:
    """A key figure: what it is, the figure, and what it rests on. `faint` where there is none."""

    name: str
    value: str
    note: str
    faint: bool = False


def key_figures(result: Result, language: Language) -> list[Figure]:
    """The numbers under the verdict."""
    say, verdict = language.gettext, result.verdict
    found = []
    if verdict.probability is not None and verdict.interval is not None:
        note = say("plausible range {range} (95 %)", range=span_words(verdict.interval, language))
        found.append(Figure(say("Probability of a manipulation"), number(verdict.probability, language), note))
    scored = [f for f in result.findings if f.state == "scored"]
    names = [subject_phrase(f.detector, f.subject, language) for f in scored]
    based = language.ngettext("{count} finding", "{count} findings", len(scored))
    rests = sentence_case(language.listed(names)) if names else say("nothing could be examined")
    found.append(Figure(say("Based on"), based, rests))
    found += _errors(verdict, language)
    if verdict.stability is not None:
        found.append(_stability(verdict.stability, "unstable" in verdict.reasons, language))
    found.append(_media(result, language))
    return found


def _errors(verdict: Verdict, language: Language) -> list[Figure]:
    say, expected = language.gettext, verdict.expected_error
    if expected is None and verdict.probability is None:
        return []
    name = say("False alarms to expect")
    if expected is None:
        return [Figure(name, say("not measured"), say("for media of this condition"), faint=True)]
    low, high = (language.decimal(end * 100, 1) for end in expected.interval)
    return [Figure(name, say("{low} to {high} %", low=low, high=high), _measured(expected, language))]


def _measured(expected: ExpectedError, language: Language) -> str:
    message = (
        _("of real media like this ({condition}); {found} of {all} when measured on {date}")
        if expected.measured
        else _("of real media like this ({condition}); {found} of {all} when measured")
    )
    values = {
        "condition": condition_words(expected.condition, language),
        "found": language.integer(round(expected.false_alarm * expected.n)),
        "all": language.integer(expected.n),
        "date": _day(expected.measured or "", language),
    }
    return language.gettext(message, **values)


def _day(text: str, language: Language) -> str:
    """An ISO date as this language writes it; another text as it is."""
    try:
        return language.day(date.fromisoformat(text))
    except ValueError:
        return text


def _stability(found: Stability, unstable: bool, language: Language) -> Figure:
    say = language.gettext
    answer = say("another answer") if unstable else say("the same answer")
    if found.spread is None and not unstable:
        answer = say("nothing to compare")
    told = []
    for one in found.values:
        name = say(REENCODINGS[one.variant]) if one.variant in REENCODINGS else one.variant
        if one.probability is not None:
            shown = number(one.probability, language)
        else:
            shown = say(LABELS[one.label]) if one.label else one.error or say("no answer")
        told.append(f"{name}: {shown}")
    if found.spread is not None:
        told.append(say("spread {number}", number=language.decimal(found.spread, 2)))
    return Figure(say("After light re-encoding"), answer, "; ".join(told))


def _media(result: Result, language: Language) -> Figure:
    say, media = language.gettext, result.media
    name = sentence_case(say(KINDS[media.kind]))
    persons = language.ngettext("{count} person", "{count} persons", len(result.persons))
    if media.kind == "image":
        size = f"{media.video.width} {TIMES} {media.video.height}" if media.video else say("still")
        return Figure(name, size, persons)
    if media.kind == "audio":
        return Figure(name, clock(media.duration), say("sound only"))
    sound = say("with sound") if media.audio else say("no sound")
    return Figure(name, clock(media.duration), f"{persons}, {sound}")


def span_words(span: Sequence[float], language: Language) -> str:
    """A range of probabilities."""
    low, high = (number(end, language) for end in span)
    return language.gettext("{low} to {high}", low=low, high=high)


def region_names(names: Sequence[str], language: Language) -> str:
    """Regions in a table's cell; a dash where there are none."""
    shown = [language.gettext(REGION_NAMES[n]) if n in REGION_NAMES else n for n in names]
    return ", ".join(shown) or NONE


def outcome(finding: Finding, language: Language) -> str:
    """What a finding says, in words."""
    say = language.gettext
    reason = reason_words(finding.reason or "", language) or say("no reason given")
    if is_origin(finding.detector):
        return say("Declared to be made by AI") if finding.state == "scored" else sentence_case(reason)
    if finding.state == "failed":
        return say("Broke down: {reason}", reason=reason)
    if finding.state == "not_applicable":
        return say("Not examined: {reason}", reason=reason)
    probability = finding.probability or 0.0
    if probability >= 0.8:
        return say("Signs of manipulation")
    return say("No clear answer") if probability >= 0.4 else say("No clear sign of manipulation")


def limits(result: Result, language: Language) -> list[str]:
    """What weakens the answer, each as one sentence; text from outside in it is still unescaped."""
    return [
        *_from_findings(result, language),
        language.gettext(
            "A detector knows the methods it was trained on. A new method, or a careful one, may leave no trace that "
            "Unmask knows; strong compression and small faces hide traces too."
        ),
        language.gettext("Nothing is said about who is shown, who made a change, or why."),
    ]


def _from_findings(result: Result, language: Language) -> Iterator[str]:
    say = language.gettext
    for reason in result.verdict.reasons:
        if ": " not in reason:
            yield say("No firmer answer, because {reason}.", reason=reason_words(reason, language))
    for finding in result.findings:
        if finding.state != "scored" and not is_origin(finding.detector):
            cause = reason_words(finding.reason or "", language) or say("no reason given")
            subject = sentence_case(subject_phrase(finding.detector, finding.subject, language))
            failed = _("{subject}: could not be examined, {reason}.")
            message = failed if finding.state == "failed" else _("{subject}: not examined, {reason}.")
            yield say(message, subject=subject, reason=cause)
    for person in result.persons:
        if person.median_face_px < CALIBRATED_FACE:
            yield say(
                "The face of {person} is small (median {pixels} pixels): its reading is less certain.",
                person=person.subject,
                pixels=f"{person.median_face_px:.0f}",
            )
    for note in result.media.notes:
        yield say("Noted when the file was read: {note}.", note=note)
