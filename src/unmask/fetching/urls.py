"""Take an address apart, strictly: what two programs could read in two ways is refused.

The parts go to the connection as they were checked here; no other parser sees the text again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final
from urllib.parse import quote, urlsplit

import idna

from unmask.errors import UrlRefused
from unmask.fetching.addresses import Address, refusal
from unmask.fetching.policy import Policy

_LONGEST: Final = 2048
_PORTS: Final = {"http": 80, "https": 443}
_FIRST_FREE_PORT: Final = 1024  # below it live mail, remote shells and file shares, whose answers are not media
_FORBIDDEN: Final = re.compile(r"[\x00-\x20\x7f-\xa0\\\u2028\u2029\ufeff]")
_LABEL: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER: Final = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)", re.IGNORECASE)
_SAFE: Final = "/?:@!$&'()*+,;=~-._%[]|"


@dataclass(frozen=True, slots=True)
class Target:
    """A checked address.

    Attributes:
        scheme: `http` or `https`.
        host: ASCII name in lower case, or an IP address without brackets.
        port: 1 to 65535.
        path: what is asked for, ASCII: path and query.
        address: the host as an IP address, when it is one.
    """

    scheme: str
    host: str
    port: int
    path: str
    address: Address | None

    @property
    def netloc(self) -> str:
        """Host and, where it is not the scheme's own, port, as the header `Host` shows them."""
        host = f"[{self.host}]" if isinstance(self.address, IPv6Address) else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The address as text."""
        return f"{self.scheme}://{self.netloc}{self.path}"


def check_url(text: str, policy: Policy) -> Target:
    """Check an address without asking anybody: no name is resolved and nothing is sent.

    Raises:
        UrlRefused: it is no plain http or https address of a host that may be asked.
    """
    if len(text) > _LONGEST:
        raise UrlRefused(f"The address is longer than {_LONGEST} characters.")
    text = text.strip(" ")
    if _FORBIDDEN.search(text):
        raise UrlRefused("The address has blanks, control characters or backslashes in it.")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as wrong:
        raise UrlRefused("The address can't be read.") from wrong
    scheme = parts.scheme.lower()
    if scheme not in _PORTS or not text[len(scheme) :].startswith("://"):
        raise UrlRefused("Only addresses that begin with http:// or https:// are fetched.")
    if "@" in parts.netloc:
        raise UrlRefused("The address has a user name or a password in it.")
    port = _checked_port(_PORTS[scheme] if port is None else port, scheme)
    host, address = _host(parts.netloc, parts.hostname or "")
    if address is not None and (why := refusal(address, policy.allow_networks)):
        raise UrlRefused(f"The address is {why}.")
    if not policy.admits_host(host):
        raise UrlRefused("The host is not among those that this server fetches from.")
    path = quote(parts.path or "/", safe=_SAFE) + (f"?{quote(parts.query, safe=_SAFE)}" if parts.query else "")
    return Target(scheme, host, port, path, address)


def _checked_port(port: int, scheme: str) -> int:
    if port != _PORTS[scheme] and port not in _PORTS.values() and port < _FIRST_FREE_PORT:
        raise UrlRefused(f"Port {port} is not one that media are served on.")
    return port


def _host(netloc: str, host: str) -> tuple[str, Address | None]:
    """The host in one form, and its IP address when it is one."""
    if netloc.startswith("["):
        if "%" in host:
            raise UrlRefused("The address names a network interface.")
        try:
            return host, IPv6Address(host)
        except ValueError as wrong:
            raise UrlRefused("The address has brackets around something else than IPv6.") from wrong
    name = _ascii(host).removesuffix(".")
    labels = name.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        # 127.1, 0177.0.0.1, 0x7f000001 and 2130706433 mean an address to some programs and a name to others.
        try:
            return name, IPv4Address(name)
        except ValueError as wrong:
            raise UrlRefused("The host is a number that is not written as a.b.c.d.") from wrong
    if not all(_LABEL.fullmatch(label) for label in labels) or len(name) > 253:
        raise UrlRefused("The address has no usable host.")
    return name, None


def _ascii(host: str) -> str:
    """The name in ASCII (IDNA 2008, UTS 46); so ⑯⑨.② or a full-width full stop become what they stand for."""
    if host.isascii():
        return host.lower()
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError as wrong:
        raise UrlRefused("The host's name can't be written in ASCII.") from wrong


def read_address(text: str) -> Address | None:
    """An IP address as a resolver gives it, with or without a zone; None when it is none."""
    try:
        return ip_address(text)
    except ValueError:
        return None
