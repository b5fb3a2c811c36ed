"""The panel on where the file comes from: rows of names and values, as found, with what they are worth."""

from __future__ import annotations

from dataclasses import dataclass

from unmask.explain.origin import credentials_words, origin_ids
from unmask.explain.words import sentence_case
from unmask.result import CredentialFacts, DeclarationFacts, Result, TraceFacts

KINDS = {
    "camera": "Camera named",
    "editor": "Editor named",
    "encoder": "Encoder named",
    "generator": "Generator named",
    "re_encoded": "Written more than once",
}
PLACES = {
    "c2pa": "in its content credentials",
    "c2pa_ingredient": "in the content credentials of material that it was made from",
    "xmp": "in its XMP data",
    "exif": "in its EXIF data",
    "text": "in a text chunk",
    "tags": "in the container's tags",
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


def origin_panel(result: Result) -> Panel | None:
    """The panel; None where nobody looked for the file's origin."""
    provenance = result.media.provenance
    if provenance is None:
        return None
    rows = [
        *_credentials(provenance.credentials),
        *(_declaration(one) for one in provenance.declarations),
        *(_trace(one) for one in provenance.traces),
    ]
    return Panel(tuple(rows), tuple(origin_ids(result.evidence)))


def _credentials(found: CredentialFacts) -> list[Row]:
    rows = [Row("Content credentials (C2PA)", sentence_case(credentials_words(found.state, found.failures)) + ".")]
    proven = "" if found.state == "trusted" else "not proven"
    texts = {
        "Signer": ", ".join(filter(None, (found.signer, found.signer_name))),
        "Signed at": found.signed_at,
        "Made with": found.software,
        "Title given": found.title,
        "Source declared": ", ".join(found.source_types),
    }
    rows += [Row(name, text, proven) for name, text in texts.items() if text]
    if found.failures:
        rows.append(Row("What does not hold", ", ".join(found.failures)))
    if found.trust_list is not None:
        rows.append(Row("Trusted roots, SHA-256", found.trust_list))
    elif found.state == "untrusted":
        rows.append(Row("Trusted roots", "none are set", "UNMASK_C2PA_TRUST names a file with those you trust"))
    return rows


def _declaration(one: DeclarationFacts) -> Row:
    whole = "Declares to be made by AI" if one.declares == "generated" else "Declares to be made by AI in part"
    worth = "signed by a trusted signer: decides the answer" if one.trusted else "anyone can write this: adds nothing"
    return Row(whole, one.text, f"{PLACES[one.source]}; {worth}")


def _trace(one: TraceFacts) -> Row:
    named = f" ({one.name})" if one.name and one.name not in one.text else ""
    return Row(KINDS[one.kind], one.text + named, one.where)
