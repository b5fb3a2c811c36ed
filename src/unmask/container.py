"""The command inside a container: makes the folders that a fresh volume lacks, then becomes `unmask`."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def prepare() -> None:
    """Make the folders that the environment names, and forget what an earlier container of this name measured."""
    for name in ("UNMASK_DATA", "UNMASK_CACHE", "TMPDIR", "PROMETHEUS_MULTIPROC_DIR"):
        if place := os.environ.get(name):
            Path(place).mkdir(parents=True, exist_ok=True)
    if place := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        for old in Path(place).glob("*.db"):
            old.unlink()


if __name__ == "__main__":
    prepare()
    # our own interpreter, and the arguments that whoever runs the container gave to it
    os.execv(sys.executable, [sys.executable, "-m", "unmask.cli.app", *sys.argv[1:]])  # noqa: S606
