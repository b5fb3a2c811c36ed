"""The record closed: hashes of all that belongs to it, then the signature, then the timestamp."""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from unmask.errors import TimestampError
from unmask.record.canonical import canonical, digest
from unmask.record.files import evidence_names, recorded
from unmask.record.keys import SigningKey
from unmask.record.timestamp import stamp
from unmask.result import Record, Result, Signature

UNSIGNED = "signature"
"""The one field that the signature does not cover."""


def seal(
    result: Result, folder: Path, reports: Iterable[str], key: SigningKey | None, timestamp_url: str | None = None
) -> Result:
    """The result with the hashes of its evidence and of `reports` (names below `folder`), signed where there is a key.

    A timestamp server that does not answer costs the timestamp, not the result: the reason stands in its place.
    """
    closed = result.model_copy(
        update={
            "record": Record(
                software=f"unmask {version('unmask')}",
                settings_sha256=digest(result.settings),
                files=recorded(folder, [*evidence_names(folder), *reports]),
            ),
            "signature": None,
        }
    )
    if key is None:
        return closed
    value = key.sign(signed_part(json.loads(closed.to_json())))
    signature = Signature(algorithm="ed25519", key=key.public, value=value)
    if timestamp_url is not None:
        signature = _stamped(signature, timestamp_url)
    return closed.model_copy(update={"signature": signature})


def signed_part(document: dict[str, Any]) -> bytes:
    """What is signed: the canonical document without its signature."""
    return canonical({name: value for name, value in document.items() if name != UNSIGNED})


def stamped_part(signature: Signature) -> bytes:
    """What is stamped: the key and the signature, which stand for the whole document."""
    return canonical({"algorithm": signature.algorithm, "key": signature.key, "value": signature.value})


def _stamped(signature: Signature, url: str) -> Signature:
    try:
        return signature.model_copy(update={"timestamp": stamp(url, stamped_part(signature))})
    except TimestampError as failed:
        return signature.model_copy(update={"timestamp_error": failed.message})
