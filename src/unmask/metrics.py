"""What the service counts for Prometheus. Names end in their unit; labels never hold names, ids or addresses.

One registry of our own, so that nothing else in the process shows up. With several processes on one machine set
`PROMETHEUS_MULTIPROC_DIR` to an empty folder before they start: each writes its numbers there, `render` adds them up.
"""

from __future__ import annotations

import os
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from unmask import __version__

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

_STAGE_SECONDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320, 640, 1800)
_HTTP_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_NEWEST: Final = "mostrecent"  # of several processes that set a gauge, the last one knows best

REGISTRY = CollectorRegistry()

BUILD_INFO = Gauge(
    "unmask_build_info", "Version that runs; always 1.", ["version"], registry=REGISTRY, multiprocess_mode=_NEWEST
)
QUEUE_DEPTH = Gauge(
    "unmask_queue_depth_jobs", "Jobs that wait.", ["queue"], registry=REGISTRY, multiprocess_mode=_NEWEST
)
QUEUE_AGE = Gauge(
    "unmask_queue_age_seconds",
    "How long the oldest job has waited; 0 when none waits.",
    ["queue"],
    registry=REGISTRY,
    multiprocess_mode=_NEWEST,
)
STAGE_SECONDS = Histogram(
    "unmask_stage_seconds", "Time a stage took.", ["stage", "queue"], registry=REGISTRY, buckets=_STAGE_SECONDS
)
ANALYSES = Counter("unmask_analyses_total", "Analyses that ended, by state.", ["state"], registry=REGISTRY)
ERRORS = Counter("unmask_errors_total", "Failures, by their stable code.", ["code"], registry=REGISTRY)
MODEL_INFO = Gauge(
    "unmask_model_info",
    "Models that are loaded; always 1.",
    ["name", "version", "sha256"],
    registry=REGISTRY,
    multiprocess_mode=_NEWEST,
)
HTTP_SECONDS = Histogram(
    "unmask_http_request_seconds",
    "Time from request to answer; `route` is the template, never the path.",
    ["route", "method", "status"],
    registry=REGISTRY,
    buckets=_HTTP_SECONDS,
)
UPLOAD_BYTES = Counter("unmask_upload_bytes_total", "Bytes of media that were taken in.", registry=REGISTRY)
FETCHES = Counter("unmask_url_fetches_total", "Media fetched by address, by outcome.", ["outcome"], registry=REGISTRY)
WEBHOOKS = Counter(
    "unmask_webhooks_total", "Attempts to deliver a webhook, by outcome.", ["outcome"], registry=REGISTRY
)

BUILD_INFO.labels(__version__).set(1)


def queue_state(queue: str, depth: int, oldest_age: float) -> None:
    """`depth` jobs wait in `queue`, the oldest for `oldest_age` seconds."""
    QUEUE_DEPTH.labels(queue).set(depth)
    QUEUE_AGE.labels(queue).set(oldest_age)


def stage_took(stage: str, queue: str, seconds: float) -> None:
    """A stage or shard was worked on for `seconds`."""
    STAGE_SECONDS.labels(stage, queue).observe(seconds)


def analysis_ended(state: str, code: str | None = None) -> None:
    """An analysis reached the final `state`; a failed one has a `code`."""
    ANALYSES.labels(state).inc()
    if code is not None:
        ERRORS.labels(code).inc()


def model_loaded(name: str, version: str, sha256: str) -> None:
    """A model serves in this process."""
    MODEL_INFO.labels(name, version, sha256).set(1)


def request_answered(route: str, method: str, status: int, seconds: float) -> None:
    """A request to the route template `route` was answered."""
    HTTP_SECONDS.labels(route, method, str(status)).observe(seconds)


def render() -> bytes:
    """All numbers in Prometheus' text format; those of all processes where they share a folder."""
    return generate_latest(_all_processes())


def serve(port: int, host: str = "127.0.0.1") -> None:
    """Answer `GET /metrics` on a port of its own, from a thread: for workers and beat, which have no other server."""
    start_http_server(port, host, _all_processes())


def ended(process: int) -> None:
    """A process that shared the folder has ended: what it measured of the moment goes, what it counted stays."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        mark_process_dead(process)  # type: ignore[no-untyped-call]


def _all_processes() -> CollectorRegistry:
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return REGISTRY
    together = CollectorRegistry()
    MultiProcessCollector(together)  # type: ignore[no-untyped-call]
    return together
