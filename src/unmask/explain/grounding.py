"""The check of every sentence that Unmask did not word itself. What it does not understand, it does not let through.

A sentence passes when
- the evidence that it cites exists, and holds every number, time, stretch, region, detector and person in it;
- it says what one or two of the built-in sentences on that evidence say: the same claims, hedged as they are, with as
  many negations, every number with the same subject and stretch, none of their stretches, numbers or claims left out;
- all its words are those of the built-in sentence, words that may stand for them, or plain words that claim nothing.

So it can be put otherwise, but can't say anything else. A list of forbidden words alone would not do: small models flip
verdicts and pair true numbers wrongly, and there is no end to what a hostile server may answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from unmask.explain.casefile import Support, together
from unmask.explain.claims import Claims, Number, Span, claims, plain
from unmask.explain.lexicon import ALIKE, BRACKETS, FLAT, HEDGES, IDENTITY, INTENT, OVERCLAIMS, PLAIN
from unmask.result import Label, Sentence

LONGEST = 400
"""Characters of a sentence."""

_PLAIN_TEXT = re.compile(r"[A-Z0-9][A-Za-z0-9 ,.;:()%'\u2019\u2013\u2014-]+\.")
_CITED = re.compile(r"\s*[\[(]((?:E\d+)(?:,\s*E\d+)*)[\])]")
_WHOLE: Mapping[str, frozenset[Label]] = {
    "manipulated": frozenset({"likely_manipulated"}),
    "suspicious": frozenset({"likely_manipulated", "inconclusive"}),
    "authentic": frozenset({"likely_authentic"}),
    "clean": frozenset({"likely_authentic"}),
    "open": frozenset({"inconclusive"}),
}
"""Which verdict a claim on the whole media goes with."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A built-in sentence that may be reworded, and what it says."""

    sentence: Sentence
    says: Claims

    @classmethod
    def of(cls, sentence: Sentence) -> Reference:
        """Read the sentence."""
        return cls(sentence, claims(sentence.text))


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of a sentence: the references that it tells, by number, or the codes of what is wrong with it."""

    sentence: Sentence
    tells: tuple[int, ...]
    faults: tuple[str, ...]


def judge(sentence: Sentence, references: Sequence[Reference], file: Mapping[str, Support], label: Label) -> Judged:
    """Check one sentence. Ids that stand in its text are taken out; they count as cited."""
    inside = [number for group in _CITED.findall(sentence.text) for number in re.findall(r"E\d+", group)]
    text = _CITED.sub("", sentence.text).strip()
    cited = list(dict.fromkeys([*sentence.evidence, *inside]))
    told = Sentence(text=text, evidence=[number for number in file if number in cited])
    faults = list(_form(text, cited, file))
    if faults:
        return Judged(told, (), tuple(faults))
    said = claims(text)
    faults = [*_never_said(text), *_not_held(said, together(file, cited)), *_contradicts(said, label)]
    tells, differs = _closest(said, cited, references)
    faults = list(dict.fromkeys([*faults, *differs]))
    return Judged(told, () if faults else tells, tuple(faults))


def _form(text: str, cited: Sequence[str], file: Mapping[str, Support]) -> Iterator[str]:
    if not cited:
        yield "no_evidence"
    if any(number not in file for number in cited):
        yield "unknown_evidence"
    if len(text) > LONGEST or not _PLAIN_TEXT.fullmatch(text):
        yield "not_a_plain_sentence"


def _never_said(text: str) -> Iterator[str]:
    said = plain(text)
    told = BRACKETS.sub(" ", said)
    if FLAT.search(told) and not HEDGES.search(told):
        yield "overclaims"
    for code, pattern in (("overclaims", OVERCLAIMS), ("intent", INTENT), ("identity", IDENTITY)):
        if pattern.search(said):
            yield code


def _not_held(said: Claims, held: Support) -> Iterator[str]:
    """Persons, detectors, regions, stretches, times and numbers that the cited evidence does not hold."""
    persons = {s for s in said.subjects if s.startswith("person-")}
    if persons - held.subjects:
        yield "person_not_in_evidence"
    if said.detectors - held.detectors - ({"voice"} if "lip_sync" in held.detectors else set()):
        yield "detector_not_in_evidence"
    if said.regions - held.regions:
        yield "region_not_in_evidence"
    if not all(held.has_span(span) for _, span in said.spans):
        yield "stretch_not_in_evidence"
    if not all(held.has_time(time) for _, time in said.times):
        yield "time_not_in_evidence"
    if not all(held.has_number(number) for _, _, number in said.numbers):
        yield "number_not_in_evidence"


def _contradicts(said: Claims, label: Label) -> Iterator[str]:
    for subject, stance in said.stances:
        if subject == "" and stance in _WHOLE and label not in _WHOLE[stance]:
            yield "contradicts_verdict"


def _closest(said: Claims, cited: Sequence[str], references: Sequence[Reference]) -> tuple[tuple[int, ...], list[str]]:
    """The one or two references that the sentence tells, and how it differs from the nearest."""
    near = [i for i, r in enumerate(references) if set(r.sentence.evidence) & set(cited)]
    tried = [*((i,) for i in near), *combinations(near, 2)]
    judged = [(one, _differences(said, cited, [references[i] for i in one])) for one in tried]
    return min(judged, key=lambda pair: len(pair[1]), default=((), ["evidence_says_something_else"]))


def _differences(said: Claims, cited: Sequence[str], refs: Sequence[Reference]) -> list[str]:
    of = [r.says for r in refs]
    faults = []
    if set(cited) - {number for r in refs for number in r.sentence.evidence}:
        faults.append("evidence_says_something_else")
    if said.stances != frozenset(pair for c in of for pair in c.stances):
        faults.append("claims_something_else")
    if said.negations != sum(c.negations for c in of):
        faults.append("negation_differs")
    if said.stances and not HEDGES.search(" ".join(said.words)):
        faults.append("overclaims")
    if not _same_places(said, of):
        faults.append("pairs_differ")
    if not _nothing_left_out(said, of):
        faults.append("leaves_out")
    if _strange_words(said, {word for c in of for word in c.words}):
        faults.append("words_not_in_evidence")
    return faults


def _same_places(said: Claims, of: Sequence[Claims]) -> bool:
    """Whether every stretch, time and number stands with the subject and the stretch that a reference gives it."""
    return (
        all(any(_same_span(s, k) for c in of for k in c.spans) for s in said.spans)
        and all(any(s == k and abs(t - u) <= 0.5 for c in of for k, u in c.times) for s, t in said.times)
        and all(any(_same_number(n, k) for c in of for k in c.numbers) for n in said.numbers)
        and said.regions <= {region for c in of for region in c.regions}
        and said.subjects <= {subject for c in of for subject in c.subjects}
        and said.detectors <= {detector for c in of for detector in c.detectors}
    )


def _nothing_left_out(said: Claims, of: Sequence[Claims]) -> bool:
    return all(
        all(any(_same_span(s, k) for s in said.spans) for k in c.spans)
        and all(any(s == k and abs(t - u) <= 0.5 for s, t in said.times) for k, u in c.times)
        and all(any(_same_number(n, k) for n in said.numbers) for k in c.numbers)
        and c.subjects <= said.subjects
        and c.regions <= said.regions
        for c in of
    )


def _same_span(one: tuple[str, Span], other: tuple[str, Span]) -> bool:
    return one[0] == other[0] and all(abs(a - b) <= 0.5 for a, b in zip(one[1], other[1], strict=True))


def _same_number(one: tuple[str, Span | None, Number], other: tuple[str, Span | None, Number]) -> bool:
    (subject, span, number), (their_subject, their_span, theirs) = one, other
    if subject != their_subject or (span is None) != (their_span is None):
        return False
    if span is not None and their_span is not None and not _same_span((subject, span), (subject, their_span)):
        return False
    return number.rounds(theirs.value) and number.digits + 2 * number.percent <= theirs.digits


def _strange_words(said: Claims, known: set[str]) -> set[str]:
    """Words that are neither the references', nor stand for one of them, nor plain."""
    allowed = known | {_stem(word) for word in known} | PLAIN | {other for w in known for other in ALIKE.get(w, ())}
    return {word for word in said.words if word not in allowed and _stem(word) not in allowed}


def _stem(word: str) -> str:
    word = word.removesuffix("'s")
    for ending in ("ing", "ed", "es", "s"):
        if len(word) > len(ending) + 3 and word.endswith(ending):
            return word.removesuffix(ending)
    return word
