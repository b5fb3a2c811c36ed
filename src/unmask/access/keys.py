"""API keys: made here, shown once, kept as a hash.

A key reads `unmask_<key id>_<secret>`. The id finds the row, the secret (256 random bits) proves it. Because the secret
is random and long, one SHA-256 is enough to keep: there is nothing to guess, so a slow hash would only cost time.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field

from unmask.errors import Unauthorized

PREFIX = "unmask_"
_ID_CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_ID_LENGTH = 12
_SECRET_BYTES = 32
_KEY = re.compile(r"unmask_([a-z0-9]{12})_([A-Za-z0-9_-]{43})")
_BAD_KEY = (
    "The key is not known here."  # one message for all that is wrong with a key: an answer must not help guessing
)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A fresh key. `text` is for its owner and is kept nowhere; `key_id` and `digest` (64 hex digits) are kept."""

    key_id: str
    digest: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PresentedKey:
    """A key as a client sent it: well-formed, and not yet known to be right."""

    key_id: str
    secret: str = field(repr=False)

    def matches(self, digest: str) -> bool:
        """Whether this is the key whose `digest` is kept; takes equally long whether it is or not."""
        return hmac.compare_digest(_digest(self.secret), digest)


def make_key() -> NewKey:
    """A key that nobody has seen yet."""
    key_id = "".join(secrets.choice(_ID_CHARACTERS) for _ in range(_ID_LENGTH))
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    return NewKey(key_id, _digest(secret), f"{PREFIX}{key_id}_{secret}")


def read_key(text: str) -> PresentedKey:
    """Take a presented key apart.

    Raises:
        Unauthorized: it does not have the form of a key.
    """
    found = _KEY.fullmatch(text)
    if found is None:
        raise Unauthorized(_BAD_KEY)
    return PresentedKey(found[1], found[2])


def prove(presented: PresentedKey, digest: str | None) -> None:
    """Check a presented key against the digest kept under its id, None where there is none.

    Raises:
        Unauthorized: it is not that key. An unknown id takes as long as a wrong secret.
    """
    matches = presented.matches(digest or _digest(""))
    if digest is None or not matches:
        raise Unauthorized(_BAD_KEY)


def bearer(authorization: str | None, x_api_key: str | None = None) -> str | None:
    """The key in a request's headers `Authorization: Bearer KEY` or `X-API-Key: KEY`; None when neither is there.

    Raises:
        Unauthorized: both are there and differ, or the scheme is another one.
    """
    given = {x_api_key.strip()} if x_api_key else set()
    if authorization:
        scheme, _, token = authorization.strip().partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Unauthorized("The header Authorization must read `Bearer KEY`.")
        given.add(token.strip())
    if len(given) > 1:
        raise Unauthorized("Two different keys were sent.")
    return given.pop() if given else None


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
