"""Receipts of deletions: closed with a digest, signed where there is a key, and checked offline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from unmask.errors import RecordError, SigningKeyError
from unmask.record.canonical import digest
from unmask.record.keys import SigningKey, find_key, holds
from unmask.record.seal import signed_part
from unmask.settings import load

SCHEMA: Final = "unmask.deletion/1"
AROUND: Final = ("signature", "unsigned")
"""Fields that neither digest nor signature covers: they say who vouches for the rest."""

NO_KEY: Final = "no_key"


def close(receipt: Mapping[str, Any]) -> dict[str, Any]:
    """The receipt with its digest, and signed with this installation's key.

    Where there is none, or it can't be used, `unsigned` says why: a deletion does not fail for it.
    """
    closed = {**receipt, "digest": digest_of(receipt), "signature": None, "unsigned": None}
    try:
        key = find_key(load())
    except SigningKeyError as unusable:
        return closed | {"unsigned": unusable.code}
    return closed | ({"unsigned": NO_KEY} if key is None else {"signature": _signed(closed, key)})


def digest_of(receipt: Mapping[str, Any]) -> str:
    """SHA-256 of the receipt's canonical form (RFC 8785) without digest and signature, in hexadecimal."""
    return digest({name: value for name, value in receipt.items() if name not in ("digest", *AROUND)})


def signature_holds(receipt: Mapping[str, Any]) -> str | None:
    """The key that signed the receipt as it is; None where it is unsigned.

    Raises:
        RecordError: receipt, digest and signature do not belong together.
    """
    if receipt.get("digest") != digest_of(receipt):
        raise RecordError("the receipt does not have the digest that it names")
    signature = receipt.get("signature")
    if signature is None:
        return None
    if not isinstance(signature, dict) or signature.get("algorithm") != "ed25519":
        raise RecordError("the receipt is signed in a way that is not known here")
    key, value = str(signature.get("key")), str(signature.get("value"))
    if not holds(key, value, _message(receipt)):
        raise RecordError("the receipt or its signature was changed: they do not belong together")
    return key


def _message(receipt: Mapping[str, Any]) -> bytes:
    return signed_part({name: value for name, value in receipt.items() if name not in AROUND})


def _signed(receipt: Mapping[str, Any], key: SigningKey) -> dict[str, str]:
    return {"algorithm": "ed25519", "key": key.public, "value": key.sign(_message(receipt))}
