"""Sentences on the whole: the verdict, why there is none, how often such verdicts err, and what is not said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from unmask.explain.narrative import NarrativeFacts
from unmask.explain.origin import origin_ids
from unmask.explain.words import number, sentence_case
from unmask.fusion.origin import SAYS_GENERATED
from unmask.language import marked as _
from unmask.language.conditions import condition_words
from unmask.result import Sentence

_REAL_ONES: Mapping[str, str] = {
    "video": _("real videos like this one"),
    "audio": _("real recordings like this one"),
    "image": _("real pictures like this one"),
}


def verdict_sentence(facts: NarrativeFacts) -> Sentence:
    """The label with its probability and range, resting on the first evidence of each contribution."""
    verdict, say = facts.verdict, facts.language.gettext
    if verdict.probability is None or verdict.interval is None:
        text = say(
            "{this} could not be assessed: it holds nothing that Unmask is able to examine reliably.", this=facts.this
        )
        return Sentence(text=sentence_case(text), evidence=[])
    low, high = (number(end, facts.language) for end in verdict.interval)
    values = {"this": facts.this, "shown": number(verdict.probability, facts.language), "low": low, "high": high}
    if verdict.label == "likely_manipulated" and low == high:  # no range: it was set by a rule
        text = say("{this} is likely manipulated: the probability is {shown}.", **values)
    elif verdict.label == "likely_manipulated":
        text = say(
            "{this} is likely manipulated: the probability is {shown}, with a plausible range from {low} to {high}.",
            **values,
        )
    elif verdict.label == "likely_authentic":
        text = say(
            "{this} is likely authentic: nothing that was examined points clearly to a manipulation, and the "
            "probability of one is {shown}, with a plausible range from {low} to {high}.",
            **values,
        )
    else:
        text = say(
            "The examination of {this} came to no conclusion: the probability of a manipulation is {shown}, but "
            "anything from {low} to {high} is plausible.",
            **values,
        )
    return Sentence(text=sentence_case(text), evidence=_carrying(facts))


def _carrying(facts: NarrativeFacts) -> list[str]:
    """The first evidence of each contribution, the weightiest first."""
    heavy = sorted(facts.contributions, key=lambda c: (-abs(c.log_odds), c.source, c.subject))
    return list(dict.fromkeys(c.evidence[0] for c in heavy if c.evidence))[:4]


def why_undecided(facts: NarrativeFacts) -> Iterator[Sentence]:
    """Why the examination came to no conclusion."""
    say, reasons = facts.language.gettext, facts.verdict.reasons
    if facts.verdict.label != "inconclusive":
        return
    if "interval_too_wide" in reasons:
        text = say("That range is too wide to call it either way, and an honest answer has to stop there.")
        yield Sentence(text=text, evidence=[])
    elif "evidence_too_weak" in reasons:
        yield Sentence(text=say("What was found points neither way strongly enough to call it."), evidence=[])
    elif SAYS_GENERATED in reasons:
        text = say("The examination points to authentic, but the file itself declares that AI made it.")
        yield Sentence(text=text, evidence=origin_ids(facts.evidence))


def expected_error(facts: NarrativeFacts) -> Iterator[Sentence]:
    """How many real media were called manipulated when that was measured, and what that says."""
    error, language = facts.verdict.expected_error, facts.language
    if error is None or facts.verdict.label == "not_assessable":
        return
    real = language.gettext(_REAL_ONES[facts.media.kind])
    if error.condition:
        real = f"{real} ({condition_words(error.condition, language)})"
    low, high = (language.decimal(100 * end, 1).removesuffix(language.decimal(0.0, 1)[1:]) for end in error.interval)
    values = {"measured": language.integer(error.n), "real": real, "low": low, "high": high}
    alarms = round(error.false_alarm * error.n)
    if not alarms:
        text = language.gettext(
            "Of {measured} {real} that were measured, none was called manipulated; the true share of such mistakes may "
            "lie anywhere from {low} to {high} %.",
            **values,
        )
    else:
        text = language.ngettext(
            "Of {measured} {real} that were measured, {count} was called manipulated; the true share of such mistakes "
            "may lie anywhere from {low} to {high} %.",
            "Of {measured} {real} that were measured, {count} were called manipulated; the true share of such mistakes "
            "may lie anywhere from {low} to {high} %.",
            alarms,
            **values,
        )
    yield Sentence(text=text, evidence=[])


def scope(facts: NarrativeFacts) -> Sentence:
    """What a reading of the media can't say."""
    say = facts.language.gettext
    text = say(
        "This is a reading of {this} alone: it does not say who is shown, who made a change, or why.", this=facts.this
    )
    if facts.verdict.label in ("likely_authentic", "inconclusive"):
        more = say("It can't rule out a method that leaves no trace Unmask knows.")
        text = f"{text} {more}"
    return Sentence(text=text, evidence=[])
