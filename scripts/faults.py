"""The service's real processes, harmed in the middle of an analysis, as often as asked; and what held afterwards.

    python scripts/faults.py --runs 20 [--only worker --only redis] [--analyzer MODULE:FUNCTION]

Everything is started here and is this run's own: PostgreSQL (a cluster in a folder), Redis, an S3 server behind a proxy
and on a small disk, API, workers and beat. Nothing of the machine is touched. After each run it is asserted that the
analysis ended as its client was told, with the result of an undisturbed run, once; that nothing was lost, doubled, or
left in the store without a row that knows it; and that the audit tells the same. A line of JSON is written for each
run, and runs that are there already are not done again.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests"), str(ROOT / "src")]

from faultruns.checks import document_of, wrong  # noqa: E402
from faultruns.kinds import FAULTS, Missed  # noqa: E402
from faultruns.stand import Stand, own_copy, stand  # noqa: E402
from faultruns.story import Story  # noqa: E402

from unmask.worker.settings import WorkerSettings  # noqa: E402

CLIP = ("-ss", "8", "-t", "4", "-i", str(ROOT / "samples" / "manipulated.mp4"), "-vf", "scale=-2:240")
MOST_MISSED = 10
FAKED = "clock"
"""The fault whose processes run under a clock that can be set."""


def main() -> int:
    """Do what is asked for; 0 when nothing was wrong."""
    wish = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    wish.add_argument("--runs", type=int, default=20, help="runs of each fault, those of earlier calls included")
    wish.add_argument("--only", action="append", choices=list(FAULTS), help="repeat for more")
    wish.add_argument("--out", type=Path, default=Path("runs/faults.jsonl"), help="where the lines are written")
    wish.add_argument("--most", type=int, default=10**6, help="runs in this call")
    wish.add_argument("--analyzer", default=str(WorkerSettings.model_fields["analyzer"].default))
    asked = wish.parse_args()
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started is ended
    done = Counter(line["fault"] for line in _lines(asked.out) if line["analyzer"] == asked.analyzer)
    clip = _clip(asked.out.parent)
    wanted = [(fault, n) for n in range(asked.runs) for fault in asked.only or FAULTS if n >= done[fault]]
    for faked in (False, True):
        mine = [(fault, n) for fault, n in wanted[: asked.most] if (fault == FAKED) is faked]
        if mine:
            _runs(mine, clip, asked.analyzer, asked.out, faked_clock=faked)
    return _table(asked.out, asked.analyzer)


def _runs(wanted: Sequence[tuple[str, int]], clip: bytes, analyzer: str, out: Path, *, faked_clock: bool) -> None:
    with stand(analyzer, faked_clock=faked_clock) as here:
        baseline = _undisturbed(here, clip)
        for fault, number in wanted:
            for _ in range(MOST_MISSED):
                line = _run(here, fault, number, clip, baseline)
                if line is not None:
                    break
            else:
                raise SystemExit(f"{fault} {number}: the moment was missed {MOST_MISSED} times")
            line |= {"analyzer": analyzer, "folder": str(here.folder) if line["wrong"] else ""}
            with out.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
            _tell(line)


def _undisturbed(here: Stand, clip: bytes) -> dict[str, Any]:
    story = Story(here, f"undisturbed-{time.time_ns()}", own_copy(clip, time.time_ns()), resumable=False)
    story.run()
    baseline = document_of(here, story)
    if faults := wrong(here, story, baseline):
        raise SystemExit(f"without any fault, this is wrong: {faults}; logs are in {here.folder}")
    return baseline


def _run(here: Stand, fault: str, number: int, clip: bytes, baseline: dict[str, Any]) -> dict[str, Any] | None:
    """One run; None when its moment was missed."""
    began = time.monotonic()
    story = Story(here, f"{fault}-{number}-{time.time_ns()}", own_copy(clip, time.time_ns()), resumable=number % 4 < 2)
    client = threading.Thread(target=story.run)
    client.start()
    missed, way = False, ""
    try:
        way = FAULTS[fault](here, story, number)
    except Missed:
        missed = True
    client.join()
    here.clock.write_text("+0\n")
    here.ready()
    found = wrong(here, story, baseline)
    if missed and not found:
        return None
    took = round(time.monotonic() - began, 1)
    return {"fault": fault, "number": number, "way": way, "seconds": took, "told": story.told, "wrong": found} | {
        "answers": dict(story.answers), "messages": len(here.told.came.get(story.analysis, []))
    }  # fmt: skip


def _clip(folder: Path) -> bytes:
    """Four seconds of a sample, small."""
    import imageio_ffmpeg

    path = folder / "clip.mp4"
    if not path.exists():
        coding = ("-c:v", "libx264", "-crf", "28", "-c:a", "aac", "-b:a", "48k")
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-loglevel", "error", *CLIP, *coding, str(path)]
        subprocess.run(command, check=True)  # noqa: S603 - a program of a package, and our own arguments
    return path.read_bytes()


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def _tell(line: dict[str, Any]) -> None:
    verdict = "ok   " if not line["wrong"] else "WRONG"
    sys.stdout.write(f"{verdict} {line['fault']} {line['number']}: {line['way']}, {line['seconds']} s\n")
    for fault in line["wrong"]:
        sys.stdout.write(f"      {fault}\n")
    sys.stdout.flush()


def _table(path: Path, analyzer: str) -> int:
    """How many runs of each fault there were, and of how many nothing was wrong."""
    lines = [line for line in _lines(path) if line["analyzer"] == analyzer]
    for fault in FAULTS:
        mine = [line for line in lines if line["fault"] == fault]
        good = sum(not line["wrong"] for line in mine)
        sys.stdout.write(f"{fault:9} {len(mine):3} runs, {good:3} with nothing wrong\n")
    return int(any(line["wrong"] for line in lines))


if __name__ == "__main__":
    sys.exit(main())
