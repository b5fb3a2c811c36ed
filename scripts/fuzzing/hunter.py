"""One hunt by atheris in one target, in a process of its own: `python hunter.py TARGET [libFuzzer's options]`."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests"), str(ROOT / "tests" / "fuzz")]


def main() -> None:
    """Hunt until libFuzzer ends the process: with 0 after its time, with another code where it found something."""
    import atheris
    from targets import TARGETS

    target = TARGETS[sys.argv.pop(1)]
    with atheris.instrument_imports(include=["unmask"]):  # targets import what they test when they are first called
        target(b"")
    atheris.Setup(sys.argv, target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
