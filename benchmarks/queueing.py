"""Closed forms of queueing: how long arrivals wait for one of several servers.

A. O. Allen, Probability, Statistics, and Queueing Theory, 2nd edition, 1990, 5.3 (Erlang C) and 5.4 (Allen-Cunneen).
"""

from __future__ import annotations

import math

HALVINGS = 100


def erlang_c(servers: int, offered: float) -> float:
    """Probability that an arrival waits (M/M/c), for an offered load in servers; 1 where it is `servers` or more."""
    if offered >= servers:
        return 1.0
    blocked = 1.0
    for number in range(1, servers + 1):
        blocked = offered * blocked / (number + offered * blocked)
    busy = offered / servers
    return blocked / (1 - busy + busy * blocked)


def mean_wait(servers: int, rate: float, service: float, scv_arrivals: float = 1.0, scv_service: float = 1.0) -> float:
    """Mean seconds in the queue (G/G/c by Allen and Cunneen): exact for M/M/c and M/G/1, infinite when it never ends.

    Args:
        servers: how many there are.
        rate: arrivals a second.
        service: mean seconds of service.
        scv_arrivals: squared coefficient of variation of the times between arrivals; 1 for a Poisson process.
        scv_service: that of the service times; 0 when all are alike.
    """
    offered = rate * service
    if offered >= servers:
        return math.inf
    spread = (scv_arrivals + scv_service) / 2
    return erlang_c(servers, offered) * spread * service / (servers - offered)


def rate_within(servers: int, service: float, wait: float, scv_service: float = 1.0) -> float:
    """Most arrivals a second (Poisson) whose mean wait is at most `wait` seconds."""
    low, high = 0.0, servers / service
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if mean_wait(servers, middle, service, scv_service=scv_service) <= wait:
            low = middle
        else:
            high = middle
    return low
