"""Addresses of any shape: what passes the check is public, in one form, and other parsers read the same in it."""

from urllib.parse import urlsplit

import httpx
from hypothesis import given
from hypothesis import strategies as st

from unmask.errors import UrlRefused
from unmask.fetching import Policy, check_url
from unmask.fetching.addresses import refusal
from unmask.fetching.urls import read_address

POLICY = Policy(max_bytes=1)
PIECES = [
    *("http", "https", "ftp", "HTTP", ":", "//", "/", "\\", "@", "#", "?", "%", "%00", "%2e", "[", "]", "::1"),
    *("127.0.0.1", "127.1", "0x7f", "2130706433", "10.0.0.1", "8.8.8.8", "example.org", "localhost", "a", ".", "-"),
    *(" ", "\t", "\n", "\r", "\x00", "\uff0e", "\u3002", "①", "ü", "ß", "\u200d", "\u202e", ":80", ":22", ":8080"),
    *("::ffff:", ":0", "user", "xn--", "_"),
]  # fmt: skip


def passed(text: str):
    try:
        return check_url(text, POLICY)
    except UrlRefused:
        return None


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=12).map("".join))
def test_whatever_passes_is_plain_public_and_read_alike_by_others(tail):
    target = passed(f"http://{tail}")
    if target is None:
        return
    assert target.scheme in {"http", "https"}
    assert target.url.isascii()
    assert all(char.isprintable() and char not in " \\" for char in target.url)
    address = read_address(target.host)
    assert address == target.address
    assert address is None or refusal(address) is None
    assert urlsplit(target.url).username is None
    assert urlsplit(target.url).hostname == target.host == httpx.URL(target.url).raw_host.decode()
    assert passed(target.url) == target


@given(st.text(max_size=60))
def test_no_text_at_all_breaks_the_check(text):
    for prefix in ("", "http://", "https://[", "http://a:"):
        passed(prefix + text)


@given(st.ip_addresses())
def test_every_ip_address_passes_if_it_is_public_and_only_then(address):
    host = f"[{address}]" if address.version == 6 else str(address)
    assert (passed(f"https://{host}/") is not None) == (refusal(address) is None)
