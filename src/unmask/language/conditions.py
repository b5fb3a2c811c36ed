"""The condition that an expected error is known for, in every language."""

from __future__ import annotations

from collections.abc import Mapping

from unmask.language.catalogue import Language
from unmask.language.catalogue import marked as _

CONDITIONS: Mapping[str, str] = {
    "all media": _("all media"),
    "videos": _("videos"),
    "recordings": _("recordings"),
    "pictures": _("pictures"),
    "no face": _("no face"),
    "face under 80 px": _("face under 80 px"),
    "face 80-120 px": _("face 80-120 px"),
    "face 120-200 px": _("face 120-200 px"),
    "face over 200 px": _("face over 200 px"),
    "strong compression": _("strong compression"),
    "medium compression": _("medium compression"),
    "light compression": _("light compression"),
    "compression unknown": _("compression unknown"),
}
"""Parts of the condition that an expected error is known for, by their names in the record."""


def condition_words(condition: str, language: Language) -> str:
    """A record's condition in another language; parts that are not known stay as they are."""
    return language.row(
        [language.gettext(CONDITIONS[part]) if part in CONDITIONS else part for part in condition.split(", ")]
    )
