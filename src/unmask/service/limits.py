"""How much a key may ask for: requests by a token bucket, analyses by a daily count."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

from unmask.access.rate import Buckets, Decision, MemoryBuckets, Rate, RedisBuckets, enforce
from unmask.errors import QuotaExceeded
from unmask.service.context import Context, Principal

log = logging.getLogger(__name__)

DAY = "day"
_REDIS_SECONDS = 0.5


class Limits:
    """The limits of all keys. Made once in a process; safe with threads. Who needs no key has no limits."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._own = MemoryBuckets()
        self._shared = _shared(context)

    def check_rate(self, principal: Principal) -> Decision | None:
        """Count one request; what the key has left, None where nothing is counted.

        Raises:
            RateLimited: the key has no token left.
        """
        if principal.key is None:
            return None
        decision = self._take(principal.key, self._rate(principal))
        enforce(decision)
        return decision

    def check_analyses(self, principal: Principal, count: int) -> None:
        """Count `count` new analyses of today (UTC). Those that are refused don't count.

        Raises:
            QuotaExceeded: more than the key may start in a day.
        """
        if principal.key is None or principal.per_day is None:
            return
        now = self._context.now()
        began = today(now)
        with self._context.database.write() as repo:
            key = repo.access.key(principal.key)
            used = repo.access.count_use(key.id, DAY, began, by=count) if key else 0
            if used > principal.per_day:  # raised inside, so that the count is rolled back
                raise QuotaExceeded(
                    f"The key may start {principal.per_day} analyses a day.", _until_tomorrow(now, began)
                )

    def _rate(self, principal: Principal) -> Rate:
        settings = self._context.settings
        per_minute = principal.per_minute or settings.rate_per_minute
        return Rate(per_minute, principal.burst or max(settings.rate_burst, 1))

    def _take(self, key: str, rate: Rate) -> Decision:
        if self._shared is not None:
            try:
                return self._shared.take(key, rate)
            except Exception as lost:  # Redis' own error, which is imported only where there is one
                log.warning("rate limits are kept by each process alone, Redis does not answer: %s", lost)
        return self._own.take(key, rate)


def _shared(context: Context) -> Buckets | None:
    broker = context.settings.broker_url
    address = broker.get_secret_value() if broker is not None else ""
    if not address.startswith(("redis://", "rediss://")):
        return None
    from redis import Redis  # 60 modules, that a server without a broker needs not load

    return RedisBuckets(Redis.from_url(address, socket_timeout=_REDIS_SECONDS, socket_connect_timeout=_REDIS_SECONDS))


def today(now: datetime) -> datetime:
    """When the day began (UTC)."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _until_tomorrow(now: datetime, began: datetime) -> float:
    return (began + timedelta(days=1) - now).total_seconds()
