"""The list as a table for other programs: no cell that a spreadsheet would run."""

from __future__ import annotations

import csv
from datetime import UTC, datetime

import pytest

from unmask.db.tables import Analysis
from unmask.web.listing import COLUMNS, table


def cells(name, label=None):
    row = Analysis(id="01KB0000000000000000000000", created_at=datetime(2026, 11, 26, tzinfo=UTC), state="done")
    row.media_name, row.label = name, label
    head, line = csv.reader(list(table(iter([row]))))
    assert tuple(head) == COLUMNS
    return dict(zip(head, line, strict=True))


@pytest.mark.parametrize(
    "name",
    ["=1+1", "+1", "-1", "@SUM(A1)", "  =1+1", "\t=1", "\r=1", "\n=1", "\u00a0=1", "\uff1d1", "\uff0b1", "\uff20A"],
)
def test_what_a_spreadsheet_takes_for_a_formula_is_text(name):
    assert cells(name)["name"] == f"'{name}"
    assert cells("x", name)["label"] == f"'{name}"


@pytest.mark.parametrize("name", ["clip.mp4", 'a,"b".mp4', "two\nlines.mp4", "مقطع.mp4", "1-2=3.mp4", ""])
def test_other_names_stay_as_they_are(name):
    assert cells(name)["name"] == name
