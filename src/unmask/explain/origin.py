"""What the file says of its own origin, as evidence and in words.

The words are ours alone: no text from the file gets into a sentence, only names out of our own lists. What the file
says word for word stands in the evidence and in the report's panel, marked as found there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from unmask.explain.words import THIS, sentence_case
from unmask.fusion.origin import DETECTOR
from unmask.language import ENGLISH, Language
from unmask.language import marked as _
from unmask.result import DeclarationFacts, Evidence, MediaFacts, Sentence
from unmask.types import Provenance

WHAT = "origin"
"""Marks the piece of evidence, among those of the kind `provenance_fact`."""
MOST_NAMED = 4

CREDENTIALS = {
    "absent": _("it carries no content credentials, as most files do; that says nothing either way"),
    "trusted": _("its content credentials are intact, and their signer is in the list of trusted signers"),
    "untrusted": _(
        "its content credentials are intact, but their signer is in no list of trusted signers; "
        "anyone could have signed them"
    ),
    "remote": _("it names content credentials at another place, which were not fetched"),
    "unreadable": _("its content credentials are damaged and could not be read"),
}

INVALID = {
    "changed": _(
        "its content credentials no longer fit it: something in the file was changed after it was signed, "
        "as happens in every program that does not know of them"
    ),
    "expired": _("its content credentials were not signed within their certificate's term, so they prove nothing"),
    "other": _("its content credentials do not hold, so they prove nothing"),
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


def credentials_words(state: str, failures: Sequence[str], language: Language = ENGLISH) -> str:
    """The state of the credentials as the rest of a sentence about the file ("it carries no ...")."""
    if state != "invalid":
        return language.gettext(CREDENTIALS[state])
    if any(".mismatch" in code for code in failures):
        return language.gettext(INVALID["changed"])
    return language.gettext(INVALID["expired" if "signingCredential.expired" in failures else "other"])


def origin_sentences(
    media: MediaFacts, evidence: Sequence[Evidence], language: Language = ENGLISH
) -> Iterator[Sentence]:
    """Credentials, declarations of AI and names of programs, each in one sentence at most."""
    provenance, ids = media.provenance, origin_ids(evidence)
    if provenance is None or not ids:
        return
    say, this = language.gettext, language.gettext(THIS[media.kind])
    signed = [d for d in provenance.declarations if d.trusted]
    unsigned = [d for d in provenance.declarations if not d.trusted]
    if signed:
        what = _what(signed, this, language)
        text = say("A trusted signer declares in the file itself that {what}; this decides the answer.", what=what)
    else:
        words = credentials_words(provenance.credentials.state, provenance.credentials.failures, language)
        if provenance.credentials.state == "trusted":
            text = say(
                "As to the origin of the file, {words}; what they say of a camera or an editor is shown, and counts "
                "neither for nor against.",
                words=words,
            )
        else:
            text = say("As to the origin of the file, {words}.", words=words)
    yield Sentence(text=text, evidence=ids)
    if unsigned and not signed:
        yield Sentence(text=_unsigned(unsigned, this, language), evidence=ids)
    yield from _named(media, ids, language)


def _unsigned(declarations: Sequence[DeclarationFacts], this: str, language: Language) -> str:
    what = _what(declarations, this, language)
    named = list(dict.fromkeys(d.generator for d in declarations if d.generator))[:MOST_NAMED]
    if named:
        return language.gettext(
            "The file says of itself that {what} (it names {names}); anyone can write that or take it out, so it adds "
            "nothing to the score, but it rules out calling it authentic.",
            what=what,
            names=language.listed(named),
        )
    return language.gettext(
        "The file says of itself that {what}; anyone can write that or take it out, so it adds nothing to the score, "
        "but it rules out calling it authentic.",
        what=what,
    )


def _named(media: MediaFacts, ids: list[str], language: Language) -> Iterator[Sentence]:
    assert media.provenance is not None
    say, traces = language.gettext, media.provenance.traces
    names = list(dict.fromkeys(t.name for t in traces if t.kind in ("editor", "encoder") and t.name))[:MOST_NAMED]
    parts = []
    if names:
        parts.append(say("the file names {names} as what wrote or edited it", names=language.listed(names)))
    if any(t.kind == "camera" for t in traces):
        parts.append(say("it names a camera"))
    if any(t.kind == "re_encoded" for t in traces):
        parts.append(say("it was written more than once"))
    if parts:
        text = say(
            "{facts}; honest and altered files alike do, so this counts for nothing.", facts=language.listed(parts)
        )
        yield Sentence(text=sentence_case(text), evidence=ids)


def _what(declarations: Sequence[DeclarationFacts], this: str, language: Language) -> str:
    """The statement as a clause: the whole of the media, or a part of it."""
    if any(d.declares == "generated" for d in declarations):
        return language.gettext("{this} was made by AI", this=this)
    return language.gettext("a part of {this} was made by AI", this=this)


def is_origin(detector: str) -> bool:
    """Whether a finding is about the origin, which has sentences of its own."""
    return detector == DETECTOR
