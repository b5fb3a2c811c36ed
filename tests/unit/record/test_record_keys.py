from __future__ import annotations

import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from unmask.bootstrap import analyzer
from unmask.errors import SigningKeyError
from unmask.record.keys import (
    PRIVATE,
    TRUSTED,
    checked_public,
    find_key,
    find_or_make_key,
    holds,
    key_folder,
    make_key,
    trust,
    trusted_keys,
)
from unmask.settings import Settings

OTHER = "lYMZ0b0Ff2XfWOqwGmCJ7m7e0vE8n1qO0o0cS3m9Yb4="


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(keys=tmp_path / "keys")


def test_a_made_key_is_found_again_and_only_its_owner_can_read_it(settings: Settings) -> None:
    assert find_key(settings) is None
    made = make_key(settings)
    assert find_key(settings).public == made.public
    path = key_folder(settings) / PRIVATE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [p.name for p in path.parent.iterdir()] == [PRIVATE]


def test_a_key_that_is_there_is_never_overwritten(settings: Settings) -> None:
    made = make_key(settings)
    with pytest.raises(SigningKeyError, match="already"):
        make_key(settings)
    assert find_or_make_key(settings)[0].public == made.public


def test_a_key_is_made_once_and_said_to_be_new_once(settings: Settings) -> None:
    assert [find_or_make_key(settings)[1] for _ in range(2)] == [True, False]


def test_a_private_key_that_others_can_read_is_refused(settings: Settings) -> None:
    make_key(settings)
    (key_folder(settings) / PRIVATE).chmod(0o640)
    with pytest.raises(SigningKeyError, match="others can read"):
        find_key(settings)


def test_the_setting_takes_a_path_and_the_key_itself_and_tells_neither(settings: Settings) -> None:
    made = make_key(settings)
    path = key_folder(settings) / PRIVATE
    for given in (str(path), path.read_text()):
        other = Settings(keys=settings.keys / "empty", signing_key=given)
        assert find_key(other).public == made.public
        assert "signing_key" not in other.model_dump()
        assert given not in repr(other)
        assert "PRIVATE" not in repr(find_key(other))


@pytest.mark.parametrize(
    "given", ["/nowhere/key.pem", "-----BEGIN PRIVATE KEY-----\nMC4C\n-----END PRIVATE KEY-----\n"]
)
def test_a_key_that_can_not_be_read_is_an_error_and_not_an_unsigned_record(given: str) -> None:
    with pytest.raises(SigningKeyError):
        find_key(Settings(signing_key=given))


def test_a_key_of_another_kind_is_refused() -> None:
    pem = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(SigningKeyError, match="Ed25519"):
        find_key(Settings(signing_key=pem.decode()))


def test_where_nothing_can_be_written_there_is_no_key_and_no_crash(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert find_or_make_key(Settings(keys=tmp_path / "file" / "keys")) == (None, False)


def test_own_and_listed_keys_are_trusted_under_their_names(settings: Settings) -> None:
    own = make_key(settings)
    trust(settings, OTHER, "desk of\nthe Daily")
    assert trusted_keys(settings) == {own.public: "this installation", OTHER: "desk of the Daily"}
    path = key_folder(settings) / TRUSTED
    path.write_text("# a comment\n\n" + path.read_text())
    assert OTHER in trusted_keys(settings)


@pytest.mark.parametrize("text", ["", "abc", "lYMZ0b0Ff2XfWOqw", "<script>", "ä" * 44, OTHER[:-1]])
def test_a_text_that_is_no_public_key_is_refused(text: str) -> None:
    with pytest.raises(SigningKeyError):
        checked_public(text)


def test_a_signature_holds_for_its_key_and_message_alone(settings: Settings) -> None:
    key = make_key(settings)
    value = key.sign(b"message")
    assert holds(key.public, value, b"message")
    assert not holds(key.public, value, b"massage")
    assert not holds(OTHER, value, b"message")
    assert not holds("no key", value, b"message")
    assert not holds(key.public, "no signature", b"message")


def test_an_analysis_with_a_key_that_can_not_be_used_stops_before_the_work(tmp_path: Path) -> None:
    tools = analyzer(Settings(signing_key="/nowhere/key.pem"))
    with pytest.raises(SigningKeyError):
        tools.analyze(tmp_path / "not even there.mp4")
