"""The service as an installation has it when nobody sets anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import AbstractContextManager

from faultruns.stand import Stand, stand

from unmask.db.repository.analyses import Filters
from unmask.worker.settings import WorkerSettings

USUAL: Mapping[str, str | None] = {"UNMASK_SHARD_SECONDS": None, "UNMASK_FPS": None, "UNMASK_LEASE": None}
"""Settings that a stand has for faults, as they are when nobody sets them."""
DISK = 4096
"""Mebibytes of the store's disk."""


def usual(processes: int, *, counted: bool = False, analyzer: str | None = None) -> AbstractContextManager[Stand]:
    """The service with so many worker processes, and with the networks that ship unless `analyzer` is another.

    `counted`: PostgreSQL counts statements, and each of our parts has a role of its own there.
    """
    chosen = analyzer or str(WorkerSettings.model_fields["analyzer"].default)
    settings = USUAL | {"UNMASK_RETENTION_EVERY": None}
    return stand(chosen, processes=processes, settings=settings, disk=DISK, counted=counted)


def doubled(here: Stand, most: int) -> list[str]:
    """Labels that came more than once, in words; each upload has one of its own."""
    with here.context.database.read() as repo:
        found = Counter(row.label for row in repo.analyses.page(here.project, Filters(), most))
    return [f"{label} was made {count} times" for label, count in found.items() if count != 1]
