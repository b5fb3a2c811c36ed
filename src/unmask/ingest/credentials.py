"""Content credentials: the C2PA manifest of a file, read and validated in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from unmask.errors import SettingsError
from unmask.ingest import c2pa_child
from unmask.ingest.names import declared_by, short_source
from unmask.ingest.regions import has_manifest
from unmask.ingest.text import MAX_VALUE, clean
from unmask.types import Credentials, CredentialState, Declaration

BASE_SECONDS = 20
"""Time for a manifest's own work; hashing the file comes on top."""
SLOWEST_HASHING = 20_000_000
"""Bytes a second that any machine hashes."""

_LARGEST_TRUST_LIST = 16 * 1024 * 1024
_STATES: dict[str, CredentialState] = {"Trusted": "trusted", "Valid": "untrusted", "Invalid": "invalid"}


@dataclass(frozen=True, slots=True)
class Manifest:
    """The credentials, and what they declare about AI."""

    credentials: Credentials
    declarations: tuple[Declaration, ...] = ()


def read_credentials(path: Path, trust: Path | None, elsewhere: bool = False, held: bool | None = None) -> Manifest:
    """The file's credentials, checked against the roots in the PEM file `trust` (no signer is trusted without one).

    A file without a manifest store never gets to the native library. `elsewhere`: its XMP names a manifest on some
    server, which is said and not fetched. `held`: whether the file holds a manifest, where that is known. Whatever the
    library does (panics, loops, runs out of memory), the answer is
    "unreadable" with the reason in `failures`.

    Raises:
        SettingsError: `trust` can't be read or holds no certificate.
    """
    roots = trust_list(trust)
    if not (has_manifest(path) if held is None else held):
        return Manifest(Credentials("remote" if elsewhere else "absent", trust_list=roots))
    found = _ask(path, trust)
    outcome, state = str(found.get("outcome")), _STATES.get(str(found.get("state")))
    if outcome == "none":
        return Manifest(Credentials("remote" if elsewhere else "absent", trust_list=roots))
    if outcome == "remote":
        return Manifest(Credentials("remote", trust_list=roots))
    if outcome != "read" or state is None:
        return Manifest(Credentials("unreadable", failures=(_clean(found.get("error")),), trust_list=roots))
    statements = [one for one in found.get("statements", []) if isinstance(one, dict)]
    types = dict.fromkeys(short_source(_clean(one.get("source_type"))) for one in statements)
    credentials = Credentials(
        state=state,
        signer=_clean(found.get("signer")),
        signer_name=_clean(found.get("signer_name")),
        signed_at=_clean(found.get("signed_at")),
        software=_clean(found.get("software")),
        title=_clean(found.get("title")),
        source_types=tuple(types),
        failures=tuple(dict.fromkeys(map(_clean, found.get("failures", [])))),
        trust_list=roots,
    )
    return Manifest(credentials, tuple(_declarations(statements, state)))


def trust_list(trust: Path | None) -> str | None:
    """SHA-256 of the trusted roots' file, None without one. Raises SettingsError when it is no such file."""
    if trust is None:
        return None
    try:
        with trust.open("rb") as file:
            pem = file.read(_LARGEST_TRUST_LIST)
    except OSError as refused:
        raise SettingsError(f"c2pa_trust: the file can't be read: {refused.strerror}") from refused
    if b"-----BEGIN CERTIFICATE-----" not in pem or not pem.isascii():
        raise SettingsError("c2pa_trust: the file holds no certificate in PEM form")
    return sha256(pem).hexdigest()


def _declarations(statements: list[dict[str, Any]], state: CredentialState) -> list[Declaration]:
    """Those statements that declare AI. Only what stands under a trusted signature is trusted."""
    found = []
    for one in statements:
        declares = declared_by(_clean(one.get("source_type")))
        if declares is not None:
            by = " by " + _clean(one.get("software")) if one.get("software") else ""
            found.append(
                Declaration(
                    source="c2pa_ingredient" if one.get("ingredient") else "c2pa",
                    declares=declares,
                    text=clean(f"{short_source(_clean(one.get('source_type')))}{by}", MAX_VALUE),
                    trusted=state == "trusted" and one.get("trusted") is True,
                )
            )
    return list(dict.fromkeys(found))


def _ask(path: Path, trust: Path | None) -> dict[str, Any]:
    """The child's answer; where it gave none, an answer with the outcome "damaged" and the reason."""
    seconds = BASE_SECONDS + path.stat().st_size // SLOWEST_HASHING
    program = str(Path(c2pa_child.__file__))
    roots = "" if trust is None else str(trust.resolve())
    command = [sys.executable, "-I", program, str(path.resolve()), roots, str(seconds)]
    with TemporaryFile() as answer:
        try:
            # The command is our own, and no shell reads it. The child gets nothing of our environment.
            subprocess.run(  # noqa: S603
                command, stdin=subprocess.DEVNULL, stdout=answer, stderr=subprocess.DEVNULL, env={},
                timeout=2 * seconds, check=True, cwd="/",
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return {"outcome": "damaged", "error": "the reading took too long"}
        except (subprocess.CalledProcessError, OSError):
            return {"outcome": "damaged", "error": "the reading broke off"}
        answer.seek(0)
        try:
            found = json.loads(answer.read(c2pa_child.MAX_OUTPUT + 1))
        except (ValueError, RecursionError):
            return {"outcome": "damaged", "error": "the reading gave no answer"}
    return found if isinstance(found, dict) else {}


def _clean(value: object) -> str:
    return clean(value, MAX_VALUE) if isinstance(value, str) else ""
