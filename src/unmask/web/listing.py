"""The list of analyses: what it is narrowed to, and the same as a table for other programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, get_args

from fastapi import Depends, Query

from unmask.api.deps import ULID
from unmask.db.repository import Repository
from unmask.db.repository.analyses import Filters
from unmask.db.tables import STATES, Analysis
from unmask.result import Label
from unmask.service.context import new_id

LABELS: tuple[str, ...] = get_args(Label)
COLUMNS = ("id", "created", "name", "label", "state", "verdict", "probability", "duration", "bytes", "sha256", "error")
_FORMULAS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet may take a cell for a formula by, in full width too, also after blanks."""
_CONTROLS = ("\t", "\r", "\n")


class Asked:
    """What somebody wants to see; what is no filter is none."""

    def __init__(
        self,
        *,
        state: str = "",
        verdict: str = "",
        q: Annotated[str, Query(max_length=100)] = "",
        since: str = "",
        until: str = "",
        cursor: Annotated[str, Query(pattern=f"{ULID}|^$")] = "",
    ) -> None:
        known = next((s for s in STATES if s == state), None)
        self.values = {
            "state": known or "",
            "verdict": verdict if verdict in LABELS else "",
            "q": q,
            "since": since,
            "until": until,
        }
        self.filters = Filters(
            state=known,
            verdict=self.values["verdict"] or None,
            since=_first_id(since, 0),
            until=_first_id(until, 1),
            before=cursor or None,
            text=q.replace("\x00", "").strip() or None,
        )


Narrowed = Annotated[Asked, Depends()]


def table(rows: Iterator[Analysis]) -> Iterator[str]:
    """Lines of CSV (RFC 4180). Text that a spreadsheet would take for a formula begins with an apostrophe."""
    yield _line(COLUMNS)
    for row in rows:
        created = row.created_at.isoformat()
        facts = (
            row.state,
            row.verdict,
            row.probability,
            row.duration,
            row.media_bytes,
            row.media_sha256,
            row.error_code,
        )
        yield _line((row.id, created, _plain(row.media_name), _plain(row.label or ""), *facts))


def shown(repo: Repository, row: Analysis) -> dict[str, Any]:
    """A row and the name of a picture that stands for it."""
    names = [a.name for a in repo.attached.artifacts(row.id)] if row.state == "done" else []
    ends = ("-frame.jpg", "-crop.png", "-face.png")
    thumb = next((name for end in ends for name in names if name.endswith(end)), None)
    return {"row": row, "thumb": thumb}


def _line(values: tuple[object, ...]) -> str:
    sink = io.StringIO()
    csv.writer(sink).writerow("" if value is None else value for value in values)
    return sink.getvalue()


def _plain(text: str) -> str:
    runs = text.lstrip().startswith(_FORMULAS) or text.startswith(_CONTROLS)
    return f"'{text}" if runs else text


def _first_id(day: str, later: int) -> str | None:
    """The least id of a day given as YYYY-MM-DD, or so many days later; None for anything else."""
    try:
        at = datetime.combine(date.fromisoformat(day) + timedelta(days=later), time(), UTC)
        return new_id(at)[:10] + "0" * 16
    except (ValueError, OverflowError):
        return None
