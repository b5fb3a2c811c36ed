"""Structured logs: one JSON object a line, or text on a terminal. Each line names the analysis it is about."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog

from unmask.worker.settings import WorkerSettings

QUIET = (
    "alembic",
    "urllib3",
    "kombu",
    "amqp",
    "celery.redirected",
    "httpcore",
    "httpx",
    "matplotlib",
    "absl",
    "tensorflow",
)
"""Loggers of libraries that are heard from `warning` on only."""


def set_up_logs(settings: WorkerSettings) -> None:
    """Send everything, that of libraries too, to standard error. Called once per process; again does no harm."""
    text = settings.log_format == "text" or (settings.log_format is None and sys.stderr.isatty())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(settings.log_level.upper())),
        cache_logger_on_first_use=False,
    )
    rendered: list[Any] = [structlog.processors.ExceptionRenderer()]
    rendered.append(structlog.dev.ConsoleRenderer(colors=False) if text else structlog.processors.JSONRenderer())
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendered],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
