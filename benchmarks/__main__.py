"""`python -m benchmarks [speed]`: measure, print the tables, write JSON and Markdown."""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks import speed
from benchmarks.clips import MATRIX

ROOT = Path(__file__).parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "benchmarks" / "speed.json")
    parser.add_argument(
        "--clips", type=Path, default=ROOT / "runs" / "benchmarks" / "clips", help="where clips are kept"
    )
    parser.add_argument("--runs", type=int, default=5, help="turns over the main clip")
    parser.add_argument("--others", type=int, default=1, help="turns over each other clip; 0 leaves them out")
    parser.add_argument("--only", help="only clips whose name holds this")
    parser.add_argument("--whole-baseline", action="store_true", help="the baseline once over the whole main clip")
    wish = parser.parse_args()
    clips = [clip for clip in MATRIX if not wish.only or wish.only in clip.name]
    document = None
    for document in speed.measured(
        wish.clips, runs=wish.runs, others=wish.others, whole_baseline=wish.whole_baseline, clips=clips
    ):
        speed.write(document, wish.out)  # after each clip: a run of hours may be broken off
    if document is None:
        parser.error("no clip is left to measure")
    print(speed.summary(document))


if __name__ == "__main__":
    main()
