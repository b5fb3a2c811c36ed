"""What both ends of a sandbox's socket agree on. Messages are JSON in packets; arrays go through shared memory.

The socket keeps packets whole, so neither a signal nor a death can leave half of one. The memory is a ring of slots:
piece number n of all arrays lies in slot n modulo `SLOTS`, and whoever has copied a piece gives its slot back.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np

LARGEST = 128 * 1024
"""Most bytes of a message; a socket takes some 200 KiB in one packet."""

SLOTS = 3
"""Slots of the ring: one is filled, one waits, one is emptied."""

FREE = b"+"
"""The message that gives a slot back."""

KINDS: dict[str, np.dtype[Any]] = {"u1": np.dtype("u1"), "f4": np.dtype("<f4")}
"""Element types of arrays that travel."""

ALIVE_EVERY = 1.0
"""Seconds between two signs of life from a sandbox at work."""


def pack(message: dict[str, Any]) -> bytes:
    """A message as bytes. Raises ValueError when it is too large."""
    data = json.dumps(message, separators=(",", ":")).encode("utf-8", "surrogatepass")
    if len(data) > LARGEST:
        raise ValueError("a message is too large")
    return data


def unpack(data: bytes) -> dict[str, Any]:
    """The message in `data`. Raises ValueError when there is none."""
    try:
        found = json.loads(data.decode("utf-8", "surrogatepass"))
    except RecursionError as deep:
        raise ValueError("a message is too deep") from deep
    if not isinstance(found, dict):
        raise ValueError("a message is no mapping")
    return found
