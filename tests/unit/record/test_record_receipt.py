"""A receipt of a deletion as it is written, then harmed: what was harmed is found."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from unmask.record import receipt
from unmask.record.keys import make_key
from unmask.record.verify import Checked, verify
from unmask.settings import load

PLANNED = {
    "schema": receipt.SCHEMA,
    "analysis": "01M8CFRESDTT12VRRHNMXFRNYB",
    "requested": "2026-11-26T10:00:00+00:00",
    "completed": "2026-11-26T10:00:01+00:00",
    "media": {"sha256": hashlib.sha256(b"media").hexdigest(), "bytes": 5, "removed": True},
    "rows": {"events": 9},
    "objects": [{"key": "p/analyses/a/artifacts/result.json", "bytes": 7}],
    "remaining": 0,
}


@pytest.fixture
def public(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A key of this installation, made for the test."""
    monkeypatch.setenv("UNMASK_KEYS", str(tmp_path / "keys"))
    return make_key(load()).public


def checked(folder: Path, document: dict[str, object], trusted: dict[str, str], media: Path | None = None) -> Checked:
    path = folder / "receipt.json"
    path.write_text(json.dumps(document, indent=1), encoding="utf-8")
    return verify(path, media, trusted)


def states(found: Checked) -> dict[str, str]:
    return {check.part: check.state for check in found.checks}


def test_a_signed_receipt_holds_however_it_is_laid_out(tmp_path: Path, public: str) -> None:
    closed = receipt.close(PLANNED)
    found = checked(tmp_path, dict(reversed(closed.items())), {public: "me"})
    assert states(found) == {"receipt": "holds", "key": "holds"} and found.vouched
    assert states(checked(tmp_path, closed, {})) == {"receipt": "holds", "key": "unknown"}


@pytest.mark.parametrize("name", [name for name in PLANNED if name not in ("schema", "completed")])
def test_no_part_can_be_changed(tmp_path: Path, public: str, name: str) -> None:
    harmed = receipt.close(PLANNED) | {name: "other"}
    assert not checked(tmp_path, harmed, {public: "me"}).intact
    harmed["digest"] = receipt.digest_of(harmed)
    assert not checked(tmp_path, harmed, {public: "me"}).intact, "the signature covers it, and the digest too"


def test_an_unsigned_receipt_says_why_and_proves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNMASK_KEYS", str(tmp_path / "none"))
    closed = receipt.close(PLANNED)
    assert (closed["signature"], closed["unsigned"]) == (None, receipt.NO_KEY)
    found = checked(tmp_path, closed, {})
    assert states(found) == {"receipt": "unchecked", "signature": "absent"}
    assert found.intact and not found.vouched


def test_a_receipt_of_before_signatures_still_has_its_digest(tmp_path: Path) -> None:
    old = {**PLANNED, "digest": receipt.digest_of(PLANNED)}
    assert receipt.signature_holds(old) is None
    assert states(checked(tmp_path, old, {}))["receipt"] == "unchecked"


def test_the_media_is_the_one_that_was_deleted_or_not(tmp_path: Path, public: str) -> None:
    media = tmp_path / "clip.mp4"
    closed = receipt.close(PLANNED)
    for data, state in ((b"media", "holds"), (b"other", "differs")):
        media.write_bytes(data)
        assert states(checked(tmp_path, closed, {public: "me"}, media))["media"] == state


def test_a_receipt_that_is_not_complete_is_told_as_such(tmp_path: Path, public: str) -> None:
    assert states(checked(tmp_path, {**PLANNED, "completed": None}, {public: "me"})) == {"receipt": "unchecked"}
