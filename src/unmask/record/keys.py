"""Signing keys: where they lie, how they are made, and whose signatures are believed.

The private key is a PEM file (PKCS 8) that only its owner can read. A public key is written as base64 of its 32 bytes.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from unmask.errors import SigningKeyError
from unmask.settings import Settings

PRIVATE = "signing-key.pem"
TRUSTED = "trusted-keys.txt"
OWN = "this installation"
_PEM = "-----BEGIN"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key, and the text of its public one. Its `repr` tells nothing of the private one."""

    _private: Ed25519PrivateKey

    @property
    def public(self) -> str:
        """The public key, base64 of 32 bytes."""
        return base64.b64encode(self._private.public_key().public_bytes_raw()).decode("ascii")

    def sign(self, message: bytes) -> str:
        """The signature (Ed25519, RFC 8032), base64 of 64 bytes."""
        return base64.b64encode(self._private.sign(message)).decode("ascii")


def key_folder(settings: Settings) -> Path:
    """Where keys lie: the setting, or `unmask` in the user's configuration folder."""
    if settings.keys is not None:
        return settings.keys
    base = os.environ.get("XDG_CONFIG_HOME") or os.environ.get("APPDATA")
    return (Path(base) if base else Path.home() / ".config") / "unmask"


def find_key(settings: Settings) -> SigningKey | None:
    """The key to sign with: that of UNMASK_SIGNING_KEY (a path, or the PEM itself), or the folder's; None without one.

    Raises:
        SigningKeyError: there is a key, but it can't be used.
    """
    if settings.signing_key is not None:
        given = settings.signing_key.get_secret_value()
        return _load(given.encode() if given.lstrip().startswith(_PEM) else _bytes(Path(given)))
    path = key_folder(settings) / PRIVATE
    if not path.exists():
        return None
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise SigningKeyError(f"others can read the private key {path}")
    return _load(_bytes(path))


def make_key(settings: Settings) -> SigningKey:
    """A new key in the key folder, readable by its owner alone.

    Raises:
        SigningKeyError: there is one already (it is never overwritten), or the folder can't be written to.
    """
    path = key_folder(settings) / PRIVATE
    private = Ed25519PrivateKey.generate()
    text = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    fresh = path.with_name(f".{PRIVATE}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(text)
        os.link(fresh, path)  # fails where there is a key, and is never seen half written
    except FileExistsError as there:
        raise SigningKeyError(f"there is a key already: {path}") from there
    except OSError as refused:
        raise SigningKeyError(f"can't write a key to {path.parent}: {refused.strerror}") from refused
    finally:
        with contextlib.suppress(OSError):
            fresh.unlink()
    return SigningKey(private)


def find_or_make_key(settings: Settings) -> tuple[SigningKey | None, bool]:
    """The key to sign with, and whether it was made just now; None where none can be kept here."""
    found = find_key(settings)
    if found is not None:
        return found, False
    try:
        return make_key(settings), True
    except SigningKeyError:
        return find_key(settings), False  # another process was quicker, or this folder takes no files


def trusted_keys(settings: Settings) -> dict[str, str]:
    """Public keys whose records are believed, with a name for each: one's own, and those of the list."""
    found = {}
    path = key_folder(settings) / TRUSTED
    if path.is_file():
        for line in path.read_text(encoding="utf-8").splitlines():
            key, _, name = line.strip().partition(" ")
            if key and not key.startswith("#"):
                found[checked_public(key)] = name.strip() or "unnamed"
    own = find_key(settings)
    return found | ({own.public: OWN} if own else {})


def trust(settings: Settings, key: str, name: str) -> None:
    """Put a public key on the list. Raises SigningKeyError when it is none, or the list can't be written."""
    path = key_folder(settings) / TRUSTED
    line = f"{checked_public(key)} {' '.join(name.split())}\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with path.open("a", encoding="utf-8") as file:
            file.write(line)
    except OSError as refused:
        raise SigningKeyError(f"can't write {path}: {refused.strerror}") from refused


def checked_public(text: str) -> str:
    """The public key's text in its one form. Raises SigningKeyError when it is no such key."""
    try:
        raw = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError) as wrong:
        raise SigningKeyError(f"no public key: {text[:60]!r}") from wrong
    if len(raw) != 32:
        raise SigningKeyError(f"no public key of 32 bytes: {text[:60]!r}")
    return base64.b64encode(raw).decode("ascii")


def holds(key: str, value: str, message: bytes) -> bool:
    """Whether `value` is the signature of `message` by `key`; texts that are no key or signature hold nothing."""
    try:
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key, validate=True))
        public.verify(base64.b64decode(value, validate=True), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _load(pem: bytes) -> SigningKey:
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as wrong:
        raise SigningKeyError("the private key can't be read as unencrypted PEM") from wrong
    if not isinstance(key, Ed25519PrivateKey):
        raise SigningKeyError("the private key is no Ed25519 key")
    return SigningKey(key)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as refused:
        raise SigningKeyError(f"can't read the private key {path}: {refused.strerror}") from refused
