"""Stage 1: receive a file as a stream with a size limit, hash it, and say what it is."""

from __future__ import annotations

from dataclasses import asdict, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from unmask.errors import DecoderStopped
from unmask.ingest.claims import Claims, read_claims
from unmask.ingest.limits import Limits
from unmask.ingest.probe import probe
from unmask.ingest.provenance import provenance
from unmask.ingest.receive import Received, receive, receive_file
from unmask.ingest.text import clean_name
from unmask.types import Media

if TYPE_CHECKING:
    from unmask.settings import Settings

__all__ = ["Received", "ingest", "probe", "receive", "receive_file"]

SLOWEST_SURVEY = 2_000_000
"""Bytes a second that the survey of a file reads at least."""


def ingest(path: Path, workdir: Path, settings: Settings, name: str | None = None) -> Media:
    """Copy the file at `path` into the folder `workdir`, probe the copy and read what it says of its origin.

    `name` defaults to the file's own.

    The copy stays where it is when the file was taken, and is removed when it was refused.

    Raises:
        MediaError: one of its subclasses says why the file can't be analysed.
        SettingsError: the list of trusted signers can't be used.
        SandboxUnavailable: no process can be started to look at it in.
    """
    received = receive_file(path, workdir, settings.max_bytes)
    try:
        media, claims = _surveyed(received, path.name if name is None else name, Limits.of(settings))
        return replace(media, provenance=provenance(received.path, claims, settings.c2pa_trust))
    except BaseException:
        received.path.unlink(missing_ok=True)
        raise


def _surveyed(received: Received, name: str, limits: Limits) -> tuple[Media, Claims]:
    """What the file is and claims to be: found in a sandbox, or here where there is none."""
    from unmask.sandbox.cell import enabled, only_answer
    from unmask.wire import WireError, revive

    if not enabled():
        media = probe(received, name, limits)
        return media, read_claims(media)
    about = {"name": name, "size": received.size, "sha256": received.sha256, "limits": asdict(limits)}
    found, _ = only_answer("survey", received.path, "examine", about, processor=received.size / SLOWEST_SURVEY)
    try:
        media, claims = revive(Media, found["media"]), revive(Claims, found["claims"])
    except (WireError, KeyError, TypeError) as wrong:
        raise DecoderStopped("The decoder answered what can't be read.") from wrong
    if not 0 <= media.duration <= Fraction(limits.max_seconds):
        raise DecoderStopped("The decoder answered with a length that can't be.")
    # what is known here is not taken from there
    known = replace(media, path=received.path, sha256=received.sha256, size=received.size, name=clean_name(name))
    return known, claims
