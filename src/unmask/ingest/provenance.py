"""Provenance: what a file says about where it comes from. Facts, each with the place where it stands.

Anyone can write or remove all of it but a signature, and most honest files say nothing. So absence is unknown, names
of encoders and editors are shown and never scored, and what counts for the verdict is decided in `fusion/origin.py`.
"""

from __future__ import annotations

from pathlib import Path

from unmask.ingest.claims import MOST_DECLARATIONS, Claims
from unmask.ingest.credentials import read_credentials
from unmask.types import Provenance


def provenance(path: Path, claims: Claims, trust: Path | None) -> Provenance:
    """What the file claims, and what its manifest proves. Never raises for what the file holds.

    Raises:
        SettingsError: `trust`, the PEM file of trusted roots, can't be used.
    """
    manifest = read_credentials(path, trust, elsewhere=claims.elsewhere, held=claims.manifest)
    return Provenance(
        credentials=manifest.credentials,
        declarations=tuple(dict.fromkeys([*manifest.declarations, *claims.declarations]))[:MOST_DECLARATIONS],
        traces=claims.traces,
    )
