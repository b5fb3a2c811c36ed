"""What must hold after a run; each check gives what is wrong, in words."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select

from faultruns.stand import Stand
from faultruns.story import Story
from support.fleet import comparable
from unmask.db.repository.analyses import Filters
from unmask.db.tables import AuditEntry, Delivery, ShardRow, StoredMedia
from unmask.service import jobs, uploads
from unmask.service.context import Context
from unmask.storage import keys
from unmask.worker.owner import is_dead

SHARES = [("audio", 0), ("audio", 1), ("video", 0), ("video", 1)]
WAYS = [(None, "queued"), ("queued", "running"), ("running", "done")]


def wrong(stand: Stand, story: Story, baseline: dict[str, Any] | None) -> list[str]:
    """All that is wrong with a run whose client has gone."""
    if not story.analysis:
        return [*story.surprises, "there is no analysis"]
    found = [*story.surprises, *_told(stand, story), *_units(stand, story), *_webhook(stand, story)]
    found += [*_document(stand, story, baseline), *_audit(stand, story), *_store(stand, story), *_left(stand)]
    return found


def document_of(stand: Stand, story: Story) -> dict[str, Any]:
    """The result without ids and times, and without the hash that sets this run's clip apart."""
    text = stand.context.store.get(keys.artifact(stand.project, story.analysis, "result.json")).decode()
    plain: dict[str, Any] = comparable(json.loads(text.replace(hashlib.sha256(story.data).hexdigest(), "MEDIA")))
    return plain


def _told(stand: Stand, story: Story) -> Iterator[str]:
    with stand.context.database.read() as repo:
        row = repo.analyses.find(story.analysis)
        _, events = repo.events.after(stand.project, story.analysis, 0, 10_000)
        listed = [one.id for one in repo.analyses.page(stand.project, Filters(label=story.name), 10)]
    if row is None or row.state != "done":
        yield f"the analysis ended {row and row.state} with {row and row.error_code}"
    if row is not None and story.told != row.state:
        yield f"the client was told {story.told}, and it is {row.state}"
    if listed != [story.analysis]:
        yield f"one request made {len(listed)} analyses"
    if [e.seq for e in events] != list(range(1, len(events) + 1)):
        yield "events have gaps or doubles"
    if [(e.seq, e.kind) for e in events] != [(seq, kind) for seq, kind, _ in story.events]:
        yield f"the client was told {len(story.events)} events of {len(events)}, or others"
    states = [e.data["state"] for e in events if e.kind == "state"]
    if states != ["queued", "running", "done"]:
        yield f"states came as {states}"


def _units(stand: Stand, story: Story) -> Iterator[str]:
    with stand.context.database.read() as repo:
        rows = repo.session.scalars(select(ShardRow).where(ShardRow.analysis_id == story.analysis)).all()
        _, events = repo.events.after(stand.project, story.analysis, 0, 10_000)
    units = sorted((row.part, row.number) for row in rows)
    if units != sorted([("prepare", 0), ("conclude", 0), *SHARES]) or {row.state for row in rows} != {"done"}:
        yield f"units are {[(row.part, row.number, row.state) for row in rows]}"
    ends = Counter((e.data["shard"]["share"], e.data["shard"]["number"]) for e in events if "shard" in e.data)
    if ends != Counter(SHARES):
        yield f"shares ended {dict(ends)}"


def _webhook(stand: Stand, story: Story) -> Iterator[str]:
    def delivered() -> bool:
        with stand.context.database.read() as repo:
            asked = select(Delivery).where(Delivery.analysis_id == story.analysis)
            return [one.state for one in repo.session.scalars(asked)] == ["delivered"]

    try:
        stand.until(delivered, 300, "webhook")
    except TimeoutError:
        yield "the webhook was not delivered in five minutes"
    came = stand.told.came.get(story.analysis, [])
    if len(set(came)) != 1 or came[0][1] != "analysis.done":
        yield f"webhooks came as {came}"


