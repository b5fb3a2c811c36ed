"""In what condition a media is, in words: what a measured error holds for, as `fusion/conditions.py` names it."""

from __future__ import annotations

from collections.abc import Mapping

from unmask.language.catalogue import Language
from unmask.language.catalogue import marked as _

CONDITIONS: Mapping[str, str] = {
    text: text
    for text in (
        _("all media"),
        _("videos"),
        _("recordings"),
        _("pictures"),
        _("no face"),
        _("face under 80 px"),
        _("face 80-120 px"),
        _("face 120-200 px"),
        _("face over 200 px"),
        _("strong compression"),
        _("medium compression"),
        _("light compression"),
        _("compression unknown"),
    )
}


def condition(text: str, language: Language) -> str:
    """A condition, parts between commas, in this language; what is not known is shown as it is."""
    first, *others = (language.gettext(part) if part in CONDITIONS else part for part in text.split(", "))
    for other in others:
        first = language.pgettext("list", "{before}, {next}", before=first, next=other)
    return first
