"""The store that the settings name."""

from __future__ import annotations

from unmask.settings import ServiceSettings
from unmask.storage.base import Store


def open_store(settings: ServiceSettings) -> Store:
    """Connect to the store; nothing is asked of it yet.

    Raises:
        SettingsError: the address can't be understood.
    """
    from unmask.storage.objects import ObjectStore

    return ObjectStore.of(settings)
