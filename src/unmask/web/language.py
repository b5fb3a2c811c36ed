"""The page's languages: its catalogue `web` of each, read as gettext reads it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Literal

LANGUAGES: Mapping[str, str] = {
    "en": "English",
    "es": "Español",
    "fr": "Français",
    "de": "Deutsch",
    "ar": "العربية",
}
"""Code (BCP 47) and own name of every language there is."""

RIGHT_TO_LEFT = frozenset({"ar"})
CATALOGUES = Path(__file__).parent.parent / "language" / "catalogues"


class Language:
    """How to say things in one language. English is the language of the source, and of what a catalogue lacks."""

    def __init__(self, code: str, messages: NullTranslations) -> None:
        self.code = code
        self.direction: Literal["ltr", "rtl"] = "rtl" if code in RIGHT_TO_LEFT else "ltr"
        self._messages = messages

    def gettext(self, message: str, /, **values: object) -> str:
        """The message in this language, `{name}` replaced by the value of that name."""
        text = self._messages.gettext(message) if message else ""
        return text.format(**values) if values else text

    def ngettext(self, one: str, many: str, count: int, /, **values: object) -> str:
        """The form for that many; `{count}` is the number."""
        return self._messages.ngettext(one, many, count).format(count=count, **values)

    def decimal(self, value: float, digits: int) -> str:
        """A number with so many digits after the sign for decimals, digits 0 to 9 in every language."""
        from babel.numbers import get_decimal_symbol

        return f"{value:.{digits}f}".replace(".", get_decimal_symbol(self.code, numbering_system="latn"))


def marked(message: str) -> str:
    """Marks a message for the catalogues and leaves it as it is: for tables of words that are translated later."""
    return message


@cache
def translate(code: str) -> Language:
    """The language of that code. Raises KeyError when there is none."""
    if code not in LANGUAGES:
        raise KeyError(code)
    file = CATALOGUES / code / "web.po"
    return Language(code, _messages(file) if code != "en" else NullTranslations())


def choose(wanted: str | None, accepted: str) -> Language:
    """The language that somebody chose, or the first of the header Accept-Language that there is, or English."""
    if wanted in LANGUAGES:
        return translate(wanted)
    for part in accepted.split(",")[:20]:
        code = part.partition(";")[0].strip().lower().partition("-")[0]
        if code in LANGUAGES:
            return translate(code)
    return translate("en")


def _messages(file: Path) -> NullTranslations:
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = BytesIO()
    with file.open("rb") as source:
        write_mo(compiled, read_po(source))
    compiled.seek(0)
    return GNUTranslations(compiled)
