"""When a delivery that failed is tried again, and when it is given up."""

from __future__ import annotations

import random
from typing import Final

DELAYS: Final = (5.0, 30.0, 120.0, 600.0, 1800.0, 7200.0, 21600.0, 64800.0)
"""Seconds before the second try and the following; together some 27 hours, so a receiver may be down over night."""

_JITTER: Final = 0.2
_LONGEST_WISH: Final = 86_400.0


def backoff(attempts: int, rng: random.Random | None = None, wished: float | None = None) -> float | None:
    """Seconds until the next try after `attempts` of them (at least 1) failed; None when it is given up.

    Args:
        attempts: how many tries there were.
        rng: moves each delay by up to a fifth, so that many messages to one receiver do not come back at once.
        wished: what the receiver asked for by `Retry-After`; counts when it is longer, up to a day.
    """
    if attempts > len(DELAYS):
        return None
    delay = DELAYS[attempts - 1] * (rng or random.Random()).uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - no secret
    return max(delay, min(wished or 0.0, _LONGEST_WISH))
