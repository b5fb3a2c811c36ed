"""What the service's parts have used so far, as numbers that only grow: the difference of two readings counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import psycopg
import redis
from benchmarks.processor import processor_seconds
from faultruns.stand import PARTS, Stand

from loadruns.processes import roots

FRAMES = ("BEGIN", "COMMIT", "ROLLBACK")
"""Statements that only bound a transaction."""
STATEMENTS = """
    SELECT r.rolname, s.query, sum(s.calls)::bigint, sum(s.total_exec_time), sum(s.wal_bytes)::bigint
    FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid
    WHERE r.rolname = ANY(%s) GROUP BY 1, 2
"""
Statement = tuple[str, str]
"""The role that sent it, and its text with placeholders for its values."""


@dataclass(frozen=True, slots=True)
class Costs:
    """Statements with their calls, milliseconds and bytes of log; store requests by kind; Redis commands; processor.

    `processor` is in seconds, by part of the service and by server.
    """

    calls: Counter[Statement]
    milliseconds: dict[Statement, float]
    log_bytes: int
    requests: Counter[str]
    commands: Counter[str]
    processor: dict[str, float]

    def since(self, before: Costs) -> Costs:
        """What came since then."""
        spent = {name: used - before.processor[name] for name, used in self.processor.items()}
        took = {one: ms - before.milliseconds.get(one, 0.0) for one, ms in self.milliseconds.items()}
        return Costs(
            self.calls - before.calls,
            took,
            self.log_bytes - before.log_bytes,
            self.requests - before.requests,
            self.commands - before.commands,
            spent,
        )


def read_costs(here: Stand) -> Costs:
    """What a stand whose statements are counted has used until now."""
    with psycopg.connect(here.postgres.url) as connection:
        rows = connection.execute(STATEMENTS, [list(PARTS)]).fetchall()
    stats = redis.Redis(port=here.redis.port).info("commandstats")
    return Costs(
        calls=Counter({(role, text): int(calls) for role, text, calls, _, _ in rows}),
        milliseconds={(role, text): float(ms) for role, text, _, ms, _ in rows},
        log_bytes=sum(int(size) for *_, size in rows),
        requests=Counter(here.proxy.requests),
        commands=Counter({name.removeprefix("cmdstat_"): int(one["calls"]) for name, one in stats.items()}),
        processor={name: processor_seconds(root) for name, root in roots(here).items()},
    )


def summary(costs: Costs, over: float) -> dict[str, Any]:
    """Costs divided by `over`: an hour's seconds, or a number of analyses."""
    framing = _by_role((s, n) for s, n in costs.calls.items() if s[1] in FRAMES)
    working = _by_role((s, n) for s, n in costs.calls.items() if s[1] not in FRAMES)
    return {
        "statements": _rounded(working, over),
        "begin_commit_rollback": _rounded(framing, over),
        "statements_all": round(sum(working.values()) / over, 2),
        "database_ms": round(sum(costs.milliseconds.values()) / over, 2),
        "log_kib": round(costs.log_bytes / over / 1024, 2),
        "store_requests": _rounded(costs.requests, over),
        "store_requests_all": round(sum(costs.requests.values()) / over, 2),
        "redis_commands": _rounded(costs.commands, over),
        "redis_commands_all": round(sum(costs.commands.values()) / over, 2),
        "processor_seconds": {name: round(used / over, 4) for name, used in costs.processor.items()},
    }


def busiest(costs: Costs, over: float, most: int = 14) -> list[dict[str, Any]]:
    """The statements that came most often."""
    counted = ((s, n) for s, n in costs.calls.most_common() if s[1] not in FRAMES)
    return [
        {"role": s[0], "calls": round(n / over, 2), "ms": round(costs.milliseconds[s] / over, 3), "text": _short(s[1])}
        for s, n in list(counted)[:most]
    ]


def _by_role(found: Iterable[tuple[Statement, int]]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for (role, _), calls in found:
        counted[role] += calls
    return counted


def _rounded(counted: Counter[str], over: float) -> dict[str, float]:
    return {name: round(count / over, 3) for name, count in counted.most_common()}


def _short(text: str) -> str:
    return " ".join(text.split())[:160]
