"""From a name to addresses, in bounded time."""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Callable, Sequence
from typing import Final

from unmask.errors import FetchFailed, FetchTimeout, UrlRefused
from unmask.fetching.addresses import Address, Network, refusal
from unmask.fetching.urls import read_address

Resolver = Callable[[str, int], Sequence[str]]
"""Gives the IP addresses of a host for a port, as text. Raises OSError when there are none."""

_MOST_ADDRESSES: Final = 16


def system_resolver(host: str, port: int) -> Sequence[str]:
    """The addresses that the system knows."""
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))


def public_addresses(
    host: str, port: int, resolver: Resolver, allowed: tuple[Network, ...], seconds: float
) -> list[Address]:
    """The addresses of `host`, asked for once and all of them judged.

    One that is not public refuses the host as a whole: a name that stands for both is made to deceive.

    Raises:
        UrlRefused: an address is not to be reached.
        FetchFailed: the name is not known.
        FetchTimeout: nobody answered within `seconds`.
    """
    literal = read_address(host) is not None
    texts = [host] if literal else _in_time(resolver, host, port, seconds)[:_MOST_ADDRESSES]
    found = [read_address(text) for text in texts]
    addresses = [address for address in found if address is not None]
    if not addresses or len(addresses) < len(found):
        raise FetchFailed("The host's name leads nowhere.")
    for address in addresses:
        if why := refusal(address, allowed):
            raise UrlRefused(f"The host's address is {why}.")
    return addresses


def _in_time(resolver: Resolver, host: str, port: int, seconds: float) -> Sequence[str]:
    """Ask in a thread: the system's resolver takes no time limit, and a hostile name server can be slow."""
    answer: queue.SimpleQueue[Sequence[str] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answer.put(resolver(host, port))
        except Exception as wrong:  # handed over to the thread that waits, and raised there
            answer.put(wrong)

    threading.Thread(target=ask, name="resolve", daemon=True).start()
    try:
        got = answer.get(timeout=max(seconds, 0.001))
    except queue.Empty:
        raise FetchTimeout("The name server of the host did not answer in time.", passing=True) from None
    if isinstance(got, OSError | UnicodeError):
        raise FetchFailed("The host's name is not known.", passing=True) from got
    if isinstance(got, Exception):
        raise got
    return got
