"""The job that gets a media by its address: fetched into a file, into the store, and then the workers may start."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from unmask import metrics
from unmask.access.uploads import HEAD, check_head
from unmask.errors import FetchFailed, UnmaskError
from unmask.fetching import Fetched, Policy, fetch
from unmask.service import lifecycle, submissions
from unmask.service.context import Context, new_id
from unmask.service.errors import DatabaseUnavailable, StoreUnavailable
from unmask.service.media import Incoming
from unmask.storage import keys
from unmask.workfolder import work_folder

_PAUSES = (1.0, 5.0)
"""Seconds before the second and the third try."""


def run(context: Context, project: str, analysis: str, payload: dict[str, Any]) -> None:
    """Fetch `payload["url"]` for a queued analysis. Doing it twice changes nothing more.

    What the other server does wrong fails the analysis; what may pass is tried again for a while first.

    Raises:
        StoreUnavailable, DatabaseUnavailable: it was fetched but could not be kept; the job can be done again.
    """
    if not _waits(context, project, analysis):
        return
    try:
        with work_folder() as work:
            got = _fetched(str(payload["url"]), work, Policy.of(context.settings))
            with got.received.path.open("rb") as file:
                check_head(file.read(HEAD))
            _keep(context, project, analysis, got)
    except (StoreUnavailable, DatabaseUnavailable):
        raise
    except UnmaskError as error:
        metrics.FETCHES.labels(error.code).inc()
        with context.database.write() as repo:
            failed = lifecycle.fail(repo, context, analysis, error)
        if failed:
            metrics.analysis_ended("failed", error.code)
    else:
        metrics.FETCHES.labels("fetched").inc()


def _waits(context: Context, project: str, analysis: str) -> bool:
    with context.database.read() as repo:
        row = repo.analyses.get(project, analysis)
        return row is not None and row.state == "queued" and row.media_sha256 is None


def _fetched(url: str, into: Path, policy: Policy) -> Fetched:
    """Fetch, again where the failure may pass. All tries together take no longer than one may."""
    end = time.monotonic() + policy.seconds
    for pause in _PAUSES:
        try:
            return fetch(url, into, policy)
        except FetchFailed as failed:
            if not failed.passing or time.monotonic() + pause >= end:
                raise
        time.sleep(pause)
    return fetch(url, into, policy)


def _keep(context: Context, project: str, analysis: str, got: Fetched) -> None:
    place = keys.incoming(project, new_id())
    context.store.put(place, got.received.path)
    try:
        submissions.attach(context, analysis, Incoming(place, got.received.size, got.received.sha256), got.name)
    except BaseException:
        context.store.delete([place])
        raise
