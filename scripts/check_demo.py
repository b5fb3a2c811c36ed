"""Check what `make demo` wrote: a report and a result for each sample, and nothing in them that contradicts the truth.

The exact verdicts and numbers are held by tests/golden; this check is about a fresh clone's working at all.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).parents[1] / "samples"
WRONG = {"manipulated": "likely_authentic", "untouched": "likely_manipulated"}
"""The verdict that must not be given; an inconclusive one is no contradiction."""


def overlap(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Tell whether two stretches of time have more than a point in common."""
    return bool(one["start"] < other["end"] and one["end"] > other["start"])


def complaints(clip: str, facts: dict[str, Any]) -> list[str]:
    """Return what is wrong with the demo's output for one sample."""
    folder = SAMPLES / f"{clip}.unmask"
    missing = [name for name in ("report.html", "result.json") if not (folder / name).is_file()]
    if missing:
        return [f"{clip}: no {name}" for name in missing]
    result = json.loads((folder / "result.json").read_text())
    label, segments = result["verdict"]["label"], result["segments"]
    found = [f"{clip}: the verdict is {label}"] if label in (WRONG[facts["label"]], "not_assessable") else []
    if facts["manipulations"] and not any(overlap(s, true) for s in segments for true in facts["manipulations"]):
        found.append(f"{clip}: no segment touches what was manipulated")
    sys.stdout.write(f"{clip}: {label}, probability {result['verdict']['probability']}, {len(segments)} segments\n")
    return found


def main() -> int:
    """Print a line for each sample and each complaint; 1 when there are any."""
    truth = json.loads((SAMPLES / "truth.json").read_text())["clips"]
    found = [text for clip, facts in truth.items() for text in complaints(clip, facts)]
    sys.stderr.writelines(f"{text}\n" for text in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
