"""Signatures of webhooks, by the open scheme "Standard Webhooks" 1.0.0, so that receivers have libraries for it.

Signed is `ID.TIMESTAMP.BODY` with HMAC-SHA256. The timestamp is part of it, so that an overheard message can't be
sent again later: whoever verifies refuses what is older, or newer, than the replay window. Within the window the id
tells a repetition: it stays the same when a delivery is tried again.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import time
from collections.abc import Iterable, Mapping
from typing import Final

from unmask.errors import BadSignature

PREFIX: Final = "whsec_"
TOLERANCE: Final = 300
"""The usual replay window, seconds, to either side."""

_SECRET_BYTES: Final = 32
_VERSION: Final = "v1"


def new_secret() -> str:
    """A secret nobody has seen yet: `whsec_` and 32 random bytes in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers that go with `body`; `timestamp` is in seconds of Unix time."""
    value = base64.b64encode(_mac(secret, message_id, timestamp, body)).decode()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"{_VERSION},{value}",
    }


def verify_signature(
    secret: str | Iterable[str],
    headers: Mapping[str, str],
    body: bytes,
    *,
    now: float | None = None,
    tolerance: float = TOLERANCE,
) -> None:
    """Check that `body`, byte for byte as received, was signed with `secret`, or one of several, and just now.

    Args:
        secret: `whsec_...`; several while one is being replaced.
        headers: of the request, in any case.
        body: of the request, before anything parsed it.
        now: Unix time, seconds; the clock's when None.
        tolerance: the replay window, seconds, to either side.

    Raises:
        BadSignature: a header is missing, the time is outside the window, or no signature fits.
    """
    found = {name.lower(): value for name, value in headers.items()}
    try:
        message_id, stamp, given = (found[f"webhook-{name}"] for name in ("id", "timestamp", "signature"))
    except KeyError as missing:
        raise BadSignature(f"The header {missing.args[0]} is missing.") from None
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 12):
        raise BadSignature("The timestamp is no number of seconds.")
    if abs((time.time() if now is None else now) - int(stamp)) > tolerance:
        raise BadSignature("The message is older or newer than the replay window allows.")
    known = [secret] if isinstance(secret, str) else list(secret)
    expected = [_mac(one, message_id, int(stamp), body) for one in known]
    if not any(hmac.compare_digest(mac, value) for value in _values(given) for mac in expected):
        raise BadSignature("The signature does not fit the message.")


def _values(header: str) -> list[bytes]:
    """The signatures of our version in the header, which may hold several, separated by blanks."""
    values: list[bytes] = []
    for part in header.split()[:10]:
        version, _, text = part.partition(",")
        if version == _VERSION:
            try:
                values.append(base64.b64decode(text, validate=True))
            except (binascii.Error, ValueError):
                continue
    return values


def _mac(secret: str, message_id: str, timestamp: int, body: bytes) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError) as wrong:
        raise BadSignature("The secret is not `whsec_` and base64.") from wrong
    return hmac.new(key, b".".join((message_id.encode(), str(timestamp).encode(), body)), hashlib.sha256).digest()
