"""A worker that analyses nothing: it moves queued analyses through their states, for tests of what is around them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select

from support.rows import result, stored
from unmask.db.tables import Analysis
from unmask.errors import NotMedia
from unmask.service import fetch, lifecycle
from unmask.service.context import Context


@contextmanager
def quick_worker(context: Context) -> Iterator[None]:
    """Work in a thread: media named `bad*` fail, `slow*` wait for their cancellation, all others are done at once."""
    leaving = threading.Event()

    def loop() -> None:
        while not leaving.is_set():
            with context.database.read() as repo:
                rows = list(repo.session.scalars(select(Analysis).where(Analysis.state == "queued")))
            for row in rows:
                if row.media_sha256 is None:
                    fetch.run(context, row.project_id, row.id, {"url": row.source_url})
                else:
                    _work(context, row)
            time.sleep(0.05)

    thread = threading.Thread(target=loop, daemon=True)
    thread.start()
    try:
        yield
    finally:
        leaving.set()
        thread.join(10)


def _work(context: Context, row: Analysis) -> None:
    with context.database.write() as repo:
        if lifecycle.start(repo, context, row.id) is None:
            return
    if row.media_name.startswith("slow"):
        return
    if row.media_name.startswith("bad"):
        with context.database.write() as repo:
            lifecycle.fail(repo, context, row.id, NotMedia("This is text."))
        return
    for fraction in (0.5, 1.0):
        with context.database.write() as repo:
            lifecycle.record_progress(repo, context, row.id, stage="media", fraction=fraction)
    outcome = result(row.id)
    files = {
        "result.json": (outcome.to_json().encode(), "application/json"),
        "report.html": (b"<!doctype html><title>report</title>", "text/html; charset=utf-8"),
        "evidence/e1.png": (bytes(range(256)), "image/png"),
    }
    made = stored(context, row.project_id, row.id, files)
    with context.database.write() as repo:
        lifecycle.finish(repo, context, row.id, outcome, made)
