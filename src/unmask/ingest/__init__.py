"""Stage 1: receive a file as a stream with a size limit, hash it, and say what it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from unmask.ingest.probe import probe
from unmask.ingest.provenance import read_provenance
from unmask.ingest.receive import Received, receive, receive_file
from unmask.settings import Settings
from unmask.types import Media

__all__ = ["Received", "ingest", "probe", "receive", "receive_file"]


def ingest(path: Path, workdir: Path, settings: Settings, name: str | None = None) -> Media:
    """Copy the file at `path` into the folder `workdir`, probe the copy and read what it says of its origin.

    `name` defaults to the file's own.

    The copy stays where it is when the file was taken, and is removed when it was refused.

    Raises:
        MediaError: one of its subclasses says why the file can't be analysed.
        SettingsError: the list of trusted signers can't be used.
    """
    received = receive_file(path, workdir, settings.max_bytes)
    try:
        media = probe(received, path.name if name is None else name, settings)
        return replace(media, provenance=read_provenance(media, settings.c2pa_trust))
    except BaseException:
        received.path.unlink(missing_ok=True)
        raise
