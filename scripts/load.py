"""How the service bears load, and what an analysis costs it; everything is started here, as real processes.

    python scripts/load.py long --minutes 10             # one long video, with one and with two worker processes
    python scripts/load.py crowd --uploads 200           # many uploads at once
    python scripts/load.py counts --seconds 10 60        # statements, store requests, broker commands of an analysis
    python scripts/load.py throughput --processes 1 2 4  # clips an hour
    python scripts/load.py contention --beside 1 2 4     # what analyses side by side take from each other
    python scripts/load.py soak --clips 500              # memory, and what is left, after very many clips

PostgreSQL, Redis, an S3 server, API, workers and beat run with the models and settings of an installation, and talk to
nothing but this machine. Each command writes JSON to runs/NAME.json, prints it, and exits with 1 where something is
wrong: lost, doubled, not done, or other than without a service.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests"), str(ROOT / "src"), str(ROOT)]

from loadruns.contention import contention  # noqa: E402
from loadruns.counts import counted  # noqa: E402
from loadruns.crowd import many_uploads  # noqa: E402
from loadruns.long import long_video  # noqa: E402
from loadruns.soak import soak  # noqa: E402
from loadruns.throughput import throughput  # noqa: E402

Run = Callable[[argparse.Namespace], dict[str, Any]]


def main() -> int:
    """Do what is asked for; 0 when nothing was wrong."""
    asked = _arguments().parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started is ended
    found = asked.run(asked)
    out = asked.out or Path(f"runs/{asked.name}.json")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    sys.stdout.write(json.dumps(found, indent=1) + "\n")
    return 1 if found["wrong"] else 0


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    commands = parser.add_subparsers(required=True)

    def add(name: str, about: str, run: Run) -> Callable[..., None]:
        command = commands.add_parser(name, help=about)
        command.set_defaults(run=run, name=name)
        command.add_argument("--out", type=Path)

        def option(flag: str, kind: Any, default: Any, about: str, *, many: bool = False) -> None:
            command.add_argument(flag, type=kind, default=default, help=about, nargs="+" if many else None)

        return option

    long = add("long", "one long video, with one and with two processes", lambda a: long_video(a.minutes))
    long("--minutes", float, 10.0, "length of the video")

    crowd = add("crowd", "many uploads at once", lambda a: many_uploads(a.uploads, a.clients, a.seconds))
    crowd("--uploads", int, 200, "clips")
    crowd("--clients", int, 20, "clients at once")
    crowd("--seconds", float, 10.0, "length of a clip")

    counts = add("counts", "what an analysis costs", lambda a: counted(a.seconds, a.analyses, a.idle, a.analyzer))
    counts("--seconds", float, [10.0, 60.0], "lengths of clips", many=True)
    counts("--analyses", int, 5, "clips of each length")
    counts("--idle", float, 20.0, "seconds without any, whose costs are taken off")
    counts("--analyzer", str, None, "MODULE:FUNCTION in place of the one that ships")

    through = add("throughput", "clips an hour", lambda a: throughput(a.processes, a.uploads, a.seconds, a.analyzer))
    through("--processes", int, [1, 2, 4], "worker processes", many=True)
    through("--uploads", int, 24, "clips for each")
    through("--seconds", float, 10.0, "length of a clip")
    through("--analyzer", str, None, "MODULE:FUNCTION in place of the one that ships")

    beside = add("contention", "analyses side by side", lambda a: contention(a.beside, a.analyses, a.seconds))
    beside("--beside", int, [1, 2, 4], "processes side by side", many=True)
    beside("--analyses", int, 4, "analyses by each")
    beside("--seconds", float, 10.0, "length of a clip")

    long_run = add("soak", "very many clips", lambda a: soak(a.clips, a.clients, a.seconds, a.analyzer))
    long_run("--clips", int, 500, "clips")
    long_run("--clients", int, 8, "clients at once")
    long_run("--seconds", float, 2.0, "length of a clip")
    long_run("--analyzer", str, None, "MODULE:FUNCTION in place of the one that ships")
    return parser


if __name__ == "__main__":
    sys.exit(main())
