"""What a key may do, where a server may listen, and what an upload must begin with."""

import pytest

from unmask.access.bind import check_bind, is_loopback
from unmask.access.scopes import SCOPES, allows, parse_scopes, require
from unmask.access.uploads import check_head, check_size
from unmask.errors import EmptyFile, Forbidden, NotMedia, SettingsError, TooLarge, UnsupportedContainer


def test_a_higher_scope_holds_the_lower_ones_and_write_does_not_read():
    assert all(allows({"operator"}, scope) for scope in SCOPES)
    assert all(allows({"admin"}, scope) for scope in SCOPES if scope != "operator")
    assert not allows({"admin"}, "operator")
    assert allows({"write"}, "write")
    assert not allows({"write"}, "read")
    assert not allows({"read", "write"}, "admin")
    assert not any(allows((), scope) for scope in SCOPES)


def test_a_missing_scope_is_named():
    with pytest.raises(Forbidden, match="write"):
        require({"read"}, "write")
    require({"read"}, "read")


def test_scopes_are_read_from_words():
    assert parse_scopes(["Read,write"]) == parse_scopes(["write", " read "]) == {"read", "write"}
    for bad in (["root"], [], [","], ["read", "wirte"]):
        with pytest.raises(SettingsError):
            parse_scopes(bad)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost", "LOCALHOST"])
def test_on_loopback_no_key_is_needed(host):
    assert is_loopback(host)
    check_bind(host, has_keys=False)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.168.1.4", "server.example", "127.1", "::ffff:10.0.0.1"])
def test_another_address_needs_a_key(host):
    with pytest.raises(SettingsError, match="unmask access create"):
        check_bind(host, has_keys=False)
    check_bind(host, has_keys=True)


def test_an_upload_is_judged_by_its_first_bytes():
    check_head(b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41")
    with pytest.raises(EmptyFile):
        check_head(b"")
    with pytest.raises(NotMedia):
        check_head(b"%PDF-1.7\n%\xe2\xe3")
    with pytest.raises(UnsupportedContainer):
        check_head(b"#EXTM3U\nhttp://169.254.169.254/latest/meta-data/\n")


def test_an_upload_is_judged_by_the_length_it_declares():
    check_size(None, 10)
    check_size(10, 10)
    with pytest.raises(TooLarge):
        check_size(11, 10)
    with pytest.raises(EmptyFile):
        check_size(0, 10)
