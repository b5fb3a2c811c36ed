"""What the page of a model shows of its card, as values: measurements in groups, data by split and by source."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from unmask.language import Language
from unmask.models.card import Card, DataSource, Metric, headlines
from unmask.web.cardwords import CONDITIONS, GROUPS, SPLITS, UNITS
from unmask.web.words import words

_PREFIXES = {
    "method": r"method ",
    "family": r"family ",
    "source": r"real voices of |real source |clips of ",
    "damage": r"(?:sample|windows of 4 s) under ",
    "people": r"(?=skin luma |pitch )",
}
"""How the conditions of a group begin; the others are those of the whole."""
_NOTES = re.compile(r" \(unseen\)$|, against all real of its kind$")
_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Line:
    """One measurement: its title and what its intervals are drawn by, in this language; `foreign` where it is a name
    or is said in English."""  # noqa: D205, D209

    title: str
    foreign: bool
    notes: tuple[str, ...]
    unit: str
    split: str
    metric: Metric


@dataclass(frozen=True, slots=True)
class Group:
    """Measurements of one kind; `notes` hold for every line, intervals are drawn by `units`."""

    kind: str
    title: str
    hint: str
    notes: tuple[str, ...]
    units: tuple[str, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """What one source gave under one licence."""

    name: str
    licence: str
    real: int
    fake: int
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Split:
    """The data of one split, source by source."""

    title: str
    real: int
    fake: int
    sources: tuple[Source, ...]

    @property
    def names(self) -> int:
        """How many sources there are; one that gave under two licences counts once."""
        return len({one.name for one in self.sources})


def short(card: Card, language: Language) -> tuple[Line, ...]:
    """The measurements that stand for the whole model."""
    return tuple(_line("whole", metric.condition, metric, language) for metric in headlines(card))


def groups(metrics: Sequence[Metric], language: Language) -> tuple[Group, ...]:
    """All measurements; methods and sources with the worst first, the others in the order of the card."""
    found: dict[str, list[Line]] = {kind: [] for kind in GROUPS}
    for metric in metrics:
        kind, name = _kind(metric.condition)
        found[kind].append(_line(kind, name, metric, language))
    found["method"].sort(key=lambda line: 1.0 if line.metric.auc is None else line.metric.auc)
    found["source"].sort(key=lambda line: -(line.metric.false_alarm or 0.0))
    return tuple(_group(kind, lines, language) for kind, lines in found.items() if lines)


def splits(data: Sequence[DataSource], language: Language) -> tuple[Split, ...]:
    """The data that trained, calibrated and tested, in that order."""
    order = [*SPLITS, *sorted({one.split for one in data} - {*SPLITS})]
    parts = [(name, [one for one in data if one.split == name]) for name in order]
    return tuple(
        Split(words(SPLITS, name, language), *_counts(part), tuple(_sources(part))) for name, part in parts if part
    )


def condition(text: str, language: Language) -> tuple[str, bool]:
    """A condition of a card in this language, numbers as it writes them; and whether it was known."""
    parts = text.split(", ")
    known = [said for part in parts if (said := _phrase(part, language)) is not None]
    if len(known) < len(parts):
        return text.replace("_", " "), False
    return language.row(known), True


def _phrase(text: str, language: Language) -> str | None:
    values: dict[str, str] = {}

    def named(found: re.Match[str]) -> str:
        name, number = chr(ord("a") + len(values)), found[0]
        digits = len(number.partition(".")[2])
        values[name] = language.decimal(float(number), digits) if digits else number
        return f"{{{name}}}"

    message = CONDITIONS.get(_NUMBER.sub(named, text))
    return None if message is None else language.gettext(message, **values)


def _kind(text: str) -> tuple[str, str]:
    for kind, prefix in _PREFIXES.items():
        found = re.match(prefix, text)
        if found:
            return kind, text[found.end() :]
    return "whole", text


def _line(kind: str, name: str, metric: Metric, language: Language) -> Line:
    notes: list[str] = []
    if kind in ("method", "source"):
        known = False
        while found := _NOTES.search(name):
            notes.append(language.gettext(CONDITIONS[found[0].strip(" ,()")]))
            name = name[: found.start()]
    else:
        name, known = condition(name, language)
    unit, split = words(UNITS, metric.unit, language), words(SPLITS, metric.split, language)
    return Line(name, not known, tuple(notes), unit, split, metric)


def _group(kind: str, lines: Sequence[Line], language: Language) -> Group:
    title, hint = (language.gettext(text) for text in GROUPS[kind])
    common = [note for note in lines[0].notes if all(note in line.notes for line in lines)]
    own = [replace(line, notes=tuple(note for note in line.notes if note not in common)) for line in lines]
    units = tuple(dict.fromkeys(line.unit for line in lines))
    return Group(kind, title, hint, tuple(common), units, tuple(own))


def _counts(part: Iterable[DataSource]) -> tuple[int, int]:
    count: Counter[str] = Counter()
    for one in part:
        count[one.label] += one.files
    return count["real"], count["fake"]


def _sources(part: Sequence[DataSource]) -> Iterator[Source]:
    def named(one: DataSource) -> tuple[str, str, str]:
        return one.source.casefold(), one.source, one.licence

    for (_, name, licence), found in groupby(sorted(part, key=named), named):
        given = list(found)
        yield Source(name, licence, *_counts(given), tuple(dict.fromkeys(one.method for one in given if one.method)))
