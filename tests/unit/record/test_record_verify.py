"""A record as it is written, then harmed: what was harmed is found and named."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from support import fakeresult as fake
from unmask.errors import RecordError
from unmask.record.canonical import canonical, read
from unmask.record.keys import SigningKey, make_key
from unmask.record.seal import signed_part
from unmask.record.verify import Checked, verify
from unmask.report.write import write_report
from unmask.result import Result
from unmask.settings import Settings

MEDIA = bytes(range(256)) * 64


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SigningKey]:
    """A folder with a signed record and its media."""
    folder = tmp_path_factory.mktemp("made")
    out = folder / "out"
    out.mkdir()
    (folder / "media.mp4").write_bytes(MEDIA)
    key = make_key(Settings(keys=folder / "keys"))
    result = fake.image(out)
    facts = result.media.model_copy(update={"sha256": hashlib.sha256(MEDIA).hexdigest(), "bytes": len(MEDIA)})
    write_report(result.model_copy(update={"media": facts}), out, key=key)
    return folder, key


@pytest.fixture
def copy(made: tuple[Path, SigningKey], tmp_path: Path) -> Path:
    shutil.copytree(made[0], tmp_path / "copy")
    return tmp_path / "copy"


def check(folder: Path, key: SigningKey | None = None) -> Checked:
    trusted = {key.public: "me"} if key else {}
    return verify(folder / "out" / "result.json", folder / "media.mp4", trusted)


def bad(found: Checked) -> list[tuple[str, str]]:
    return [(c.part, c.state) for c in found.checks if c.state != "holds"]


def flip(path: Path, place: int = -20) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


def test_an_untouched_record_holds_with_its_key_its_files_and_its_media(made) -> None:
    folder, key = made
    found = check(folder, key)
    assert bad(found) == []
    assert found.vouched
    parts = {c.part for c in found.checks}
    assert {"record", "key", "media", "report.html"} <= parts
    assert {e.artifact for e in found.result.evidence if e.artifact} <= parts


def test_a_flipped_byte_in_the_media_is_found_and_named(made, copy: Path) -> None:
    flip(copy / "media.mp4")
    assert bad(check(copy, made[1])) == [("media", "differs")]


def test_a_media_that_was_cut_short_is_told_by_its_size(made, copy: Path) -> None:
    (copy / "media.mp4").write_bytes(MEDIA[:-1])
    (one,) = [c for c in check(copy, made[1]).checks if c.part == "media"]
    assert f"{len(MEDIA) - 1} bytes instead of {len(MEDIA)}" in one.note


def test_a_flipped_byte_in_any_file_of_the_record_is_found_and_named(made, copy: Path) -> None:
    names = [one.name for one in check(copy, made[1]).result.record.files]
    assert len(names) >= 4
    for name in names:
        flip(copy / "out" / name)
        assert bad(check(copy, made[1])) == [(name, "differs")]
        flip(copy / "out" / name)


def test_a_missing_file_is_named(made, copy: Path) -> None:
    (copy / "out" / "report.html").unlink()
    (copy / "media.mp4").unlink()
    assert bad(check(copy, made[1])) == [("media", "missing"), ("report.html", "missing")]


def test_a_flipped_bit_anywhere_in_the_record_is_found(made, copy: Path) -> None:
    """Any bit, unless the text then still says the same (an upper-case hexadecimal digit in an escape)."""
    path = copy / "out" / "result.json"
    good = path.read_bytes()
    meaning = canonical(read(good))
    kept = 0
    for place in range(0, len(good), 7):
        path.write_bytes(good[:place] + bytes([good[place] ^ (1 << place % 8)]) + good[place + 1 :])
        found = check(copy, made[1])
        if ("record", "differs") in bad(found):
            continue
        assert canonical(read(path.read_bytes())) == meaning, good[place - 20 : place + 20]
        kept += 1
    assert kept <= 2


def test_a_changed_verdict_is_found_even_where_its_file_hashes_were_left_alone(made, copy: Path) -> None:
    path = copy / "out" / "result.json"
    text = path.read_text().replace('"likely_manipulated"', '"likely_authentic"', 1)
    path.write_text(text)
    assert bad(check(copy, made[1])) == [("record", "differs")]


def test_a_file_and_its_hash_changed_together_are_found_in_the_record(made, copy: Path) -> None:
    page, path = copy / "out" / "report.html", copy / "out" / "result.json"
    old = hashlib.sha256(page.read_bytes()).hexdigest()
    flip(page)
    path.write_text(path.read_text().replace(old, hashlib.sha256(page.read_bytes()).hexdigest()))
    assert bad(check(copy, made[1])) == [("record", "differs")]


def test_a_record_signed_anew_by_a_stranger_is_intact_and_not_vouched_for(made, copy: Path) -> None:
    stranger = make_key(Settings(keys=copy / "other"))
    path = copy / "out" / "result.json"
    document = json.loads(path.read_text().replace('"likely_manipulated"', '"likely_authentic"', 1))
    document["signature"] = {
        "algorithm": "ed25519",
        "key": stranger.public,
        "value": stranger.sign(signed_part(document)),
    }
    path.write_text(json.dumps(document))
    found = check(copy, made[1])
    assert found.intact
    assert not found.vouched
    assert bad(found) == [("key", "unknown")]


def test_the_signature_survives_another_layout_of_the_same_document(made, copy: Path) -> None:
    path = copy / "out" / "result.json"
    path.write_text(json.dumps(dict(reversed(json.loads(path.read_text()).items())), ensure_ascii=True))
    assert check(copy, made[1]).vouched


def test_a_record_whose_signature_was_taken_away_is_unsigned(made, copy: Path) -> None:
    path = copy / "out" / "result.json"
    document = json.loads(path.read_text())
    document["signature"] = None
    path.write_text(json.dumps(document))
    found = check(copy, made[1])
    assert ("signature", "absent") in bad(found)
    assert found.intact
    assert not found.vouched


def test_settings_that_do_not_fit_their_hash_are_named(copy: Path) -> None:
    path = copy / "out" / "result.json"
    document = json.loads(path.read_text())
    document["settings"]["fps"] = 1.5
    document["signature"] = None
    path.write_text(json.dumps(document))
    assert ("settings", "differs") in bad(check(copy))


@pytest.mark.parametrize(
    "name", ["../secret.txt", "/etc/passwd", "evidence/../../secret.txt", "link", "evidence", "a\x00b"]
)
def test_names_that_lead_out_of_the_folder_are_never_followed(name: str, made, copy: Path) -> None:
    (copy / "secret.txt").write_text("secret")
    (copy / "out" / "link").symlink_to(copy / "secret.txt")
    path = copy / "out" / "result.json"
    document = json.loads(path.read_text())
    secret = hashlib.sha256(b"secret").hexdigest()
    document["record"]["files"].append({"name": name, "bytes": 6, "sha256": secret})
    document["signature"] = None
    path.write_text(json.dumps(document))
    assert (name, "missing") in bad(check(copy))


def test_evidence_that_the_record_does_not_list_is_called_a_stranger(made, copy: Path) -> None:
    (copy / "out" / "evidence" / "e99.png").write_bytes(b"slipped in")
    found = check(copy, made[1])
    assert bad(found) == [("evidence/e99.png", "unknown")]
    assert found.vouched


@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b"\xff\xfe", b'{"schema": "unmask.result/1"}', b"\x00" * 100])
def test_what_is_no_record_at_all_differs_and_does_not_crash(text: bytes, copy: Path) -> None:
    path = copy / "out" / "result.json"
    path.write_bytes(text)
    found = check(copy)
    assert bad(found) == [("record", "differs")]
    assert found.result is None


def test_a_record_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="can't read"):
        verify(tmp_path / "result.json", None, {})


def test_the_result_returned_is_the_one_written(made) -> None:
    folder, _ = made
    written = Result.from_json((folder / "out" / "result.json").read_bytes())
    assert written.record.software.startswith("unmask ")
    assert [one.name for one in written.record.files] == sorted(one.name for one in written.record.files)
