"""What the keeper does once in a while, over all projects."""

from __future__ import annotations

from collections.abc import Callable

from unmask.service import retention, uploads, webhooks
from unmask.service.context import Context

AT_ONCE = 200
"""Most things deleted in one round: the next one is a minute away."""


def sweeps(context: Context) -> tuple[Callable[[], object], ...]:
    """The rounds, in their order: messages to send again, analyses past their time, uploads that nobody finished."""
    return (
        lambda: webhooks.sweep(context),
        lambda: retention.sweep(context, AT_ONCE),
        lambda: uploads.sweep(context, AT_ONCE),
    )
