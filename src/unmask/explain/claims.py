"""What an English sentence says, as far as it can be compared: persons, stretches, times, numbers, regions, claims.

Every number belongs to the subject named last before it (or first after it), and to the stretch of time named last
before it: so a true number with another person's name, or a true start with another stretch's end, is a difference.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from unmask.explain.lexicon import NEGATIONS, NUMBER_WORDS, STANCES

TIME = r"(?:\d{1,2}:)?\d{1,3}:\d{2}(?:\.\d+)?"
_SECONDS = r"\d+(?:\.\d+)?(?= ?(?:s|secs?|seconds?)\b)"
_SPAN = re.compile(rf"({TIME})\s*(?:to|and|until|till|through|-)\s*({TIME})")
_TOKEN = re.compile(
    rf"(?P<span>{TIME}\s*(?:to|and|until|till|through|-)\s*{TIME})|(?P<time>{TIME})|(?P<seconds>{_SECONDS})"
    r"|(?P<percent>\d[\d,]*(?:\.\d+)?(?= ?(?:%|percent\b|per cent\b)))|(?P<person>person[- ]?\d+)"
    r"|(?P<number>\d[\d,]*(?:\.\d+)?)|(?P<subject>\bvoice\b|\bspeech\b|\bfaces\b)|(?P<written>\b[a-z]+\b)"
)
_REGIONS = {
    "eyes": r"eyes?|brows?|eyebrows?",
    "nose": r"nose|nostrils?",
    "mouth": r"mouth",
    "cheeks": r"cheeks?",
    "jaw": r"jaws?|jawline|chin",
    "forehead": r"forehead|hair ?line|hair",
    "background": r"surroundings?|background",
}
_DETECTORS = {
    "face": r"faces?|facial",
    "lip_sync": r"lips?",
    "voice": r"voices?",
    "motion": r"movements?|motion",
    "provenance": r"origin|credentials|metadata",
}


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written: its value and how many digits follow its point; `percent` where it was written as one."""

    value: float
    digits: int
    percent: bool = False

    def rounds(self, exact: float) -> bool:
        """Whether it is what `exact` rounds to; "over 0.999" stands for all that is nearer to one."""
        written = self.value / 100 if self.percent else self.value
        digits = self.digits + 2 if self.percent else self.digits
        ends = (self.value == 0.999 and exact > 0.9995) or (self.value == 0.001 and exact < 0.0005)
        return ends or abs(written - exact) <= 0.5 * 10.0**-digits + 1e-9


Span = tuple[float, float]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Claims:
    """All that is compared. `subjects` are persons, "voice" and "faces"; "" is the media as a whole."""

    words: tuple[str, ...]
    subjects: frozenset[str]
    detectors: frozenset[str]
    regions: frozenset[str]
    spans: tuple[tuple[str, Span], ...]
    times: tuple[tuple[str, float], ...]
    numbers: tuple[tuple[str, Span | None, Number], ...]
    stances: frozenset[tuple[str, str]]
    negations: int


def plain(text: str) -> str:
    """The sentence in small letters, with one kind of space, quote and dash."""
    text = unicodedata.normalize("NFKC", text).lower()
    text = re.sub(r"[\u2018\u2019]", "'", re.sub(r"[\u2010-\u2015\u2212]", "-", text))
    return re.sub(r"\s+", " ", text).strip()


def claims(text: str) -> Claims:
    """Read a sentence."""
    said = plain(text)
    tokens = list(_TOKEN.finditer(said))
    places = [(m.start(), _subject(m)) for m in tokens if m.lastgroup in ("person", "subject")]

    def whose(at: int) -> str:
        return _near(places, at, "")

    spans = [(m.start(), whose(m.start()), _seconds_pair(m.group())) for m in tokens if m.lastgroup == "span"]

    def within(at: int) -> Span | None:
        own: list[tuple[int, Span | None]] = [(place, span) for place, subject, span in spans if subject == whose(at)]
        return _near(own, at, None)

    found, rest = _stances(said)
    return Claims(
        words=tuple(re.findall(r"[a-z][a-z'-]*", re.sub(r"person[- ]?\d+", " ", said))),
        subjects=frozenset(subject for _, subject in places),
        detectors=_named(_DETECTORS, said),
        regions=_named(_REGIONS, said),
        spans=tuple((subject, span) for _, subject, span in spans),
        times=tuple((whose(m.start()), t) for m in tokens for t in _time(m)),
        numbers=tuple((whose(m.start()), within(m.start()), n) for m in tokens for n in _number(m)),
        stances=frozenset((whose(at), stance) for at, stance in found),
        negations=len(NEGATIONS.findall(rest)),
    )


def _subject(match: re.Match[str]) -> str:
    text = match.group()
    if match.lastgroup == "person":
        return "person-" + re.sub(r"\D", "", text)
    return "faces" if text == "faces" else "voice"


def _near(places: Sequence[tuple[int, T]], at: int, none: T) -> T:
    """What stands last before a place, or else first after it; `none` where there is nothing."""
    before = [what for place, what in places if place <= at]
    return before[-1] if before else (places[0][1] if places else none)


def seconds(text: str) -> float:
    """A time as a player writes it, in seconds."""
    value = 0.0
    for part in text.split(":"):
        value = value * 60 + float(part)
    return value


def _seconds_pair(text: str) -> Span:
    match = _SPAN.fullmatch(text)
    assert match is not None
    return seconds(match[1]), seconds(match[2])


def _time(match: re.Match[str]) -> Iterator[float]:
    if match.lastgroup == "time":
        yield seconds(match.group())
    elif match.lastgroup == "seconds":
        yield float(match.group())


def _number(match: re.Match[str]) -> Iterator[Number]:
    text = match.group()
    if match.lastgroup in ("number", "percent"):
        written = text.replace(",", "")
        yield Number(float(written), len(written.partition(".")[2]), match.lastgroup == "percent")
    elif match.lastgroup == "written" and text in NUMBER_WORDS:
        yield Number(NUMBER_WORDS[text], 0)


def _named(table: dict[str, str], said: str) -> frozenset[str]:
    return frozenset(name for name, pattern in table.items() if re.search(rf"\b(?:{pattern})\b", said))


def _stances(said: str) -> tuple[list[tuple[int, str]], str]:
    """Claims with their places, and the sentence without their words, in which negations are left to be counted."""
    found: list[tuple[int, str]] = []
    for stance, pattern in STANCES:
        if stance != "neutral":
            found.extend((match.start(), stance) for match in pattern.finditer(said))
        said = pattern.sub(lambda m: " " * len(m.group()), said)
    return found, said
