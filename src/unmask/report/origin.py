"""The panel on where the file comes from: rows of names and values, as found, with what they are worth."""

from __future__ import annotations

from dataclasses import dataclass

from unmask.explain.origin import credentials_words, origin_ids
from unmask.explain.words import sentence_case
from unmask.language import ENGLISH, Language
from unmask.language import marked as _
from unmask.result import CredentialFacts, DeclarationFacts, Result, TraceFacts

KINDS = {
    "camera": _("Camera named"),
    "editor": _("Editor named"),
    "encoder": _("Encoder named"),
    "generator": _("Generator named"),
    "re_encoded": _("Written more than once"),
}
PLACES = {
    "c2pa": _("in its content credentials"),
    "c2pa_ingredient": _("in the content credentials of material that it was made from"),
    "xmp": _("in its XMP data"),
    "exif": _("in its EXIF data"),
    "text": _("in a text chunk"),
    "tags": _("in the container's tags"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line: what it is, what was found (text from outside, still unescaped), and what that is worth."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """The panel: rows, and the evidence that they stand in."""

    rows: tuple[Row, ...]
    evidence: tuple[str, ...]


def origin_panel(result: Result, language: Language = ENGLISH) -> Panel | None:
    """The panel; None where nobody looked for the file's origin."""
    provenance = result.media.provenance
    if provenance is None:
        return None
    rows = [
        *_credentials(provenance.credentials, language),
        *(_declaration(one, language) for one in provenance.declarations),
        *(_trace(one, language) for one in provenance.traces),
    ]
    return Panel(tuple(rows), tuple(origin_ids(result.evidence)))


def _credentials(found: CredentialFacts, language: Language) -> list[Row]:
    say = language.gettext
    state = sentence_case(credentials_words(found.state, found.failures, language)) + "."
    rows = [Row(say("Content credentials (C2PA)"), state)]
    proven = "" if found.state == "trusted" else say("not proven")
    texts = {
        _("Signer"): ", ".join(filter(None, (found.signer, found.signer_name))),
        _("Signed at"): found.signed_at,
        _("Made with"): found.software,
        _("Title given"): found.title,
        _("Source declared"): ", ".join(found.source_types),
    }
    rows += [Row(say(name), text, proven) for name, text in texts.items() if text]
    if found.failures:
        rows.append(Row(say("What does not hold"), ", ".join(found.failures)))
    if found.trust_list is not None:
        rows.append(Row(say("Trusted roots, SHA-256"), found.trust_list))
    elif found.state == "untrusted":
        note = say("{setting} names a file with those you trust", setting="UNMASK_C2PA_TRUST")
        rows.append(Row(say("Trusted roots"), say("none are set"), note))
    return rows


def _declaration(one: DeclarationFacts, language: Language) -> Row:
    say = language.gettext
    whole = _("Declares to be made by AI") if one.declares == "generated" else _("Declares to be made by AI in part")
    signed = _("signed by a trusted signer: decides the answer")
    worth = signed if one.trusted else _("anyone can write this: adds nothing")
    return Row(say(whole), one.text, f"{say(PLACES[one.source])}; {say(worth)}")


def _trace(one: TraceFacts, language: Language) -> Row:
    named = f" ({one.name})" if one.name and one.name not in one.text else ""
    return Row(language.gettext(KINDS[one.kind]), one.text + named, one.where)
