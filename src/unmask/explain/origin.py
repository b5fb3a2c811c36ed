"""What the file says of its own origin, as evidence and in words.

The words are ours alone: no text from the file gets into a sentence, only names out of our own lists. What the file
says word for word stands in the evidence and in the report's panel, marked as found there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from unmask.explain.words import KINDS, listed, sentence_case
from unmask.fusion.origin import DETECTOR
from unmask.result import DeclarationFacts, Evidence, MediaFacts, Sentence
from unmask.types import Provenance

WHAT = "origin"
"""Marks the piece of evidence, among those of the kind `provenance_fact`."""
MOST_NAMED = 4

CREDENTIALS = {
    "absent": "it carries no content credentials, as most files do; that says nothing either way",
    "trusted": "its content credentials are intact, and their signer is in the list of trusted signers",
    "untrusted": "its content credentials are intact, but their signer is in no list of trusted signers; "
    "anyone could have signed them",
    "remote": "it names content credentials at another place, which were not fetched",
    "unreadable": "its content credentials are damaged and could not be read",
}

INVALID = {
    "changed": "its content credentials no longer fit it: something in the file was changed after it was signed, "
    "as happens in every program that does not know of them",
    "expired": "its content credentials were not signed within their certificate's term, so they prove nothing",
    "other": "its content credentials do not hold, so they prove nothing",
}


def origin_facts(provenance: Provenance) -> dict[str, Any]:
    """The evidence's facts: state of the credentials, what is declared, which programs and cameras are named."""
    credentials = provenance.credentials
    facts: dict[str, Any] = {"what": WHAT, "credentials": credentials.state}
    for name in ("signer", "signed_at", "software", "title"):
        if getattr(credentials, name):
            facts[name] = getattr(credentials, name)
    if credentials.failures:
        facts["failures"] = list(credentials.failures)
    if credentials.source_types:
        facts["source_types"] = list(credentials.source_types)
    facts["declares_ai"] = [f"{d.source}: {d.text}" for d in provenance.declarations]
    facts["named"] = [f"{t.where}: {t.text}" for t in provenance.traces]
    return facts


def origin_ids(evidence: Sequence[Evidence]) -> list[str]:
    """The id of the origin's piece of evidence, alone in a list; empty where there is none."""
    return [e.id for e in evidence if e.kind == "provenance_fact" and e.facts.get("what") == WHAT][:1]


def credentials_words(state: str, failures: Sequence[str]) -> str:
    """The state of the credentials as the rest of a sentence about the file ("it carries no ...")."""
    if state != "invalid":
        return CREDENTIALS[state]
    if any(".mismatch" in code for code in failures):
        return INVALID["changed"]
    return INVALID["expired" if "signingCredential.expired" in failures else "other"]


def origin_sentences(media: MediaFacts, evidence: Sequence[Evidence]) -> Iterator[Sentence]:
    """Credentials, declarations of AI and names of programs, each in one sentence at most."""
    provenance, ids = media.provenance, origin_ids(evidence)
    if provenance is None or not ids:
        return
    kind, signed = KINDS[media.kind], [d for d in provenance.declarations if d.trusted]
    if signed:
        text = f"A trusted signer declares in the file itself that {_what(signed, kind)}; this decides the answer."
    else:
        words = credentials_words(provenance.credentials.state, provenance.credentials.failures)
        text = f"As to the origin of the file, {words}."
        if provenance.credentials.state == "trusted":
            text = f"{text[:-1]}; what they say of a camera or an editor is shown, and counts neither for nor against."
    yield Sentence(text=text, evidence=ids)
    unsigned = [d for d in provenance.declarations if not d.trusted]
    if unsigned and not signed:
        named = list(dict.fromkeys(d.generator for d in unsigned if d.generator))[:MOST_NAMED]
        by = f" (it names {listed(named)})" if named else ""
        text = f"The file says of itself that {_what(unsigned, kind)}{by}; anyone can write that or take it out, "
        yield Sentence(
            text=text + "so it adds nothing to the score, but it rules out calling it authentic.", evidence=ids
        )
    yield from _named(media, ids)


def _named(media: MediaFacts, ids: list[str]) -> Iterator[Sentence]:
    assert media.provenance is not None
    traces = media.provenance.traces
    names = list(dict.fromkeys(t.name for t in traces if t.kind in ("editor", "encoder") and t.name))[:MOST_NAMED]
    parts = [f"the file names {listed(names)} as what wrote or edited it"] if names else []
    if any(t.kind == "camera" for t in traces):
        parts.append("it names a camera")
    if any(t.kind == "re_encoded" for t in traces):
        parts.append("it was written more than once")
    if parts:
        text = f"{sentence_case(listed(parts))}; honest and altered files alike do, so this counts for nothing."
        yield Sentence(text=text, evidence=ids)


def _what(declarations: Sequence[DeclarationFacts], kind: str) -> str:
    """The statement as a clause: the whole of the media, or a part of it."""
    whole = any(d.declares == "generated" for d in declarations)
    return f"this {kind} was made by AI" if whole else f"a part of this {kind} was made by AI"


def is_origin(detector: str) -> bool:
    """Whether a finding is about the origin, which has sentences of its own."""
    return detector == DETECTOR
