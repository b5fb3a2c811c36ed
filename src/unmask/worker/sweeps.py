"""What the keeper does once in a while, over all projects."""

from __future__ import annotations

import time
from collections.abc import Callable

from unmask.service import retention, uploads, webhooks
from unmask.service.context import Context

SELDOM = 3600.0
"""Seconds between two rounds of what looks at every file."""

AT_ONCE = 200
"""Most things deleted in one round: the next one is a minute away."""


def sweeps(context: Context) -> tuple[Callable[[], object], ...]:
    """The rounds, in their order: messages to send again, analyses past their time, uploads that nobody finished."""
    return (
        lambda: webhooks.sweep(context),
        lambda: retention.sweep(context, AT_ONCE),
        lambda: uploads.sweep(context, AT_ONCE),
        _seldom(lambda: context.store.clear_unfinished(uploads.abandoned_before(context))),
    )


def _seldom(task: Callable[[], object], every: float = SELDOM) -> Callable[[], object]:
    """The task at once, and then in the first round after so many seconds."""
    due = time.monotonic()

    def turn() -> object:
        nonlocal due
        if time.monotonic() < due:
            return None
        due = time.monotonic() + every
        return task()

    return turn
