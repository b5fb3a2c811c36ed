"""What has to be done beside the analyses, by one process or several: nothing is done wrongly when there are two.

It looks for units whose worker died, tells the broker of units that it was not told of (or forgot: a Redis that was
restarted has no memory), does the small jobs of the outbox, and deletes what is past its time. It is a loop of its own
and no schedule of Celery's beat, because that would go through the very broker that is to be mended here.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import structlog

from unmask import metrics
from unmask.db.tables import OutboxJob
from unmask.errors import UnmaskError
from unmask.service import jobs
from unmask.worker.host import Host
from unmask.worker.owner import is_alive
from unmask.worker.run import bury, patiently

JOBS_AT_ONCE = 8
"""Small jobs done at the same time: they wait for networks, not for processors."""

JOB_SECONDS = 300.0
"""How long one may take, beyond what fetching a media may take, before another process does it again."""

MOST_TRIES = 12
"""Tries of a job; with waits of up to an hour between them these are most of a day."""

LEASES_OF_GRACE = 20
"""Leases for which a silent worker of this machine is believed to live, as long as its process does."""

LONGEST_WAIT = 3600.0

KEPT_JOBS = timedelta(days=2)


class Keeper:
    """The loop. `sweeps` are called every `retention_every` seconds; each raises what it likes."""

    def __init__(self, host: Host, sweeps: tuple[Callable[[], object], ...] = ()) -> None:
        self._host = host
        self._sweeps = sweeps
        self._job_seconds = JOB_SECONDS + host.settings.url_seconds
        self._pool = ThreadPoolExecutor(JOBS_AT_ONCE, thread_name_prefix="unmask-job")
        self._slots = threading.Semaphore(JOBS_AT_ONCE)
        self._known: str | None = None
        self._swept = float("-inf")
        self._log = structlog.get_logger()

    def run(self, stop: threading.Event) -> None:
        """Go round until `stop` is set; jobs under way are ended first. Failures are logged and tried again."""
        while not stop.is_set():
            for step in (self.recover, self.publish, self.do_jobs, self.measure, self.sweep):
                try:
                    step()
                except Exception as broken:
                    self._log.warning("keeper.failed", step=step.__name__, error=f"{type(broken).__name__}: {broken}")
            stop.wait(self._host.settings.sweep)
        self._pool.shutdown(wait=True)

    def recover(self) -> int:
        """Let units wait again whose worker gave no sign of life for a lease; returns how many.

        A worker of this machine that is merely kept waiting, by a busy processor or a long import, is not dead; for
        ever it is not waited for either.
        """
        longest = LEASES_OF_GRACE * self._host.settings.lease
        with self._host.context.database.read() as repo:
            found = repo.work.abandoned()
        return sum(
            bury(self._host, unit, owner) for unit, owner, since in found if since > longest or not is_alive(owner)
        )

    def publish(self) -> int:
        """Tell the broker of what it does not know; returns of how many units."""
        settings, database = self._host.settings, self._host.context.database
        if settings.broker_url is None:
            return 0
        incarnation = self._host.broker.incarnation()
        if incarnation is None:
            return 0
        if self._known not in (None, incarnation):
            with database.write() as repo:
                lost = repo.work.forget_publications()
            self._log.warning("broker.restarted", told_again=lost)
        self._known = incarnation
        with database.read() as repo:
            untold = repo.work.unpublished(settings.tell_again)
        self._host.tell(untold)
        return len(untold)

    def do_jobs(self) -> int:
        """Begin jobs of the outbox, as many as there is room for; returns how many."""
        room = 0
        while room < JOBS_AT_ONCE and self._slots.acquire(blocking=False):
            room += 1
        taken: list[OutboxJob] = []
        try:
            if room:
                now = self._host.context.now()
                with self._host.context.database.write() as repo:
                    taken = list(repo.outbox.take(now, room))
                    for job in taken:
                        repo.outbox.hold(job.id, now + timedelta(seconds=self._job_seconds))
        finally:
            for _ in range(room - len(taken)):
                self._slots.release()
        for job in taken:
            self._pool.submit(self._do, job)
        return len(taken)

    def measure(self) -> None:
        """Tell the metrics how long the queues are."""
        with self._host.context.database.read() as repo:
            depths = repo.work.depths()
        for depth in depths:
            metrics.queue_state(depth.queue, depth.waiting, depth.oldest)

    def sweep(self) -> None:
        """Delete what is past its time, once in a while."""
        if time.monotonic() - self._swept < self._host.settings.retention_every:
            return
        self._swept = time.monotonic()
        with self._host.context.database.write() as repo:
            repo.outbox.prune(self._host.context.now() - KEPT_JOBS)
        settings = self._host.settings
        self._host.cache.clean(settings.cache_seconds, 4 * settings.unit_seconds)
        for sweep in self._sweeps:
            try:
                sweep()
            except Exception as broken:  # one round that fails must not keep the others from their turn
                self._log.warning("sweep.failed", error=f"{type(broken).__name__}: {broken}")

    def _do(self, job: OutboxJob) -> None:
        """One job: done, tried later, or given up with its error in the row."""
        try:
            with structlog.contextvars.bound_contextvars(analysis=job.analysis_id, job=job.kind):
                error = self._perform(job)
                patiently(lambda: self._record(job, error))
                if error is not None:
                    self._log.warning("job.failed", error=error, attempt=job.attempts + 1)
        except UnmaskError as away:  # the database, for long: the job is taken again once nobody holds it
            self._log.warning("job.unrecorded", error=away.code)
        finally:
            self._slots.release()

    def _record(self, job: OutboxJob, error: str | None) -> None:
        context = self._host.context
        now = context.now()
        with context.database.write() as repo:
            if error is None:
                repo.outbox.dispatched(job.id, now)
                return
            wait = min(LONGEST_WAIT, 2.0**job.attempts) * (0.75 + random.random() / 2)  # noqa: S311 - jitter
            repo.outbox.failed(job.id, error, now + timedelta(seconds=wait))
            if job.attempts + 1 >= MOST_TRIES:
                repo.outbox.dispatched(job.id, now)

    def _perform(self, job: OutboxJob) -> str | None:
        try:
            jobs.run(self._host.context, job.kind, job.project_id or "", job.analysis_id or "", job.payload)
        except Exception as broken:
            self._log.debug("job.traceback", exc_info=True)
            return f"{type(broken).__name__}: {broken}"
        return None
