"""Connections that go to the address that was judged, and nowhere else, and end when their time is up."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any

import httpcore
from httpcore import NetworkBackend, NetworkStream

from unmask.errors import UrlRefused
from unmask.fetching.addresses import Address, refusal
from unmask.fetching.policy import Policy
from unmask.fetching.resolve import Resolver, public_addresses


class Deadline:
    """The instant at which everything is over, on the monotonic clock."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self, silence: float | None = None) -> float:
        """Seconds left, at most `silence`; never below a millisecond, as zero means without limit to some."""
        left = max(self._end - time.monotonic(), 0.001)
        return left if silence is None else min(left, silence)

    @property
    def over(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() >= self._end


class GuardedBackend(NetworkBackend):
    """Opens the sockets of `httpcore`. The name is resolved here, once, and its addresses are judged here.

    Between check and connection nobody is asked again, so a name server that answers differently the second time (DNS
    rebinding) changes nothing. TLS still checks the certificate against the name.
    """

    def __init__(self, policy: Policy, resolver: Resolver, deadline: Deadline) -> None:
        self._policy = policy
        self._resolver = resolver
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - httpcore's signature; the deadline counts
        local_address: str | None = None,  # noqa: ARG002 - httpcore's signature
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002 - httpcore's signature
    ) -> NetworkStream:
        """Connect to the first address of `host` that takes the connection."""
        allowed = self._policy.allow_networks
        wait = self._deadline.left(self._policy.silence)
        addresses = public_addresses(host, port, self._resolver, allowed, wait)
        for number, address in enumerate(addresses, 1):
            try:
                return self._dial(address, port)
            except (httpcore.NetworkError, httpcore.TimeoutException):
                if number == len(addresses) or self._deadline.over:
                    raise
        raise httpcore.ConnectError("no address")

    def _dial(self, address: Address, port: int) -> NetworkStream:
        wait = self._deadline.left(self._policy.silence)
        try:
            sock = socket.create_connection((str(address), port), wait)
        except TimeoutError as late:
            raise httpcore.ConnectTimeout(str(late)) from late
        except OSError as wrong:
            raise httpcore.ConnectError(str(wrong)) from wrong
        reached = ip_address(sock.getpeername()[0])
        if refusal(reached, self._policy.allow_networks):
            sock.close()
            raise UrlRefused("The connection ended elsewhere than at the address that was checked.")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return _Stream(sock, self._deadline, self._policy.silence)

    def connect_unix_socket(self, *_: Any, **__: Any) -> NetworkStream:
        """Never."""
        raise UrlRefused("Sockets of this machine are not reached.")


class _Stream(NetworkStream):
    """A connection whose every wait ends with the deadline, however slowly the bytes drip."""

    def __init__(self, sock: socket.socket, deadline: Deadline, silence: float) -> None:
        self._sock = sock
        self._deadline = deadline
        self._silence = silence

    def _arm(self) -> None:
        if self._deadline.over:
            raise httpcore.ReadTimeout("the time for the whole fetch is up")
        self._sock.settimeout(self._deadline.left(self._silence))

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - httpcore's signature; the deadline counts
        self._arm()
        try:
            return self._sock.recv(max_bytes)
        except TimeoutError as late:
            raise httpcore.ReadTimeout(str(late)) from late
        except OSError as wrong:
            raise httpcore.ReadError(str(wrong)) from wrong

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - httpcore's signature; the deadline counts
        self._arm()
        try:
            self._sock.sendall(buffer)
        except TimeoutError as late:
            raise httpcore.WriteTimeout(str(late)) from late
        except OSError as wrong:
            raise httpcore.WriteError(str(wrong)) from wrong

    def close(self) -> None:
        self._sock.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002 - httpcore's signature; the deadline counts
    ) -> NetworkStream:
        self._arm()
        try:
            wrapped = ssl_context.wrap_socket(self._sock, server_hostname=server_hostname)
        except TimeoutError as late:
            raise httpcore.ConnectTimeout(str(late)) from late
        except OSError as wrong:
            self._sock.close()
            raise httpcore.ConnectError(str(wrong)) from wrong
        return _Stream(wrapped, self._deadline, self._silence)

    def get_extra_info(self, info: str) -> Any:
        return self._sock if info == "socket" else None
