"""Probe: what a received file is, found by its bytes alone, or a coded error why it can't be analysed."""

from __future__ import annotations

from pathlib import Path

from unmask.errors import TooLarge
from unmask.ingest.boxes import check_boxes, is_iso
from unmask.ingest.choose import choose
from unmask.ingest.judge import Case, judge
from unmask.ingest.limits import Limits
from unmask.ingest.opening import opened
from unmask.ingest.receive import Received
from unmask.ingest.riff import check_chunks, is_riff
from unmask.ingest.sniff import read_head, refuse_by_content
from unmask.ingest.stills import read_still_header, still_kind
from unmask.ingest.survey import survey
from unmask.types import Media


def probe(received: Received, name: str, limits: Limits) -> Media:
    """Examine a received file: its streams, their time, and that the first picture and sound can be decoded.

    The media's clock: zero is the earliest instant that is shown or heard, edit lists and encoder delay taken off,
    so media time = pts * time_base - `Media.origin`; `start` of a stream is on that clock. Durations are those of the
    data that is there, not those declared; a still picture has the duration 0. Bit rates are measured.
    A file that ends early but begins well is taken, with a note. `name` is shown, and used for nothing else.

    The work is bounded by counts of bytes, boxes and packets (`boxes`, `riff`, `survey`), and each read by a time.

    Raises:
        MediaError: one of its subclasses says why the file can't be analysed.
    """
    if received.size > limits.max_bytes:
        raise TooLarge(f"The file has more than {limits.max_bytes} bytes.")
    head = read_head(received.path)
    refuse_by_content(head)
    kind = still_kind(head)
    still = read_still_header(received.path, kind, limits.max_pixels) if kind else None
    cut = still.cut if still else _is_cut(received.path, head, limits.max_pixels)
    with opened(received.path, limits.max_pixels) as container:
        chosen = choose(container, limits.max_pixels)
        found = survey(container, chosen.video, chosen.audio, limits.max_seconds)
        return judge(Case(received, name, head, still, cut or found.damaged, limits, container, chosen, found))


def _is_cut(path: Path, head: bytes, max_pixels: int) -> bool:
    if is_iso(head):
        return check_boxes(path, max_pixels)
    return is_riff(head) and check_chunks(path, head)
