"""Jobs of the outbox that need no model: the relay hands them to any worker, which calls `run`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from unmask.service import fetch, retention, webhooks
from unmask.service.context import Context
from unmask.service.deletion import complete_deletion, sweep, tidy
from unmask.service.media import release

Job = Callable[[Context, str, str, dict[str, Any]], None]


def _release(context: Context, project: str, analysis: str, _payload: dict[str, Any]) -> None:
    release(context, project, analysis)


def _complete(context: Context, project: str, analysis: str, _payload: dict[str, Any]) -> None:
    complete_deletion(context, project, analysis)


def _sweep(context: Context, project: str, analysis: str, _payload: dict[str, Any]) -> None:
    sweep(context, project, analysis)


def _tidy(context: Context, project: str, analysis: str, _payload: dict[str, Any]) -> None:
    tidy(context, project, analysis)


JOBS: dict[str, Job] = {
    "analysis.fetch": fetch.run,
    "webhook.event": webhooks.run,
    retention.RELEASE: _release,
    retention.APPLY: retention.apply,
    "deletion.complete": _complete,
    "analysis.sweep": _sweep,
    "analysis.tidy": _tidy,
}


def run(context: Context, kind: str, project: str, analysis: str, payload: dict[str, Any]) -> None:
    """Do one job; doing it twice changes nothing more. Raises KeyError for a kind that is not here."""
    JOBS[kind](context, project, analysis, payload)
