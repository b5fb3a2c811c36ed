"""Throw damaged and hostile files at the way that `unmask analyze` takes, and count what becomes of them.

    python scripts/fuzz.py --files 2000 --out /tmp/fuzz

File number N is a function of N and the seed alone, so any case can be made again: `--only N --keep`. One line a file
goes to OUT/outcomes.jsonl, and a run that was broken off goes on there. The exit code is 1 where the main process met
an error without a code, or a file took longer than `LONGEST`.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from fuzzing.mutations import CORPUS, MUTATIONS, make_case

from unmask.errors import UnmaskError
from unmask.examination import examine, open_share
from unmask.ingest import ingest
from unmask.media.shards import plan
from unmask.settings import Settings

SEED = 20_261_126
LONGEST = 60.0
"""Seconds for one file, on however busy a machine."""

FRAMES = 2.0
"""Frames a second that are looked at: every packet is read and decoded all the same."""


def run(path: Path, settings: Settings) -> str:
    """The stages that read the file, without the networks: receive, probe, origin, pictures, faces, sound, speech."""
    with TemporaryDirectory(prefix="unmask-fuzz-") as work:
        try:
            media = ingest(path, Path(work), settings)
            with open_share(media, settings, (), None) as reader:
                for shard in plan(media, settings.shard_seconds, settings.fps):
                    examine(reader, shard, ())
        except UnmaskError as refused:
            return refused.code
        return "analysed"


def main() -> int:
    """Run the cases that are still missing, and print the table."""
    wanted = _arguments()
    wanted.out.mkdir(parents=True, exist_ok=True)
    log = wanted.out / "outcomes.jsonl"
    done = {json.loads(line)["number"] for line in log.read_text().splitlines()} if log.exists() else set()
    numbers = [wanted.only] if wanted.only is not None else [n for n in range(wanted.files) if n not in done]
    corpus = CORPUS.make(wanted.out / "corpus")
    settings = Settings(fps=FRAMES, max_seconds=600.0)
    with log.open("a", encoding="utf-8") as lines:
        for number in numbers:
            name, data = make_case(random.Random(f"{wanted.seed}/{number}"), number, corpus)  # noqa: S311
            path = wanted.out / f"case-{number}"
            path.write_bytes(data)
            began = time.monotonic()
            try:
                outcome = run(path, settings)
            except Exception as broken:
                outcome = f"UNCODED {type(broken).__name__}: {broken}"[:200]
            took = time.monotonic() - began
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
            found = {"number": number, "case": name, "outcome": outcome, "seconds": round(took, 2), "memory": memory}
            lines.write(json.dumps(found) + "\n")
            lines.flush()
            if not wanted.keep and not outcome.startswith("UNCODED") and outcome != "decoder_stopped":
                path.unlink()
    return _tell([json.loads(line) for line in log.read_text().splitlines()])


def _tell(found: list[dict[str, object]]) -> int:
    """A table of outcomes by kind of mutation; 1 where something must not have been."""
    kinds = sorted({str(one["case"]).split("/")[0] for one in found})
    outcomes = Counter(str(one["outcome"]) for one in found)
    write = sys.stdout.write
    write("| outcome | files |\n|---|---|\n")
    for outcome, count in outcomes.most_common():
        write(f"| {outcome} | {count} |\n")
    write(f"\n{len(found)} files, {len(kinds)} of {len(MUTATIONS)} kinds of mutation; ")
    write(f"slowest {max(float(str(one['seconds'])) for one in found):.1f} s, ")
    write(f"largest memory of the main process {max(int(str(one['memory'])) for one in found) // 2**20} MiB\n")
    uncoded = [one for one in found if str(one["outcome"]).startswith("UNCODED")]
    slow = [one for one in found if float(str(one["seconds"])) > LONGEST]
    for one in (*uncoded, *slow):
        write(f"{one}\n")
    return 1 if uncoded or slow else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", type=int)
    parser.add_argument("--keep", action="store_true", help="leave the files there")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