def _document(stand: Stand, story: Story, baseline: dict[str, Any] | None) -> Iterator[str]:
    try:
        found = document_of(stand, story)
    except Exception as missing:
        yield f"there is no result: {missing}"
        return
    if baseline is not None and found != baseline:
        yield f"the result differs in {[name for name in baseline if found.get(name) != baseline[name]]}"
    with stand.context.database.read() as repo:
        artifacts = list(repo.attached.artifacts(story.analysis))
    for one in artifacts:
        data = stand.context.store.get(one.key)
        if (len(data), hashlib.sha256(data).hexdigest()) != (one.size, one.sha256):
            yield f"{one.name} in the store is not what its row says"


def _audit(stand: Stand, story: Story) -> Iterator[str]:
    with stand.context.database.read() as repo:
        asked = select(AuditEntry).where(AuditEntry.analysis_id == story.analysis).order_by(AuditEntry.id)
        rows = repo.session.scalars(asked).all()
    if [(row.before, row.after) for row in rows] != WAYS:
        yield f"the audit says {[(row.before, row.after) for row in rows]}"
    if [row.at for row in rows] != sorted(row.at for row in rows):
        yield "the audit goes back in time"


def _store(stand: Stand, story: Story) -> Iterator[str]:
    """What lies in the store once all that is done later was done; and after the deletion, nothing."""
    later = replace(stand.context, now=lambda: stand.context.now() + timedelta(hours=26))
    _do_jobs(later)
    uploads.sweep(later)
    with stand.context.database.read() as repo:
        known = {one.key for one in repo.attached.artifacts(story.analysis)}
        known |= {keys.media(one.project_id, one.sha256) for one in repo.session.scalars(select(StoredMedia))}
    if (there := {item.key for item in stand.context.store.list(f"{stand.project}/")}) != known:
        yield f"lost {sorted(known - there)}, known to nobody {sorted(there - known)}"
    with httpx.Client(headers={"Authorization": f"Bearer {stand.key}"}, timeout=300, trust_env=False) as client:
        receipt = client.delete(f"{stand.address}/analyses/{story.analysis}").json()
    if receipt.get("remaining") != 0:
        yield f"the receipt says {receipt}"[:300]
    if left := [item.key for item in stand.context.store.list(f"{stand.project}/")]:
        yield f"after the deletion there is {left}"


def _do_jobs(context: Context) -> None:
    """The jobs that wait for their time, as beat would do them then."""
    with context.database.write() as repo:
        taken = [
            one for one in repo.outbox.take(context.now(), 1000) if one.kind in ("analysis.tidy", "analysis.sweep")
        ]
        for job in taken:
            repo.outbox.dispatched(job.id, context.now())
    for job in taken:
        jobs.run(context, job.kind, job.project_id or "", job.analysis_id or "", job.payload)


def _left(stand: Stand) -> Iterator[str]:
    """Files of dead processes, and processes without a parent that knows them."""

    def of_dead() -> list[str]:
        cache = [path.name for path in (stand.folder / "data" / "cache").glob("in-use-*")]
        gone = [name for name in cache if is_dead(name.removeprefix("in-use-"))]
        return gone + [path.name for path in (stand.folder / "tmp").glob("unmask-*")]

    with suppress(TimeoutError):
        stand.until(lambda: not of_dead(), 60, "leavings")
    if found := of_dead():
        yield f"dead workers left {found}"
    if strays := _strays(stand):
        yield f"processes without a parent: {strays}"


def _strays(stand: Stand) -> list[str]:
    """Processes of this stand that init has inherited."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            mine = f"UNMASK_DATA={stand.folder / 'data'}".encode() in (place / "environ").read_bytes().split(b"\0")
            parent = int((place / "stat").read_text().rpartition(")")[2].split()[1])
            if mine and parent == 1 and int(place.name) != os.getpid():
                found.append((place / "cmdline").read_bytes().replace(b"\0", b" ").decode()[-100:])
    return found
