"""Stage 6: clips, annotated film, page and PDF into the output folder; then the record, closed and signed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from unmask.language import translate
from unmask.record.keys import SigningKey
from unmask.record.seal import seal
from unmask.report.document import write_json
from unmask.report.films import ANNOTATED, Source, annotate, with_clips
from unmask.report.html import render_html
from unmask.report.pdf import render_pdf
from unmask.result import Result
from unmask.settings import Settings

PAGE = "report.html"
PAPER = "report.pdf"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which reports are made beside the page: `film` is the longest annotated film in seconds, 0 for none."""

    pdf: bool = True
    clips: bool = True
    film: float = 0.0

    @classmethod
    def of(cls, settings: Settings) -> Wanted:
        """What the settings ask for."""
        return cls(settings.pdf, settings.clips, settings.video_seconds if settings.video else 0.0)


def write_report(
    result: Result,
    folder: Path,
    *,
    wanted: Wanted | None = None,
    source: Source | None = None,
    key: SigningKey | None = None,
    timestamp_url: str | None = None,
) -> Result:
    """Write the reports and `result.json` beside the evidence, which must be there already.

    Without a `source` there are no films. Returns the result as it was written: with the clips, and the hashes of the
    files beside it, signed where there is a key.
    """
    wanted, made = wanted or Wanted(), [PAGE]
    language = translate(result.narrative.language)
    signer = key.public if key else None
    for name in (PAPER, ANNOTATED):
        (folder / name).unlink(missing_ok=True)  # of an earlier analysis, and no part of this record
    if source is not None and wanted.clips:
        result = with_clips(result, source.media, folder)
    if source is not None and wanted.film > 0 and (film := annotate(result, source, folder, wanted.film, language)):
        made.append(film)
    (folder / PAGE).write_text(render_html(result, folder, signer=signer), encoding="utf-8")
    if wanted.pdf:
        (folder / PAPER).write_bytes(render_pdf(result, folder, signer=signer))
        made.append(PAPER)
    closed = seal(result, folder, made, key, timestamp_url)
    write_json(closed, folder)
    return closed
