"""Which IP addresses may be reached."""

from ipaddress import ip_address

import pytest

from unmask.fetching.addresses import METADATA, networks, refusal

PUBLIC = ["8.8.8.8", "1.1.1.1", "93.184.216.34", "172.32.0.1", "100.128.0.1", "192.0.1.1", "2606:4700:4700::1111"]
HIDDEN_PUBLIC = ["::ffff:8.8.8.8", "64:ff9b::808:808"]
NOT_PUBLIC = [
    *("0.0.0.0", "10.1.2.3", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254", "169.254.1.1"),
    *("172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1"),
    *("198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fd12:3456::1", "ff02::1", "100::1", "5f00::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:0:127.0.0.1", "::127.0.0.1", "::8.8.8.8"),
    *("64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::7f00:1", "2002:7f00:1::", "2002:808:808::1"),
    *("2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:10::1", "2001:20::1", "2001:db8::1", "3fff::1"),
    *("2606:4700::5efe:7f00:1", "2606:4700::200:5efe:808:808", "2606:4700:4700::1111%eth0"),
]


@pytest.mark.parametrize("text", [*PUBLIC, *HIDDEN_PUBLIC])
def test_a_public_address_may_be_reached(text):
    assert refusal(ip_address(text)) is None


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_no_other_may(text):
    assert refusal(ip_address(text))


def test_an_allowed_network_may_and_its_neighbour_may_not():
    allowed = networks(["127.0.0.2/32", "fd00::/8"])
    for text in ("127.0.0.2", "::ffff:127.0.0.2", "fd00::1"):
        assert refusal(ip_address(text), allowed) is None
    for text in ("127.0.0.1", "127.0.0.3", "::127.0.0.2", "fe80::1"):
        assert refusal(ip_address(text), allowed)


@pytest.mark.parametrize("address", METADATA, ids=str)
def test_metadata_is_never_reached_whatever_is_allowed(address):
    assert refusal(address, networks(["0.0.0.0/0", "::/0"])) == "a cloud's metadata service"


def test_metadata_hidden_in_ipv6_is_not_reached_either():
    assert refusal(ip_address("::ffff:169.254.169.254"), networks(["::/0", "0.0.0.0/0"]))
    assert refusal(ip_address("64:ff9b::a9fe:a9fe"), networks(["::/0", "0.0.0.0/0"]))
