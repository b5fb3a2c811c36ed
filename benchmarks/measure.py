"""A measured program in a process of its own, and how runs are put together."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Cost:
    """What one process took, its children included: seconds, and MiB of the largest process; `told` is its answer."""

    wall: float
    processor: float
    peak_mib: float
    told: Mapping[str, Any]


def run(module: str, *arguments: object) -> Cost:
    """Run `python -m benchmarks.MODULE`; it answers with one line of JSON at the end.

    Raises RuntimeError when it fails.
    """
    command = [sys.executable, "-m", f"benchmarks.{module}", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}", "TF_CPP_MIN_LOG_LEVEL": "3"}
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT) as child:
        assert child.stdout is not None
        lines = child.stdout.read().splitlines()
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - began
    if child.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {child.returncode}")
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, json.loads(lines[-1]))


def told(document: Mapping[str, Any]) -> None:
    """The answer of a measured program."""
    print(json.dumps(document), flush=True)


def middle(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Medians of numbers that stand at the same place in all rows; anything else is taken from the first row."""
    found: dict[str, Any] = {}
    for name, first in rows[0].items():
        values = [row[name] for row in rows if name in row]
        if isinstance(first, Mapping):
            found[name] = middle(values)
        elif isinstance(first, int | float) and not isinstance(first, bool):
            found[name] = round(median(values), 4)
        else:
            found[name] = first
    return found


def machine() -> dict[str, Any]:
    """Where the numbers come from."""
    model = next(
        (line.split(":", 1)[1].strip() for line in _lines(Path("/proc/cpuinfo")) if line.startswith("model name")), ""
    )
    return {
        "date": time.strftime("%Y-%m-%d"),
        "python": platform.python_version(),
        "processor": model,
        "processors": os.cpu_count(),
        "load": [round(value, 2) for value in os.getloadavg()],
        "commit": _commit(),
    }


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(map(str, row)) + " |" for row in rows)])


def _commit() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    return done.stdout.strip()


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []
