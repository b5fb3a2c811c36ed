"""A record, or the receipt of a deletion, checked offline: which parts are as they were signed, and which are not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from unmask.errors import RecordError, TimestampError, UnmaskError
from unmask.record import canonical, receipt
from unmask.record.files import below, evidence_names, sha256_of
from unmask.record.keys import holds
from unmask.record.seal import signed_part, stamped_part
from unmask.record.timestamp import check
from unmask.result import RecordedFile, Result, Signature

State = Literal["holds", "differs", "missing", "unknown", "absent", "unchecked"]
"""differs, missing: the record is not what it was. unknown: intact, and of somebody nobody vouches for. absent: the
record never had it. unchecked: nothing was given to check it with."""


@dataclass(frozen=True, slots=True)
class Check:
    """One part: `part` is record or receipt, settings, signature, key, timestamp, media or a file's name."""

    part: str
    state: State
    note: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """All checks of one record, and its document where it could be read; None for the receipt of a deletion."""

    checks: tuple[Check, ...]
    result: Result | None

    @property
    def intact(self) -> bool:
        """Whether nothing that was checked differs or is missing."""
        return not any(check.state in ("differs", "missing") for check in self.checks)

    @property
    def vouched(self) -> bool:
        """Whether it is intact and signed by a trusted key."""
        return self.intact and any((check.part, check.state) == ("key", "holds") for check in self.checks)


def verify(
    record: Path, media: Path | None, trusted: Mapping[str, str], timestamp_roots: Path | None = None
) -> Checked:
    """Check a `result.json`, the files beside it, and the media where it is given; or the receipt of a deletion.

    Args:
        record: the document; the files that it lists are looked for in its folder.
        media: the file that it is about, or None.
        trusted: names by public key.
        timestamp_roots: PEM file of the roots whose timestamps are believed.

    Raises:
        RecordError: there is no document at that path, or it can't be read from there.
    """
    try:
        text = record.read_bytes()
    except OSError as refused:
        raise RecordError(f"can't read {record}: {refused.strerror}") from refused
    try:
        document = canonical.read(text)
        if document.get("schema") == receipt.SCHEMA:
            return Checked((*_receipt(document, trusted), *_deleted(document, media)), None)
        result = Result.from_json(text)
    except RecordError as wrong:
        return Checked((Check("record", "differs", wrong.message),), None)
    except ValidationError as wrong:
        return Checked((Check("record", "differs", _first_fault(wrong)),), None)
    found = [*_signature(document, result, trusted, timestamp_roots), *_settings(result), *_media(result, media)]
    return Checked((*found, *_files(result, record.parent)), result)


def _first_fault(wrong: ValidationError) -> str:
    fault = wrong.errors()[0]
    return f"no result document: {'.'.join(map(str, fault['loc']))[:100]}: {fault['msg']}"


def _signature(document: dict[str, Any], result: Result, trusted: Mapping[str, str], roots: Path | None) -> list[Check]:
    signature = result.signature
    if signature is None:
        return [Check("record", "unchecked", "nothing tells whether it was changed"), Check("signature", "absent")]
    try:
        good = holds(signature.key, signature.value, signed_part(document))
    except RecordError as wrong:
        return [Check("record", "differs", wrong.message)]
    if not good:
        note = "the document or its signature was changed: they do not belong together"
        return [Check("record", "differs", note)]
    return [Check("record", "holds", "as it was signed"), _key(signature.key, trusted), *_timestamp(signature, roots)]


def _key(key: str, trusted: Mapping[str, str]) -> Check:
    name = trusted.get(key)
    return Check("key", "holds", name) if name is not None else Check("key", "unknown", key)


def _receipt(document: dict[str, Any], trusted: Mapping[str, str]) -> list[Check]:
    if document.get("completed") is None:
        return [Check("receipt", "unchecked", "the deletion was not completed when it was written")]
    try:
        key = receipt.signature_holds(document)
    except RecordError as wrong:
        return [Check("receipt", "differs", wrong.message)]
    if key is None:
        note = "it fits its digest, which anyone could have written"
        return [Check("receipt", "unchecked", note), Check("signature", "absent", str(document.get("unsigned") or ""))]
    return [Check("receipt", "holds", "as it was signed"), _key(key, trusted)]


def _deleted(document: dict[str, Any], media: Path | None) -> list[Check]:
    """Whether the file is the one whose deletion the receipt tells of."""
    told = document.get("media")
    if media is None or not isinstance(told, dict):
        return []
    if not media.is_file():
        return [Check("media", "missing", str(media))]
    found = sha256_of(media)
    if found == told.get("sha256"):
        return [Check("media", "holds", f"{media.name} is the one that was deleted")]
    return [Check("media", "differs", f"SHA-256 is {found}, the receipt says {told.get('sha256')}")]


def _timestamp(signature: Signature, roots: Path | None) -> list[Check]:
    if signature.timestamp is None:
        return [Check("timestamp", "absent", signature.timestamp_error)] if signature.timestamp_error else []
    try:
        found = check(signature.timestamp, stamped_part(signature), roots)
    except TimestampError as wrong:
        return [Check("timestamp", "differs", wrong.message)]
    when = found.time.strftime("%Y-%m-%d %H:%M:%S UTC")
    if found.trusted:
        return [Check("timestamp", "holds", when)]
    return [Check("timestamp", "unknown", f"{when}; no trusted roots are set")]


def _settings(result: Result) -> list[Check]:
    if result.record is None:
        return []
    try:
        same = canonical.digest(result.settings) == result.record.settings_sha256
    except UnmaskError as wrong:
        return [Check("settings", "differs", wrong.message)]
    return [] if same else [Check("settings", "differs", "they do not have the hash that the record gives them")]


def _media(result: Result, media: Path | None) -> list[Check]:
    if media is None:
        return [Check("media", "unchecked", "no media was given")]
    if not media.is_file():
        return [Check("media", "missing", str(media))]
    size, found = media.stat().st_size, sha256_of(media)
    if found == result.media.sha256:
        return [Check("media", "holds", media.name)]
    sizes = "" if size == result.media.bytes else f"; {size} bytes instead of {result.media.bytes}"
    return [Check("media", "differs", f"SHA-256 is {found}, the record says {result.media.sha256}{sizes}")]


def _files(result: Result, folder: Path) -> list[Check]:
    if result.record is None:
        return [Check("files", "absent", "the record lists no files")]
    checks = [_file(one, folder) for one in result.record.files]
    listed = {one.name for one in result.record.files}
    strangers = [name for name in evidence_names(folder) if name not in listed]
    checks += [Check(name, "unknown", "is no part of the record") for name in strangers]
    named = {e.artifact for e in result.evidence if e.artifact} - listed
    checks += [Check(name, "differs", "the record names it without its hash") for name in sorted(named)]
    return checks


def _file(one: RecordedFile, folder: Path) -> Check:
    path = below(folder, one.name)
    if path is None or not path.is_file():
        return Check(one.name, "missing", "" if path else "its name leads out of the folder")
    size, found = path.stat().st_size, sha256_of(path)
    if found == one.sha256:
        return Check(one.name, "holds")
    sizes = "" if size == one.bytes else f"; {size} bytes instead of {one.bytes}"
    return Check(one.name, "differs", f"SHA-256 is {found}, the record says {one.sha256}{sizes}")
