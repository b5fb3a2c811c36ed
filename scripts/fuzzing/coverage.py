"""Hunt with atheris, guided by coverage, for input on which one of our own parsers fails as it may not.

    pip install atheris==3.0.0                       # beside what the tests need; has a wheel for Python 3.11
    python scripts/fuzzing/coverage.py --seconds 120 --out runs/coverage [--target xmp]

Targets are the functions of `tests/fuzz/targets.py`, seeds and words those of `seeds.py`. What a hunt learned stays in
OUT/TARGET and the next one begins there; a case that was found lies in OUT/found, and ends the hunt in its target. Put
it into `tests/fuzz/found`, where every run of the tests tries it. The exit code is 1 where something was found.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests"), str(ROOT / "tests" / "fuzz"), str(ROOT / "src")]

from targets import TARGETS  # noqa: E402

from fuzzing.seeds import dictionary, seeds  # noqa: E402

HUNTER = Path(__file__).parent / "hunter.py"
LONGEST_CASE = 10
"""Seconds that one case may take."""
MOST_MEMORY = 2048
"""Mebibytes of a hunt."""
LARGEST_CASE = 1 << 16
"""Bytes of the largest case that is tried."""
ENDED = re.compile(r"#(\d+)\s+DONE\s+cov: (\d+) ft: (\d+) corp: (\d+)/")
BEGAN = re.compile(r"#\d+\s+INITED\s+cov: (\d+)")


def main() -> int:
    """Hunt in the targets that were asked for, one after the other; 0 when nothing was found."""
    wish = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    wish.add_argument("--target", action="append", choices=list(TARGETS), help="repeat for more; all when not given")
    wish.add_argument("--seconds", type=int, default=120, help="time of each hunt")
    wish.add_argument("--out", type=Path, default=Path("runs/coverage"))
    asked = wish.parse_args()
    lines = []
    for name in asked.target or TARGETS:
        line = hunt(name, asked.seconds, asked.out)
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()
        lines.append(line)
    return int(any(line["exit"] for line in lines))


def hunt(name: str, seconds: int, out: Path) -> dict[str, Any]:
    """One hunt: cases tried, edges of our code seen by the seeds and at the end, and the files of what was found."""
    corpus, found = out / name, out / "found"
    for folder in (corpus, found):
        folder.mkdir(parents=True, exist_ok=True)
    _sow(name, corpus, out / "media")
    words = out / f"{name}.dict"
    words.write_text(dictionary(name), "utf-8")
    with TemporaryDirectory(prefix="unmask-hunt-", dir=_in_memory()) as scratch:
        options = {
            "max_total_time": seconds,
            "timeout": LONGEST_CASE,
            "rss_limit_mb": MOST_MEMORY,
            "max_len": LARGEST_CASE,
            "artifact_prefix": f"{found}/{name}-",
            "dict": words,
        }
        given = (f"-{key}={value}" for key, value in options.items())
        command = [sys.executable, str(HUNTER), name, str(found), str(corpus), *given]
        with (out / f"{name}.log").open("wb") as log:
            environment = os.environ | {"TMPDIR": scratch}
            ended = subprocess.run(command, check=False, stdout=log, stderr=log, env=environment)  # noqa: S603
    return {"target": name, "exit": ended.returncode} | _told(out / f"{name}.log", sorted(found.glob(f"{name}-*")))


def _sow(name: str, corpus: Path, media: Path) -> None:
    for data in seeds(name, media):
        (corpus / hashlib.sha1(data, usedforsecurity=False).hexdigest()).write_bytes(data)


def _in_memory() -> str | None:
    """Where files that live for a millisecond cost nothing."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108


def _told(log: Path, found: list[Path]) -> dict[str, Any]:
    text = log.read_text("utf-8", "replace")
    began, ended = BEGAN.search(text), ENDED.search(text)
    numbers = dict(zip(("cases", "edges", "features", "kept"), map(int, ended.groups()), strict=True)) if ended else {}
    return {"edges_of_seeds": int(began[1]) if began else None} | numbers | {"found": [str(path) for path in found]}


if __name__ == "__main__":
    sys.exit(main())
