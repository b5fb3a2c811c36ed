"""Celery's Redis transport, with one gap closed: a worker outlives a broker that goes away while it works.

Closing a connection that was given up (kombu 5.7.0), a channel asks whom it was connected to, finds nobody, and fails
with an AttributeError that ends the worker. Here it fails as any lost connection does, and Celery connects again.
"""

from __future__ import annotations

from typing import Any

from kombu.transport import TRANSPORT_ALIASES, redis
from redis.exceptions import ConnectionError as ConnectionLost


class Channel(redis.Channel):
    """A channel that knows a connection that was given up."""

    def _connparams(self, asynchronous: bool = False) -> Any:
        if self.connection.client is None:
            raise ConnectionLost("the connection to the broker was given up")
        return super()._connparams(asynchronous=asynchronous)  # type: ignore[no-untyped-call]


class Transport(redis.Transport):
    """The transport of such channels."""

    Channel = Channel


def use() -> None:
    """Let addresses that begin with redis:// or rediss:// mean this transport, in this process."""
    for scheme in ("redis", "rediss"):
        TRANSPORT_ALIASES[scheme] = f"{__name__}:Transport"
