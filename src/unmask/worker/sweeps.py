"""What the keeper does once in a while, over all projects."""

from __future__ import annotations

from collections.abc import Callable

from unmask.service.context import Context


def sweeps(context: Context) -> tuple[Callable[[], object], ...]:
    """The rounds, in their order."""
    del context
    return ()
