"""Stage 6: the document and the page into the output folder."""

from __future__ import annotations

from pathlib import Path

from unmask.report.document import write_json
from unmask.report.html import render_html
from unmask.result import Result

PAGE = "report.html"


def write_report(result: Result, folder: Path) -> None:
    """Write `result.json` and `report.html` beside the evidence, which must be there already."""
    write_json(result, folder)
    (folder / PAGE).write_text(render_html(result, folder), encoding="utf-8")
