"""One language: the messages of its .po files, its numbers and its direction of writing.

English is the language of the source; a message that a catalogue lacks is shown in English. Messages take named values
in braces and are never built from text of the media: such text may only be a value.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Literal

from markupsafe import Markup

from unmask.errors import SettingsError

LANGUAGES: Mapping[str, str] = {
    "en": "English",
    "es": "Español",
    "fr": "Français",
    "de": "Deutsch",
    "ar": "العربية",
}
"""Code (BCP 47) and own name of every language there is."""

RIGHT_TO_LEFT = frozenset({"ar"})
CATALOGUES = Path(__file__).parent / "catalogues"
"""A folder per language, in it a .po file per part of the program."""


class Language:
    """How to say things in one language. `code` is its BCP 47 tag, as in HTML's `lang`."""

    def __init__(self, code: str, messages: NullTranslations) -> None:
        self.code = code
        self.name = LANGUAGES[code]
        self.direction: Literal["ltr", "rtl"] = "rtl" if code in RIGHT_TO_LEFT else "ltr"
        self._messages = messages

    def gettext(self, message: str, /, **values: object) -> str:
        """The message in this language, `{name}` replaced by the value of that name."""
        return _filled(self._messages.gettext(message) if message else "", values)

    def pgettext(self, context: str, message: str, /, **values: object) -> str:
        """The same where a word has several translations: `context` tells them apart and is not shown."""
        return _filled(self._messages.pgettext(context, message), values)

    def ngettext(self, one: str, many: str, count: int, /, **values: object) -> str:
        """The form for that many; `{count}` is the number as this language writes it."""
        return _filled(self._messages.ngettext(one, many, count), {"count": self.integer(count), **values})

    def npgettext(self, context: str, one: str, many: str, count: int, /, **values: object) -> str:
        """The form for that many, in a context."""
        text = self._messages.npgettext(context, one, many, count)
        return _filled(text, {"count": self.integer(count), **values})

    def html(self, message: str, /, **values: object) -> Markup:
        """A message that holds markup of our own; all values are escaped unless they are `Markup`."""
        return Markup(self._messages.gettext(message)).format(**values)  # noqa: S704 (own messages, no outside text)

    def decimal(self, value: float, digits: int) -> str:
        """A number with so many digits after the sign for decimals, digits 0 to 9 in every language."""
        from babel.numbers import get_decimal_symbol

        return f"{value:.{digits}f}".replace(".", get_decimal_symbol(self.code, numbering_system="latn"))

    def integer(self, value: int) -> str:
        """A whole number with this language's marks between thousands."""
        from babel.numbers import format_decimal

        return str(format_decimal(value, locale=self.code, numbering_system="latn"))

    def date(self, when: datetime) -> str:
        """Day and minute in UTC: "22 November 2026, 10:04 UTC"."""
        there = when.astimezone(UTC)
        return f"{self.day(there.date())}, {there:%H:%M} UTC"

    def day(self, when: dt.date) -> str:
        """Day, month in words, and year: "22 November 2026"."""
        from babel.dates import format_date

        return format_date(when, "d MMMM y" if self.code == "en" else "long", locale=self.code)

    def listed(self, parts: Sequence[str]) -> str:
        """Parts in a row: "a", "a and b", "a, b and c"."""
        if len(parts) < 2:
            return "".join(parts)
        return self.pgettext("list", "{before} and {last}", before=self.row(parts[:-1]), last=parts[-1])

    def row(self, parts: Sequence[str]) -> str:
        """Parts with commas alone: "a", "a, b"; nothing for none."""
        row = "".join(parts[:1])
        for part in parts[1:]:
            row = self.pgettext("list", "{before}, {next}", before=row, next=part)
        return row


def marked(message: str) -> str:
    """Marks a message for the catalogues and leaves it as it is: for tables of words that are translated later."""
    return message


@cache
def translate(code: str) -> Language:
    """The language of that code. Raises SettingsError when there is none."""
    if code not in LANGUAGES:
        raise SettingsError(f"no such language: {code!r} (there are {', '.join(LANGUAGES)})")
    folder = CATALOGUES / code
    files = sorted(folder.glob("*.po")) if code != "en" else []
    return Language(code, _messages(files))


def _messages(files: Sequence[Path]) -> NullTranslations:
    """The catalogues as gettext reads them, compiled in memory: the package carries no second, binary copy."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    found = NullTranslations()
    for file in files:
        compiled = BytesIO()
        with file.open("rb") as source:
            write_mo(compiled, read_po(source))
        compiled.seek(0)
        part = GNUTranslations(compiled)
        part.add_fallback(found)
        found = part
    return found


def _filled(text: str, values: Mapping[str, object]) -> str:
    return text.format(**values) if values else text


ENGLISH = Language("en", NullTranslations())
