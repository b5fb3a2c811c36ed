"""One hunt by atheris in one target, in a process of its own: `python hunter.py TARGET FOLDER [libFuzzer's options]`.

FOLDER gets what was found. libFuzzer writes it too, but not always: its own alarm may end the process first.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests"), str(ROOT / "tests" / "fuzz")]


def main() -> None:
    """Hunt until libFuzzer ends the process: with 0 after its time, with another code where it found something."""
    import atheris
    from targets import TARGETS

    name, folder = sys.argv.pop(1), Path(sys.argv.pop(1))
    target = TARGETS[name]
    with atheris.instrument_imports(include=["unmask"]):  # targets import what they test when they are first called
        target(b"")

    def watched(data: bytes) -> None:
        try:
            target(data)
        except Exception:
            digest = hashlib.sha256(data).hexdigest()[:8]
            (folder / f"{name}-{digest}.bin").write_bytes(data)
            raise

    atheris.Setup(sys.argv, watched)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
