"""Units done in the test's own process, one after the other. For tests only."""

from __future__ import annotations

from unmask.db.repository.work import Unit
from unmask.worker.host import Host
from unmask.worker.run import run_unit

QUEUES = ("video", "audio", "explain")


def waiting(host: Host) -> list[Unit]:
    with host.context.database.read() as repo:
        return repo.work.waiting(QUEUES, 100)


def work_off(host: Host, most: int = 100) -> list[tuple[str, str]]:
    """Do what waits; what became of each unit."""
    outcomes = []
    while (units := waiting(host)) and len(outcomes) < most:
        outcomes.append((units[0].part, run_unit(host, units[0])))
    return outcomes
