"""Facts of a piece of evidence as rows of names and values, for kinds that have no drawing of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from unmask.explain.words import KINDS, sentence_case
from unmask.language import Language
from unmask.language import marked as _

TITLES = {
    "input": _("What there was to examine"),
    "origin": _("What the file says of its origin"),
    "frame_review": _("Opinion of a vision model"),
    "clip": _("Clip of a stretch"),
}
LABELS = {
    "kind": _("Kind"),
    "container": _("Container"),
    "persons": _("Persons"),
    "has_picture": _("Has a picture"),
    "has_sound": _("Has sound"),
    "face_px": _("Median face, pixels"),
    "speech_seconds": _("Speech, seconds"),
    "duration": _("Length, seconds"),
    "credentials": _("Content credentials"),
    "declares_ai": _("Declares AI"),
    "named": _("Names found"),
    "signed_at": _("Signed at"),
    "signer": _("Signer"),
    "software": _("Made with"),
    "title": _("Title given"),
    "failures": _("What does not hold"),
    "source_types": _("Source declared"),
    "model": _("Model"),
    "time": _("Time, seconds"),
    "answers": _("Answers"),
}
VALUES = {
    **KINDS,
    "absent": _("not there"),
    "trusted": _("intact, signer trusted"),
    "untrusted": _("intact, signer unknown"),
    "invalid": _("invalid"),
    "unreadable": _("damaged"),
    "remote": _("elsewhere, not fetched"),
}
"""Words for values that are codes."""
HIDDEN = frozenset({"what", "detector", "more", "opinion", "note"})


def title(kind: str, facts: Mapping[str, Any], language: Language) -> str:
    """What the evidence is."""
    known = TITLES.get(str(facts.get("what"))) or TITLES.get(kind)
    return language.gettext(known) if known else sentence_case(kind.replace("_", " "))


def rows(facts: Mapping[str, Any], language: Language) -> tuple[tuple[str, str], ...]:
    """Names and values; values may hold text from outside, still unescaped."""
    return tuple((_label(key, language), _value(value, language)) for key, value in facts.items() if key not in HIDDEN)


def _label(key: str, language: Language) -> str:
    return language.gettext(LABELS[key]) if key in LABELS else sentence_case(key.replace("_", " "))


def _value(value: Any, language: Language) -> str:
    if isinstance(value, bool):
        return language.gettext("yes") if value else language.gettext("no")
    if isinstance(value, Mapping):
        parts = [f"{key}: {_value(part, language)}" for key, part in value.items()]
        return ", ".join(parts) or language.gettext("none")
    if isinstance(value, list | tuple):
        return ", ".join(_value(part, language) for part in value) or language.gettext("none")
    if isinstance(value, str) and value in VALUES:
        return language.gettext(VALUES[value])
    return f"{value:g}" if isinstance(value, float) else str(value)
