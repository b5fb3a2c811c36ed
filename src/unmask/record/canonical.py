"""One sequence of bytes for one document, so that a signature holds however the document was laid out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import rfc8785

from unmask.errors import RecordError

LARGEST = 64 * 1024 * 1024
"""Most bytes of a document that is read."""


def canonical(document: Mapping[str, Any]) -> bytes:
    """The document as canonical JSON (RFC 8785, the JSON canonicalization scheme). Raises RecordError."""
    try:
        return rfc8785.dumps(dict(document))
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as wrong:  # the latter for half a character in a name
        raise RecordError(f"the document has no canonical form: {wrong}") from wrong


def digest(document: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical form, in hexadecimal."""
    return hashlib.sha256(canonical(document)).hexdigest()


def read(text: bytes | str) -> dict[str, Any]:
    """A JSON object that can be read in one way only.

    Names that come twice, numbers with digits that reading loses, and constants that JSON does not have are refused:
    each of them would let two texts with different looks have one signature.

    Raises:
        RecordError: the text is no such object.
    """
    if len(text) > LARGEST:
        raise RecordError("the document is too large")
    try:
        found = json.loads(text, object_pairs_hook=_once, parse_float=_exact, parse_constant=_no_constant)
    except (ValueError, ArithmeticError, RecursionError) as wrong:
        raise RecordError(f"the document can't be read: {wrong}") from wrong
    if not isinstance(found, dict):
        raise RecordError("the document is no object")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name comes twice")
    return found


def _exact(text: str) -> float:
    """The number; its text must be the number itself, not one that only rounds to it."""
    value = float(text)
    if Decimal(text) != Decimal(repr(value)):
        raise ValueError(f"the number {text[:40]} has digits that are lost")
    return value


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")
