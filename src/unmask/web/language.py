"""Which of the languages a page is in."""

from __future__ import annotations

from unmask.language import LANGUAGES, Language, translate

LONGEST = 20
"""Languages of a header that are looked at."""


def choose(wanted: str | None, accepted: str) -> Language:
    """The language that somebody chose, or the first of the header Accept-Language that there is, or English."""
    if wanted in LANGUAGES:
        return translate(wanted)
    for part in accepted.split(",")[:LONGEST]:
        code = part.partition(";")[0].strip().lower().partition("-")[0]
        if code in LANGUAGES:
            return translate(code)
    return translate("en")
