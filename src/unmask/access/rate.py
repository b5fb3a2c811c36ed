"""How often a key may ask: a token bucket for each.

A bucket holds `burst` tokens, a request takes one, and they come back at `per_minute`. An empty bucket says when the
next token is there, which is what `Retry-After` tells the client.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from unmask.errors import RateLimited

_MOST_BUCKETS = 100_000
_FORGET_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Rate:
    """`per_minute` requests in the long run, `burst` of them at once. Both at least 1."""

    per_minute: float
    burst: float

    @property
    def per_second(self) -> float:
        """Tokens that come back in a second."""
        return self.per_minute / 60


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a request may pass, the seconds to wait when not, and the whole tokens that are left."""

    allowed: bool
    retry_after: float
    remaining: int


class Buckets(Protocol):
    """The buckets of all keys."""

    def take(self, key: str, rate: Rate, cost: float = 1.0) -> Decision:
        """Take `cost` tokens out of the bucket of `key`, or none when there are not enough."""
        ...


def spend(tokens: float, rate: Rate, cost: float) -> tuple[float, Decision]:
    """Take `cost` of `tokens`: what is left, and the decision. More than the burst passes when the bucket is full."""
    wanted = min(cost, rate.burst)
    if tokens >= wanted:
        return tokens - wanted, Decision(True, 0.0, int(tokens - wanted))
    return tokens, Decision(False, (wanted - tokens) / rate.per_second, int(tokens))


class MemoryBuckets:
    """Buckets of one process. Safe with threads; the least used are forgotten when there are too many."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, most: int = _MOST_BUCKETS) -> None:
        self._clock = clock
        self._most = most
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str, rate: Rate, cost: float = 1.0) -> Decision:
        """As `Buckets.take`."""
        with self._lock:
            now = self._clock()
            tokens, then = self._kept.get(key, (rate.burst, now))
            filled = min(rate.burst, tokens + max(now - then, 0.0) * rate.per_second)
            left, decision = spend(filled, rate, cost)
            self._kept[key] = (left, now)
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return decision


_SCRIPT = """
local t = redis.call('TIME')
local now = tonumber(t[1]) + tonumber(t[2]) / 1e6
local burst, per_second, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local kept = redis.call('HMGET', KEYS[1], 'tokens', 'then')
local tokens = tonumber(kept[1]) or burst
tokens = math.min(burst, tokens + math.max(now - (tonumber(kept[2]) or now), 0) * per_second)
local passes = tokens >= wanted
if passes then tokens = tokens - wanted end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'then', string.format('%.6f', now))
redis.call('EXPIRE', KEYS[1], ARGV[4])
return {passes and 1 or 0, tostring(tokens)}
"""


class RedisBuckets:
    """Buckets that all processes share. One script decides and takes, by Redis' own clock."""

    def __init__(self, client: Any, prefix: str = "unmask:rate:") -> None:
        self._script = client.register_script(_SCRIPT)
        self._prefix = prefix

    def take(self, key: str, rate: Rate, cost: float = 1.0) -> Decision:
        """As `Buckets.take`."""
        wanted = min(cost, rate.burst)
        forget = max(_FORGET_SECONDS, math.ceil(rate.burst / rate.per_second))
        passes, text = self._script(keys=[self._prefix + key], args=[rate.burst, rate.per_second, wanted, forget])
        tokens = float(text)
        wait = 0.0 if passes else max(wanted - tokens, 0.0) / rate.per_second
        return Decision(bool(passes), wait, int(tokens))


def enforce(decision: Decision) -> None:
    """Let pass what was allowed.

    Raises:
        RateLimited: it was not; `retry_after` says when it would be.
    """
    if not decision.allowed:
        raise RateLimited("Too many requests with this key.", decision.retry_after)


def retry_after_header(seconds: float) -> str:
    """The value of `Retry-After`: whole seconds, rounded up, at least 1 (RFC 9110, 10.2.3)."""
    return str(max(1, math.ceil(seconds)))
