"""Analyse every clip of a manifest and print a table: verdict, probability, segments, seconds, peak memory.

    .venv/bin/python scripts/survey.py MANIFEST --split dev [--kind video] [--first N] [--csv OUT.csv]

The manifest has the columns path (relative to it), kind, label, method, split. Models load once; the peak memory is
the highest the process held while that clip ran (Linux).
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from unmask import UnmaskError
from unmask.bootstrap import analyzer
from unmask.result import Result

COLUMNS = ("file", "label", "method", "verdict", "probability", "segments", "seconds", "peak_mib")


def reset_peak() -> None:
    """Forget the process's highest memory so far."""
    Path("/proc/self/clear_refs").write_text("5")


def peak_mib() -> float:
    """Highest resident memory since the last reset, MiB."""
    line = next(x for x in Path("/proc/self/status").read_text().splitlines() if x.startswith("VmHWM"))
    return float(line.split()[1]) / 1024


def in_words(result: Result) -> str:
    """Segments as detector@start-end."""
    return " ".join(f"{s.detector}/{s.subject}@{s.start:.1f}-{s.end:.1f}" for s in result.segments) or "-"


def main() -> None:
    """Run over the manifest's rows and print as they come."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--split", default="dev")
    parser.add_argument("--kind", default="video")
    parser.add_argument("--first", type=int, default=None, help="only that many, spread over the rows")
    parser.add_argument("--csv", type=Path, default=None)
    chosen = parser.parse_args()
    with chosen.manifest.open(newline="") as source:
        rows = [r for r in csv.DictReader(source) if r["split"] == chosen.split and r["kind"] == chosen.kind]
    if chosen.first:
        rows = rows[:: max(1, len(rows) // chosen.first)][: chosen.first]
    tools, table = analyzer(), []
    for row in rows:
        reset_peak()
        began = time.perf_counter()
        with tempfile.TemporaryDirectory() as out:
            try:
                result = tools.analyze(chosen.manifest.parent / row["path"], Path(out))
                verdict, chance, parts = result.verdict.label, result.verdict.probability, in_words(result)
            except UnmaskError as error:
                verdict, chance, parts = error.code, None, "-"
        spent = time.perf_counter() - began
        shown = "-" if chance is None else f"{chance:.3f}"
        name = Path(row["path"]).name
        table.append((name, row["label"], row["method"], verdict, shown, parts, f"{spent:.1f}", f"{peak_mib():.0f}"))
        sys.stdout.write(" | ".join(table[-1]) + "\n")
        sys.stdout.flush()
    counts = Counter((line[1], line[3]) for line in table)
    for (label, verdict), count in sorted(counts.items()):
        sys.stdout.write(f"{label:5} {verdict:20} {count}\n")
    if chosen.csv:
        with chosen.csv.open("w", newline="") as sink:
            csv.writer(sink).writerows([COLUMNS, *table])


if __name__ == "__main__":
    main()
