"""Timestamps by a third party (RFC 3161): a server's signed word that a signature existed at a time."""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import httpx
from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    PKIStatus,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerifierBuilder,
    decode_timestamp_response,
)
from rfc3161_client.errors import VerificationError

from unmask.errors import TimestampError
from unmask.result import Timestamp

SECONDS = 15.0
"""Longest wait for a server."""
LARGEST = 256 * 1024
"""Most bytes of an answer that are taken."""


@dataclass(frozen=True, slots=True)
class Stamped:
    """What a token says: the time it names, and whether it was traced to a root that is trusted."""

    time: datetime
    trusted: bool


def stamp(url: str, message: bytes) -> Timestamp:
    """Ask the server for a token over SHA-256 of `message`; only the hash is sent.

    Raises:
        TimestampError: no server, a refusal, or an answer that is about something else.
    """
    request = (
        TimestampRequestBuilder()
        .data(message)
        .hash_algorithm(HashAlgorithm.SHA256)
        .nonce(nonce=True)
        .cert_request(cert_request=True)
        .build()
    )
    answer = _post(url, request.as_bytes())
    found = _decoded(answer)
    if found.tst_info.nonce != request.nonce or not _is_about(found, request.message_imprint.message):
        raise TimestampError("the timestamp server's answer is about something else")
    return Timestamp(server=url, token=base64.b64encode(answer).decode("ascii"))


def check(stamped: Timestamp, message: bytes, roots: Path | None) -> Stamped:
    """What the token is worth for `message`. Without `roots` (PEM) its signature is not traced to anybody.

    Raises:
        TimestampError: the token is damaged, is about something else, or does not lead to one of the roots.
    """
    try:
        answer = base64.b64decode(stamped.token, validate=True)
    except (binascii.Error, ValueError) as wrong:
        raise TimestampError("the token can't be read") from wrong
    found = _decoded(answer)
    if not _is_about(found, hashlib.sha256(message).digest()):
        raise TimestampError("the token is about something else")
    if roots is None:
        return Stamped(found.tst_info.gen_time, trusted=False)
    builder = VerifierBuilder()
    for root in _roots(roots):
        builder = builder.add_root_certificate(root)
    try:
        builder.build().verify_message(found, message)
    except (VerificationError, ValueError) as wrong:
        raise TimestampError(f"the token does not lead to a trusted root: {wrong}") from wrong
    return Stamped(found.tst_info.gen_time, trusted=True)


def _post(url: str, body: bytes) -> bytes:
    """The server's answer, bounded in size and time; redirects are not followed."""
    headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
    try:
        with httpx.stream("POST", url, content=body, headers=headers, timeout=SECONDS) as reply:
            if reply.status_code != 200:
                raise TimestampError(f"the timestamp server answered with status {reply.status_code}")
            answer = b""
            for part in reply.iter_bytes():
                answer += part
                if len(answer) > LARGEST:
                    raise TimestampError("the timestamp server's answer is too large")
            return answer
    except (httpx.HTTPError, httpx.InvalidURL) as broken:
        raise TimestampError(f"no answer from the timestamp server: {type(broken).__name__}") from broken


def _decoded(answer: bytes) -> TimeStampResponse:
    try:
        found = decode_timestamp_response(answer)
    except ValueError as wrong:
        raise TimestampError("the timestamp can't be read") from wrong
    if PKIStatus(found.status) not in (PKIStatus.GRANTED, PKIStatus.GRANTED_WITH_MODS):
        reason = " ".join(found.status_string) if found.status_string else "no reason given"
        raise TimestampError(f"the timestamp server refused: {reason[:200]}")
    with contextlib.suppress(ValueError):
        _ = found.tst_info
        return found
    raise TimestampError("the timestamp can't be read")


def _is_about(found: TimeStampResponse, hashed: bytes) -> bool:
    return bytes(found.tst_info.message_imprint.message) == hashed


def _roots(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as wrong:
        raise TimestampError(f"the trusted roots {path} can't be read") from wrong
