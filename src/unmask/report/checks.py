"""The check of a map in words: what was measured, and whether the map may be shown; what a map of sound shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from unmask.explain.words import clock
from unmask.language import Language
from unmask.language import marked as _

PASSED = _(
    "Checked: with the places that weigh most taken away first, the mean probability is {away} (blob in the middle "
    "{away_centre}, random maps {away_random}); with them put back first, it is {back} ({back_centre}, {back_random}). "
    "The map does better than both, so it is shown."
)
FAILED = _(
    "A map was made and did not pass its check, so it is not shown and is no evidence: with its places taken away "
    "first, the mean probability is {away} (blob in the middle {away_centre}, random maps {away_random}); with them "
    "put back first, it is {back} ({back_centre}, {back_random}). It would have to do better than both."
)


def check_words(facts: Mapping[str, Any], language: Language) -> str:
    """The check of a piece of evidence; empty where there was none."""
    check = facts.get("check")
    if not isinstance(check, Mapping):
        return ""
    numbers = {
        f"{name}{'' if of == 'map' else f'_{of}'}": language.decimal(float(check[verb][of]), 2)
        for name, verb in (("away", "deletion"), ("back", "insertion"))
        for of in ("map", "centre", "random")
    }
    return language.gettext(PASSED if check["holds"] else FAILED, **numbers)


def passed(facts: Mapping[str, Any]) -> bool:
    """Whether a map that was checked may be shown; where none was checked there is nothing against it."""
    check = facts.get("check")
    return not isinstance(check, Mapping) or bool(check["holds"])


def sound_words(facts: Mapping[str, Any], language: Language) -> str:
    """What the colours over a spectrogram mean, and the strongest patch; empty where there are none."""
    found = facts.get("strongest_sound")
    if not isinstance(found, Mapping):
        return ""
    return language.gettext(
        "Orange is what speaks for a made voice, blue what speaks against one; most of all {start} to {end}, between "
        "{low} and {high} kHz.",
        start=clock(float(found["start"]), tenths=True),
        end=clock(float(found["end"]), tenths=True),
        low=language.integer(round(float(found["low_hz"]) / 1000)),
        high=language.integer(round(float(found["high_hz"]) / 1000)),
    )
