"""Which IP addresses are public, and what others hide inside them.

Own tables, from the IANA registries of special-purpose addresses (RFC 6890 and its updates), because what
`ipaddress.is_global` answers differs between releases of Python.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NOT_PUBLIC_4: Final = {
    "0.0.0.0/8": "this network",
    "10.0.0.0/8": "a private network",
    "100.64.0.0/10": "a carrier's inner network",
    "127.0.0.0/8": "loopback",
    "169.254.0.0/16": "link-local",
    "172.16.0.0/12": "a private network",
    "192.0.0.0/24": "reserved for protocols",
    "192.0.2.0/24": "for documentation",
    "192.31.196.0/24": "reserved",
    "192.52.193.0/24": "reserved",
    "192.88.99.0/24": "a retired relay",
    "192.168.0.0/16": "a private network",
    "192.175.48.0/24": "reserved",
    "198.18.0.0/15": "for measurements",
    "198.51.100.0/24": "for documentation",
    "203.0.113.0/24": "for documentation",
    "224.0.0.0/4": "multicast",
    "240.0.0.0/4": "reserved or broadcast",
}
_NOT_PUBLIC_6: Final = {
    "2001::/23": "reserved for protocols, Teredo among them",
    "2001:db8::/32": "for documentation",
    "2002::/16": "6to4, which hides an IPv4 address",
    "2620:4f:8000::/48": "reserved",
    "3fff::/20": "for documentation",
}
_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
_MAPPED: Final = IPv6Network("::ffff:0:0/96")
_NAT64: Final = IPv6Network("64:ff9b::/96")
_ISATAP: Final = 0x5EFE
_GLOBAL_BIT: Final = 1 << 57  # of an interface identifier: set in ISATAP's when the IPv4 address is a public one

METADATA: Final = frozenset(
    map(
        ip_address,
        ("169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254"),
    )
)
"""Where clouds hand credentials to their machines. Never reached, whatever is allowed besides."""

_TABLE_4: Final = [(IPv4Network(text), what) for text, what in _NOT_PUBLIC_4.items()]
_TABLE_6: Final = [(IPv6Network(text), what) for text, what in _NOT_PUBLIC_6.items()]


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Networks in CIDR notation. Raises ValueError when one is not."""
    return tuple(ip_network(text.strip()) for text in texts)


def refusal(address: Address, allowed: Iterable[Network] = ()) -> str | None:
    """Why `address` is not to be reached; None when it may be, as a public one or as part of an `allowed` network.

    An IPv4 address inside an IPv6 one (mapped, RFC 4291; NAT64, RFC 6052) is judged as itself.
    """
    inner = _inner(address)
    if address in METADATA or inner in METADATA:
        return "a cloud's metadata service"
    if any(inner.version == network.version and inner in network for network in allowed):
        return None
    if isinstance(inner, IPv4Address):
        return next((what for network, what in _TABLE_4 if inner in network), None)
    return _refusal_6(inner)


def _inner(address: Address) -> Address:
    if isinstance(address, IPv6Address) and (address in _MAPPED or address in _NAT64):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _refusal_6(address: IPv6Address) -> str | None:
    if address.scope_id is not None:
        return "bound to a network interface"
    if address not in _GLOBAL_UNICAST:  # loopback, unique local, link-local, site-local, multicast, compatible ...
        return "not a public IPv6 address"
    interface = int(address) & ((1 << 64) - 1)
    if (interface & ~_GLOBAL_BIT) >> 32 == _ISATAP:  # RFC 5214: ::0:5efe:a.b.c.d below any prefix
        return "ISATAP, which hides an IPv4 address"
    return next((what for network, what in _TABLE_6 if address in network), None)
