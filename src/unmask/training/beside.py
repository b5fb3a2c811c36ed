"""Batches made in a process beside the one that trains."""

from __future__ import annotations

import multiprocessing
import queue as queues
from collections.abc import Iterator
from typing import Any, TypeVar

T = TypeVar("T")
QUEUE = 10
"""Batches that wait at most."""


def made_beside(items: Iterator[T], count: int) -> Iterator[T]:
    """The first `count` of the items, drawn from them ahead of time in a forked process.

    Raises:
        RuntimeError: that process ended too soon.
    """
    import cv2

    cv2.setNumThreads(1)  # before the fork: the child would wait for threads of a pool that it does not have
    context = multiprocessing.get_context("fork")
    queue: Any = context.Queue(QUEUE)
    worker = context.Process(target=_work, args=(queue, items), daemon=True)
    worker.start()
    try:
        for _ in range(count):
            yield _take(queue, worker)
    finally:
        worker.terminate()
        worker.join()


def _take(queue: Any, worker: Any) -> Any:
    while True:
        try:
            return queue.get(timeout=60)
        except queues.Empty:
            if not worker.is_alive():
                raise RuntimeError("the process that makes batches has ended") from None


def _work(queue: Any, items: Iterator[Any]) -> None:
    for item in items:
        queue.put(item)
