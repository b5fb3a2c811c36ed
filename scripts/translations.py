"""Bring the catalogues up to the source: `python scripts/translations.py` adds new messages and drops old ones.

With `--check` nothing is written: what is missing, outdated or ill-formed is listed, and the exit code is 1.
A message is the first literal of `gettext`, `say`, `_`, `html`, `marked`, and of `ngettext`, `pgettext`, `npgettext`.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "unmask"
CATALOGUES = PACKAGE / "language" / "catalogues"
PARTS = {"words": ("language", "explain", "llm", "detectors", "cli/ask.py"), "report": ("report",), "web": ("web",)}
"""Each .po file and the sources whose messages it holds; `words` comes first and a message is in one file only."""

KEYWORDS = {
    "gettext": None,
    "_": None,
    "say": None,
    "html": None,
    "marked": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
MAY_LACK = frozenset({"count", "this"})
"""Values that a translation may do without: "one face" needs no number, and "this" can go without saying."""

HEADER = """# Part of Unmask, under its licence. Kept up to the source by scripts/translations.py.
msgid ""
msgstr ""
"Language: {language}\\n"
"Plural-Forms: {plurals}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""
Key = tuple[str | None, str]
"""Context and message."""


def sources(part: str) -> Iterator[Path]:
    """Python files and templates of a part."""
    for place in PARTS[part]:
        path = PACKAGE / place
        yield from [path] if path.is_file() else sorted((*path.rglob("*.py"), *path.rglob("*.j2")))


def template(part: str) -> Catalog:
    """All messages of a part, without translations."""
    catalog = Catalog(project="Unmask", charset="utf-8")
    for path in sources(part):
        method = "jinja2.ext:babel_extract" if path.suffix == ".j2" else "python"
        for _line, message, _comments, context in extract_from_file(method, path, keywords=KEYWORDS):
            catalog.add(message, locations=[(path.relative_to(PACKAGE).as_posix(), 1)], context=context)
    return catalog


def keys(catalog: Catalog) -> set[Key]:
    """What names each message: its context, and its text (the singular)."""
    return {key(message) for message in catalog if message.id}


def key(message: Message) -> Key:
    """Context and singular of one message."""
    return message.context, message.id if isinstance(message.id, str) else message.id[0]


def existing(language: str, part: str) -> Catalog:
    """The catalogue as it is on disk; an empty one when there is none."""
    path = CATALOGUES / language / f"{part}.po"
    if not path.exists():
        return Catalog(locale=language, project="Unmask", charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language)


def faults(language: str) -> Iterator[str]:
    """What is wrong with a language's catalogues, one line each."""
    elsewhere: set[Key] = set()
    for part in PARTS:
        found, wanted = existing(language, part), template(part)
        where = f"{language}/{part}.po"
        for _, text in sorted(keys(wanted) - elsewhere - keys(found), key=str):
            yield f"{where}: not there: {text!r}"
        for _, text in sorted(keys(found) - keys(wanted), key=str):
            yield f"{where}: no longer used: {text!r}"
        for message in found:
            if message.id:
                yield from (f"{where}: {fault}" for fault in ill_formed(message, found.num_plurals))
        elsewhere |= keys(wanted)


def ill_formed(message: Message, plurals: int) -> Iterator[str]:
    """Empty translations, too few plural forms, and values that are named differently than in English."""
    ids = [message.id] if isinstance(message.id, str) else list(message.id)
    texts = [message.string] if isinstance(message.string, str) else list(message.string)
    if message.fuzzy or not all(texts) or (len(ids) > 1 and len(texts) != plurals):
        yield f"not translated: {ids[0]!r}"
        return
    wanted = {name for text in ids for name in values(text)}
    for text in texts:
        extra, missing = set(values(text)) - wanted, set(values(ids[-1])) - set(values(text)) - MAY_LACK
        if extra or missing:
            yield f"values differ ({', '.join(sorted(extra | missing))}): {text!r}"


def values(text: str) -> list[str]:
    """The names in braces."""
    return re.findall(r"{(\w+)}", text)


def update() -> None:
    """Write all catalogues anew: kept translations, new messages empty, old ones gone."""
    for folder in sorted(CATALOGUES.iterdir()):
        elsewhere: set[Key] = set()
        known = {
            key(m): m.string for part in PARTS for m in existing(folder.name, part) if m.id
        }  # of any part: words move
        for part in PARTS:
            wanted = template(part)
            fresh = Catalog(locale=folder.name, project="Unmask", charset="utf-8", fuzzy=False)
            for message in wanted:
                if message.id and key(message) not in elsewhere:
                    string = known.get(key(message))
                    fresh.add(message.id, string, locations=message.locations, context=message.context)
            elsewhere |= keys(wanted)
            with (folder / f"{part}.po").open("wb") as file:
                file.write(HEADER.format(language=folder.name, plurals=fresh.plural_forms).encode())
                write_po(file, fresh, width=120, no_location=True, omit_header=True)


def main() -> int:
    """Check or update, as asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, list what is wrong")
    if not parser.parse_args().check:
        update()
    wrong = [fault for folder in sorted(CATALOGUES.iterdir()) for fault in faults(folder.name)]
    sys.stdout.writelines(f"{line}\n" for line in wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
