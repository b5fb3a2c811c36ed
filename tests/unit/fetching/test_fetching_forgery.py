"""Hostile addresses, against real servers and a real name server on loopback: nothing inside is ever reached.

What plays the inside listens on every address of this machine and counts connections; what plays the outside is
127.0.0.2, the only address that the policy allows.
"""

import socket
from urllib.parse import quote

import httpx
import pytest

from support.loopback import FILE
from unmask.errors import FetchFailed, UrlRefused
from unmask.fetching import check_url, fetch

LOOPBACK = [
    "http://127.0.0.1:{p}/",
    "http://localhost:{p}/",
    "http://LOCALHOST.:{p}/",
    "http://127.1:{p}/",
    "http://127.0.1:{p}/",
    "http://2130706433:{p}/",
    "http://0x7f000001:{p}/",
    "http://0x7f.1:{p}/",
    "http://0177.0.0.1:{p}/",
    "http://017700000001:{p}/",
    "http://127.000.000.001:{p}/",
    "http://0:{p}/",
    "http://0.0.0.0:{p}/",
    "http://127.255.255.254:{p}/",
    "http://[::1]:{p}/",
    "http://[::]:{p}/",
    "http://[0:0:0:0:0:0:0:1]:{p}/",
    "http://[::ffff:127.0.0.1]:{p}/",
    "http://[::ffff:7f00:1]:{p}/",
    "http://[::ffff:0:127.0.0.1]:{p}/",
    "http://[::127.0.0.1]:{p}/",
    "http://[64:ff9b::7f00:1]:{p}/",
    "http://[2002:7f00:1::]:{p}/",
    "http://[fe80::1%25lo]:{p}/",
    "http://①②⑦.⓪.⓪.①:{p}/",
    "http://127。0。0。1:{p}/",
    "http://%31%32%37.0.0.1:{p}/",
    "http://127.0.0.1%00.outside.test:{p}/",
]
ELSEWHERE = [
    "http://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/latest/meta-data/",
    "http://2852039166/latest/meta-data/",
    "http://0xa9fea9fe/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://100.100.100.200/",
    "http://168.63.129.16/",
    "http://10.0.0.1/",
    "http://172.16.5.4/",
    "http://192.168.1.1/",
    "http://100.64.0.1/",
    "http://224.0.0.251/",
    "http://255.255.255.255/",
    "http://198.51.100.7/",
    "http://127.0.0.2:22/",
    "http://127.0.0.2:25/",
    "file:///etc/passwd",
    "ftp://127.0.0.2/clip.mp4",
    "gopher://127.0.0.1:6379/_FLUSHALL",
    "dict://127.0.0.1:11211/stats",
    "data:video/mp4;base64,AAAA",
    "jar:http://127.0.0.2/!/",
    "//127.0.0.1/",
    "http:127.0.0.1/",
    "http:///etc/passwd",
    "http://",
    "",
]
CONFUSING = [
    "http://user:pass@127.0.0.2:{q}/",
    "http://127.0.0.2:{q}@127.0.0.1:{p}/",
    "http://127.0.0.1:{p}#@127.0.0.2:{q}/",
    "http://127.0.0.1:{p}\\@127.0.0.2:{q}/",
    "http://127.0.0.2:{q}\\.127.0.0.1:{p}/",
    "http://127.0.0.2 .127.0.0.1:{p}/",
    "http://127.0.0.2\t:{q}/",
    "http://127.0.0.2:{q}/\r\nHost: 127.0.0.1",
    "http://127.0.0.1:{p}\x00.outside.test/",
    "http://[127.0.0.1]:{p}/",
    "http://[::1:{p}/",
    "http://127.0.0.1:{p}:{q}/",
    "http://127.0.0.2:99999/",
    "http://127.0.0.2:-1/",
    "http://" + "a" * 3000 + ".test/",
    "http://a..b.test/",
]
NAMES = [
    "http://inside.test:{p}/",
    "http://INSIDE.TEST.:{p}/",
    "http://alias.test:{p}/",
    "http://both.test:{p}/",
    "http://six.test:{p}/",
    "http://mapped.test:{p}/",
    "http://nat.test:{p}/",
    "http://metadata.test/",
    "http://private.test/",
]
ALL = [*LOOPBACK, *ELSEWHERE, *CONFUSING, *NAMES]


def test_there_are_at_least_25_hostile_addresses():
    assert len(set(ALL)) == len(ALL) >= 25


@pytest.mark.parametrize("pattern", ALL)
def test_a_hostile_address_is_refused_and_nothing_is_reached(pattern, tmp_path, policy, served, neighbour, names):
    url = pattern.replace("{p}", str(neighbour.port)).replace("{q}", str(served.server_address[1]))
    resolver = names if ".test" in pattern.lower() else _system(names)
    with pytest.raises((UrlRefused, FetchFailed)) as refused:
        fetch(url, tmp_path / "out", policy, resolver)
    assert refused.value.code == "url_refused"
    assert neighbour.connections == []
    assert served.requests == []
    assert not list(tmp_path.rglob("*media*"))


