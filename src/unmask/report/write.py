"""Stage 6: the page and the document into the output folder; the record closed and signed."""

from __future__ import annotations

from pathlib import Path

from unmask.record.keys import SigningKey
from unmask.record.seal import seal
from unmask.report.document import write_json
from unmask.report.html import render_html
from unmask.result import Result

PAGE = "report.html"


def write_report(
    result: Result, folder: Path, *, key: SigningKey | None = None, timestamp_url: str | None = None
) -> Result:
    """Write `report.html` and `result.json` beside the evidence, which must be there already.

    Returns the result as it was written: with the hashes of the files beside it, signed where there is a key.
    """
    (folder / PAGE).write_text(render_html(result, folder), encoding="utf-8")
    closed = seal(result, folder, [PAGE], key, timestamp_url)
    write_json(closed, folder)
    return closed
