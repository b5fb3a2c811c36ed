"""What `unmask serve`, `unmask worker` and `unmask beat` do."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from unmask.db.repository.work import Queue
from unmask.errors import SettingsError, UnmaskError
from unmask.worker.settings import WorkerSettings, load_worker

if TYPE_CHECKING:
    from unmask.worker.pool import Pool

BROKEN = 1
BESIDE = 5
"""How much the page goes before the analyses on the same machine (see nice(2))."""

QUEUES: tuple[Queue, ...] = get_args(Queue)


def serve(host: str, port: int, data: Path | None, workers: int | None) -> int:
    """Run the API; without a broker its workers too. Returns the exit code."""
    if data is not None:
        os.environ["UNMASK_DATA"] = str(data)
    if workers is not None:
        os.environ["UNMASK_WORKERS"] = str(workers)
    try:
        settings = load_worker()
        if settings.broker_url is None:
            _share_metrics(settings.data / "metrics")
        return _serve(host, port, _checked(host, settings))
    except UnmaskError as error:
        return _complain(error)


def _checked(host: str, settings: WorkerSettings) -> WorkerSettings:
    """The settings for this address: keys are not asked for on a loopback address where none was made."""
    from unmask.access.bind import check_bind, is_loopback
    from unmask.db.migrate import upgrade
    from unmask.service.context import open_context

    settings.data.mkdir(parents=True, exist_ok=True)
    context = open_context(settings)
    if settings.database_url is None:
        upgrade(context.database)
    with context.database.read() as repo:
        has_keys = repo.access.has_keys(context.now())
    context.database.close()
    check_bind(host, has_keys)
    if is_loopback(host) and not has_keys and settings.database_url is None:
        os.environ["UNMASK_KEYLESS"] = "true"
        return load_worker()
    return settings


def _serve(host: str, port: int, settings: WorkerSettings) -> int:
    import uvicorn

    from unmask.api.app import create_app
    from unmask.worker.logs import set_up_logs
    from unmask.worker.tracing import set_up_tracing

    set_up_logs(settings)
    set_up_tracing(settings, "api")
    config = uvicorn.Config(
        create_app(settings),
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=max(1, round(settings.drain)),
    )
    server = uvicorn.Server(config)
    pool = _pool(settings)
    if pool is not None:
        threading.Thread(target=_start_after, args=(server, pool), daemon=True).start()
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn raises the signal that ended it once more: by then there are children to be ended first
        signal.signal(number, lambda *_: None)
    try:
        server.run()
    finally:
        if pool is not None:
            pool.stop(settings.drain + 5)
    return 0 if server.started else BROKEN


def _pool(settings: WorkerSettings) -> Pool | None:
    """The processes beside the API: none where a broker serves workers of their own."""
    from unmask.worker.pool import Pool

    if settings.broker_url is not None:
        return None
    return Pool([["beat"], *[["worker"]] * settings.worker_count()], os.environ)


def _start_after(server: object, pool: Pool) -> None:
    """The page comes first: processes that load networks wait until the server answers."""
    import time

    while not getattr(server, "started", False):
        if getattr(server, "should_exit", False):
            return
        time.sleep(0.02)
    address = getattr(getattr(server, "config", None), "port", "")
    sys.stderr.write(f"Unmask answers at http://{getattr(server, 'config').host}:{address}\n")  # noqa: B009
    pool.start()


def worker(queues: Sequence[str], processes: int, name: str | None) -> int:
    """Do units of work until a signal comes. Returns the exit code."""
    try:
        chosen = _queues(queues)
        settings = load_worker()
        if settings.broker_url is not None:
            from unmask.worker.app import serve_queues

            _serve_metrics(settings)
            serve_queues(settings, chosen, processes, name)
            return 0
        if processes != 1:
            raise SettingsError("Without a broker, a worker is one process: start several, or `unmask serve`.")
        _work_alone(settings, chosen)
    except UnmaskError as error:
        return _complain(error)
    return 0


def _work_alone(settings: WorkerSettings, queues: Sequence[Queue]) -> None:
    from unmask.worker.host import open_host
    from unmask.worker.logs import set_up_logs
    from unmask.worker.pool import Leaving, end_with_parent, is_child, work
    from unmask.worker.tracing import set_up_tracing

    leaving = Leaving(settings.drain)
    if is_child():
        end_with_parent()
        os.nice(BESIDE)
    set_up_logs(settings)
    set_up_tracing(settings, "worker")
    work(open_host(settings), queues, leaving)


def beat() -> int:
    """Keep the service in order until a signal comes. Returns the exit code."""
    from unmask.worker.host import open_host
    from unmask.worker.keeper import Keeper
    from unmask.worker.logs import set_up_logs
    from unmask.worker.pool import Leaving, end_with_parent, is_child
    from unmask.worker.sweeps import sweeps
    from unmask.worker.tracing import set_up_tracing

    try:
        settings = load_worker()
        leaving = Leaving(settings.drain)
        if is_child():
            end_with_parent()
        set_up_logs(settings)
        set_up_tracing(settings, "beat")
        _serve_metrics(settings)
        host = open_host(settings)
        Keeper(host, sweeps(host.context)).run(leaving)
    except UnmaskError as error:
        return _complain(error)
    return 0


def _share_metrics(folder: Path) -> None:
    """Let the API tell what its worker processes measured. To be called before anything that measures is imported."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        return
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.db"):
        old.unlink(missing_ok=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder.resolve())


def _serve_metrics(settings: WorkerSettings) -> None:
    """Prometheus may ask workers and beat too, on a port of their own where one is set."""
    from unmask import metrics

    if settings.metrics_port and os.environ.get("UNMASK_CHILD") != "1":
        metrics.serve(settings.metrics_port, settings.metrics_host)


def _queues(names: Sequence[str]) -> list[Queue]:
    wanted = [part.strip() for name in names for part in name.split(",") if part.strip()] or list(QUEUES)
    chosen = [queue for queue in QUEUES if queue in wanted]
    unknown = set(wanted) - set(chosen)
    if unknown:
        raise SettingsError(f"there is no queue {sorted(unknown)[0]!r}; there are {', '.join(QUEUES)}")
    return chosen


def _complain(error: UnmaskError) -> int:
    sys.stderr.write(f"unmask: {error.message} ({error.code})\n")
    if error.hint:
        sys.stderr.write(f"  {error.hint}\n")
    return BROKEN