def _system(names):
    """The system's own resolver for everything that is no test name."""
    from unmask.fetching.resolve import system_resolver

    return lambda host, port: names(host, port) if host.endswith(".test") else system_resolver(host, port)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_the_inside_is_not_followed(status, tmp_path, policy, served, at, neighbour):
    url = f"{at}/to?status={status}&url={quote(f'http://127.0.0.1:{neighbour.port}/', safe='')}"
    with pytest.raises(UrlRefused):
        fetch(url, tmp_path, policy)
    assert len(served.requests) == 1
    assert neighbour.connections == []


@pytest.mark.parametrize("pattern", [*LOOPBACK[3:12], *LOOPBACK[14:20], *NAMES, "file:///etc/passwd", "//[::1]:{p}/"])
def test_no_spelling_of_the_inside_passes_as_a_redirect(pattern, tmp_path, policy, served, at, neighbour, names):
    url = f"{at}/to?url={quote(pattern.replace('{p}', str(neighbour.port)), safe='')}"
    with pytest.raises(UrlRefused):
        fetch(url, tmp_path, policy, _system(names))
    assert len(served.requests) == 1
    assert neighbour.connections == []


def test_the_second_of_two_redirects_is_checked_like_the_first(tmp_path, policy, served, at, neighbour):
    inner = quote(f"http://[::1]:{neighbour.port}/", safe="")
    with pytest.raises(UrlRefused):
        fetch(f"{at}/to?url={quote(f'{at}/to?url={inner}', safe='')}", tmp_path, policy)
    assert len(served.requests) == 2
    assert neighbour.connections == []


def test_a_name_that_changes_its_address_is_asked_for_once_and_the_judged_address_is_used(
    tmp_path, policy, served, names
):
    port = served.server_address[1]
    got = fetch(f"http://rebind.test:{port}/file", tmp_path, policy, names)
    assert got.received.path.read_bytes() == FILE
    assert names.names.asked == {"rebind.test": 1}
    assert served.requests[0].headers["Host"] == f"rebind.test:{port}"


def test_the_rebinding_trap_is_real_for_whoever_asks_twice(policy, neighbour, names):
    """The control: a check with the first answer and a connection with the second one reaches the inside."""
    assert names("rebind.test", 80) == ["127.0.0.2"]
    second = names("rebind.test", 80)[0]
    with socket.create_connection((second, neighbour.port), 2) as reached:
        reached.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert reached.recv(4096).endswith(b"secret")
    assert len(neighbour.connections) == 1


def test_a_name_that_changes_between_two_redirects_is_judged_each_time(tmp_path, policy, served, at, names):
    port = served.server_address[1]
    url = f"http://rebind.test:{port}/to?url={quote(f'http://rebind.test:{port}/file', safe='')}"
    with pytest.raises(UrlRefused):
        fetch(url, tmp_path, policy, names)
    assert names.names.asked == {"rebind.test": 2}
    assert [request.path.split("?")[0] for request in served.requests] == ["/to"]


@pytest.mark.parametrize(
    "pattern", ["http://127.0.0.1:{p}/", "http://2130706433:{p}/", "http://[::ffff:127.0.0.1]:{p}/"]
)
def test_the_traps_are_real_for_an_ordinary_client(pattern, neighbour):
    """The control: what is refused above does lead inside."""
    with httpx.Client(trust_env=False) as client:
        assert client.get(pattern.replace("{p}", str(neighbour.port))).content == b"secret"


def test_a_proxy_of_the_environment_is_not_used(tmp_path, policy, served, at, neighbour, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{neighbour.port}")
    assert fetch(f"{at}/file", tmp_path, policy).received.size == len(FILE)
    assert neighbour.connections == []


def test_a_list_of_hosts_admits_those_and_none_besides(tmp_path, policy, served, names):
    from dataclasses import replace

    port = served.server_address[1]
    listed = replace(policy, hosts=(".test", "exact.example"))
    assert check_url("https://exact.example/", listed)
    for url in ("http://example.org/", "http://eviltest/", "http://a.exact.example/", "http://93.184.216.34/"):
        with pytest.raises(UrlRefused):
            check_url(url, listed)
    assert fetch(f"http://outside.test:{port}/file", tmp_path, listed, names).received.size == len(FILE)
    with pytest.raises(UrlRefused):
        fetch("http://inside.test/", tmp_path, listed, names)


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ("HTTP://Example.ORG", "http://example.org/"),
        ("https://example.org:443/a?b=c#d", "https://example.org/a?b=c"),
        ("http://bücher.example/ü", "http://xn--bcher-kva.example/%C3%BC"),
        ("https://cdn.example.org:8443/v/1.mp4?sig=a%2Fb%3D", "https://cdn.example.org:8443/v/1.mp4?sig=a%2Fb%3D"),
        ("http://[2606:4700:4700::1111]/", "http://[2606:4700:4700::1111]/"),
        ("http://8.8.8.8/", "http://8.8.8.8/"),
    ],
)
def test_an_honest_address_passes_in_one_form(given, asked, policy):
    assert check_url(given, policy).url == asked
