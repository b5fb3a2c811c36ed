"""The Celery application: queues, limits, and the four tasks. A task only says which unit; the database knows the rest.

Celery delivers, the database decides. There is no result backend and no chord: a chord's counter lies in the backend,
a member that fails or is lost stops its body, and one that is done twice counts twice. Here the transaction that ends
the last share of an analysis makes its conclusion a unit, once (`run.py`).
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Sequence
from typing import Any, cast

from celery import Celery, signals

from unmask.db.repository.work import QUEUES, Part, Unit
from unmask.worker import transport
from unmask.worker.mediacache import MediaCache
from unmask.worker.settings import WorkerSettings, load_worker

SPARE = 30
"""Seconds after a unit's own limit at which Celery ends the process, should the guard have failed to."""


def make_app(settings: WorkerSettings) -> Celery:
    """An application that may send and serve tasks. Importing it loads no network."""
    assert settings.broker_url is not None
    transport.use()
    app = Celery("unmask", broker=settings.broker_url.get_secret_value(), set_as_current=False)
    app.conf.update(
        task_ignore_result=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_acks_on_failure_or_timeout=True,
        task_time_limit=settings.unit_seconds + SPARE,
        task_serializer="json",
        accept_content=["json"],
        task_create_missing_queues=True,
        task_default_queue="explain",
        worker_prefetch_multiplier=1,
        worker_disable_prefetch=True,
        worker_max_memory_per_child=settings.unit_memory // 1024,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_send_task_events=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_connection_timeout=3,
        broker_transport_options={
            "visibility_timeout": settings.visibility,
            "priority_steps": [0, 9],
            "sep": ":",
            "queue_order_strategy": "priority",
            "socket_timeout": 10,
            "socket_connect_timeout": 3,
            "retry_on_timeout": True,
            "health_check_interval": 10,
            "global_keyprefix": settings.broker_prefix,
        },
    )
    for part, queue in QUEUES.items():
        app.task(name=f"unmask.{part}", queue=queue)(_task(part))
    return app


def _task(part: Part) -> Any:
    def perform(analysis: str, number: int) -> str:
        from unmask.worker.run import run_unit

        return run_unit(_host(), Unit(analysis, part, number))

    perform.__doc__ = f"Do one unit of the part {part!r}."
    return perform


_hosts: dict[int, Any] = {}


def _host() -> Any:
    """The surroundings of this process. Connections and networks must be of this side of the fork."""
    from unmask.worker.host import open_host

    if os.getpid() not in _hosts:
        _hosts.clear()
        _hosts[os.getpid()] = open_host(load_worker())
    return _hosts[os.getpid()]


def _keep_clean(settings: WorkerSettings) -> None:
    """In the parent of the processes, by files alone: media that was used must not stay on this machine."""
    cache = MediaCache(settings.cache_folder(), settings.cache_bytes)
    while True:
        cache.clean(settings.cache_seconds, 4 * settings.unit_seconds)
        time.sleep(settings.retention_every)


def _bound_waiting(settings: WorkerSettings) -> None:
    """A warm shutdown waits for units for ever; after `drain` seconds it becomes a cold one, which gives them back."""

    def leaving(how: str, **_: object) -> None:
        if how == "Warm":
            timer = threading.Timer(settings.drain, os.kill, (os.getpid(), signal.SIGQUIT))
            timer.daemon = True
            timer.start()

    signals.worker_shutting_down.connect(leaving, weak=False)


def serve_queues(settings: WorkerSettings, queues: Sequence[str], processes: int, name: str | None = None) -> None:
    """Take tasks from the queues until a signal comes; units under way have `drain` seconds to end then."""
    from unmask.worker.logs import set_up_logs
    from unmask.worker.tracing import set_up_tracing

    app = make_app(settings)

    def begin(**_: object) -> None:
        set_up_logs(settings)
        set_up_tracing(settings, "worker")

    threading.Thread(target=_keep_clean, args=(settings,), name="unmask-clean", daemon=True).start()
    _bound_waiting(settings)
    signals.worker_process_init.connect(begin, weak=False)
    signals.setup_logging.connect(lambda **_: set_up_logs(settings), weak=False)
    arguments = ["worker", "--pool", "prefork", "--concurrency", str(processes), "--queues", ",".join(queues)]
    arguments += ["--without-gossip", "--without-mingle", "--hostname", f"{name or 'unmask'}@%h"]
    cast("Any", app).worker_main(arguments)
