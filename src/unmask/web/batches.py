"""The pages of batches: all of them, and one with its progress, its verdicts and its analyses."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Path, Query, Request, Response

from unmask.api.deps import ULID, Ctx, Read
from unmask.db.repository import Repository
from unmask.db.repository.analyses import Order
from unmask.db.tables import FINAL, STATES, Batch
from unmask.service.context import Context, Principal
from unmask.service.errors import NotFound
from unmask.web.listing import LABELS, Narrowed, shown, table
from unmask.web.render import PageRoute, render

router = APIRouter(route_class=PageRoute, include_in_schema=False)
PAGE, BATCHES = 50, 30
ORDERS: tuple[Order, ...] = get_args(Order)
BatchId = Annotated[str, Path(pattern=ULID)]


@dataclass(frozen=True, slots=True)
class Part:
    """So many of a batch with one verdict, or that ended in one state; place and width in percent."""

    kind: str
    count: int
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a batch is: analyses by state and by verdict; `deleted` are those that are not there any more."""

    batch: Batch
    states: dict[str, int]
    verdicts: dict[str, int]

    @property
    def ended(self) -> int:
        """How many will not change any more."""
        return sum(self.states.get(state, 0) for state in FINAL)

    @property
    def open(self) -> int:
        """How many wait or run."""
        return sum(self.states.values()) - self.ended

    @property
    def deleted(self) -> int:
        """How many are gone."""
        return max(0, self.batch.total - sum(self.states.values()))

    @property
    def shares(self) -> tuple[Part, ...]:
        """What came of those that ended, each as a part of all that there were."""
        counts = [(label, self.verdicts.get(label, 0)) for label in LABELS]
        counts += [(state, self.states.get(state, 0)) for state in FINAL if state != "done"]
        found, place = [], 0.0
        for kind, count in counts:
            width = 100 * count / max(1, self.batch.total)
            if count:
                found.append(Part(kind, count, place, width))
            place += width
        return tuple(found)


@router.get("/batches")
def all_batches(
    request: Request, who: Read, context: Ctx, cursor: Annotated[str, Query(pattern=f"{ULID}|^$")] = ""
) -> Response:
    """All batches, the newest first."""
    with context.database.read() as repo:
        rows = repo.records.batches(who.project, cursor or None, BATCHES + 1)
        found = [_standing(repo, row) for row in rows[:BATCHES]]
    return render(request, "batches.html.j2", found=found, more=rows[BATCHES - 1].id if len(rows) > BATCHES else None)


@router.get("/batches/{batch}.csv")
def as_table(who: Read, context: Ctx, batch: BatchId, asked: Narrowed, order: str = "") -> Response:
    """All analyses of a batch, narrowed as the page is, as CSV."""
    standing = _find(context, who, batch)
    with context.database.read() as repo:
        filters = replace(asked.filters, batch=batch)
        rows = repo.analyses.of_batch(who.project, filters, _order(order), 0, standing.batch.total)
        text = "".join(table(iter(rows)))
    headers = {"Content-Disposition": f'attachment; filename="batch-{batch}.csv"', "Cache-Control": "no-store"}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/batches/{batch}")
def one(
    *,
    request: Request,
    who: Read,
    context: Ctx,
    batch: BatchId,
    asked: Narrowed,
    order: str = "",
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Response:
    """A batch: how far it is, what came of it, and its analyses."""
    standing, wanted = _find(context, who, batch), _order(order)
    filters = replace(asked.filters, batch=batch)
    with context.database.read() as repo:
        rows = repo.analyses.of_batch(who.project, filters, wanted, (page - 1) * PAGE, PAGE + 1)
        items = [shown(repo, row) for row in rows[:PAGE]]
    narrowed = {name: value for name, value in asked.values.items() if name in ("state", "verdict", "q") and value}
    values: dict[str, Any] = {"asked": asked.values, "narrowed": narrowed, "order": wanted, "orders": ORDERS}
    values |= {"items": items, "page": page, "more": len(rows) > PAGE, "labels": LABELS, "states": STATES}
    return render(request, "batch.html.j2", s=standing, **values)


def _find(context: Context, who: Principal, batch: str) -> Standing:
    with context.database.read() as repo:
        row = repo.records.batch(who.project, batch)
        if row is None:
            raise NotFound("There is no batch with that id.")
        return _standing(repo, row)


def _standing(repo: Repository, row: Batch) -> Standing:
    return Standing(row, repo.analyses.by_states(row.id), repo.analyses.by_verdicts(row.id))


def _order(wanted: str) -> Order:
    return next((order for order in ORDERS if order == wanted), "probability")
