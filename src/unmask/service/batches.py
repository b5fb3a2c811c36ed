"""Batches: many analyses in one request, all of them or none."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from unmask.db.tables import Batch
from unmask.service.context import Context, Principal, new_id
from unmask.service.errors import Gone, IdempotencyConflict, PayloadTooLarge
from unmask.service.options import Options
from unmask.service.submissions import FromUpload, FromUrl, Order, fingerprint, submit_within

Item = tuple[FromUrl | FromUpload, Options]


@dataclass(frozen=True, slots=True)
class Batched:
    """A batch, and whether it was there already for the same Idempotency-Key."""

    batch: Batch
    replayed: bool


def submit_batch(
    context: Context,
    principal: Principal,
    items: Sequence[Item],
    label: str | None = None,
    idempotency_key: str | None = None,
) -> Batched:
    """Queue all items with the priority of a batch.

    Raises:
        PayloadTooLarge: more items than a batch may have.
        NotFound, UploadUnfinished, QuotaExceeded: of any item; then none is queued.
        IdempotencyConflict: the key came with another request before.
    """
    if len(items) > context.settings.max_batch:
        raise PayloadTooLarge(f"A batch may have {context.settings.max_batch} items.")
    now = context.now()
    batch = Batch(id=new_id(now), project_id=principal.project, label=label, total=len(items), created_at=now)
    with context.database.write() as repo:
        if idempotency_key is not None:
            wanted = hashlib.sha256("\n".join([label or "", *(fingerprint(*item) for item in items)]).encode())
            first = repo.records.first_use(principal.project, idempotency_key, wanted.hexdigest(), batch.id, now)
            if first is not None:
                if first.fingerprint != wanted.hexdigest():
                    raise IdempotencyConflict("This Idempotency-Key was used for another request.")
                earlier = repo.records.batch(principal.project, first.subject_id)
                if earlier is None:
                    raise Gone("The batch that this Idempotency-Key made is not there any more.")
                return Batched(earlier, True)
        repo.records.add(batch)
        for source, options in items:
            urgent = options.model_copy(update={"priority": "batch"})
            submit_within(repo, context, principal, source=source, options=urgent, order=Order(batch=batch.id))
    return Batched(batch, False)
