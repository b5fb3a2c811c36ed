"""Unmask beside a plain baseline and beside the limit, in turns, over clips of many kinds."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.clips import MAIN, MATRIX, Clip, made
from benchmarks.measure import Cost, machine, middle, run, table

FPS = 4.0
STAGES = ("start", "ingest", "media", "detect", "fuse", "explain", "report")
TENTH = 0.1


def measured(
    folder: Path, *, runs: int, others: int, whole_baseline: bool, clips: Sequence[Clip] = MATRIX
) -> Iterator[dict[str, Any]]:
    """The document so far, after each clip: `runs` turns over the main clip, `others` over the rest (none: left out).

    The baseline sees a tenth of a clip, and on the main clip once the whole, if asked for.
    """
    rows: list[dict[str, Any]] = []
    document = {"machine": machine(), "fps": FPS, "clips": rows}
    for clip in clips:
        main = clip == MAIN
        if not (count := runs if main else others):
            continue
        file = made(clip, folder)
        turns = [_turn(clip, file, baseline=main or number == 0) for number in range(count)]
        row: dict[str, Any] = {"clip": clip.name, "seconds": clip.seconds, "main": main, "turns": count}
        row["ours"] = middle([turn["ours"] for turn in turns])
        row["limit"] = middle([turn["limit"] for turn in turns])
        if plain := [turn["baseline"] for turn in turns if "baseline" in turn]:
            row["baseline_tenth"] = middle(plain)
        if main and whole_baseline:
            row["baseline_whole"] = _cost(run("plain", file))
        rows.append(row)
        print(_line(row), file=sys.stderr, flush=True)
        yield document


def _turn(clip: Clip, file: Path, *, baseline: bool) -> dict[str, Any]:
    turn = {
        "ours": _cost(run("ours", file, FPS)),
        "limit": run("limit", file, clip.faces, FPS).told,
    }
    if baseline and clip.seconds <= 60:
        turn["baseline"] = _cost(run("plain", file, clip.seconds * TENTH))
    return turn


def _cost(cost: Cost) -> dict[str, Any]:
    return {"wall_s": cost.wall, "processor_s": cost.processor, "peak_mib": cost.peak_mib, **cost.told}


def summary(document: Any) -> str:
    """The tables of a run, in Markdown."""
    main = [row for row in document["clips"] if row["main"]]
    parts = [table(*_overview(document["clips"]))]
    parts += ["### Stages\n\n" + table(*_stages(row)) for row in main]
    parts += ["### Limit and baseline\n\n" + table(*_parts(row)) for row in main]
    return "\n\n".join(parts) + "\n"


def judged(row: Any, run_name: str) -> float:
    """Processor seconds from the file to the verdict, without start, explanation and report."""
    spent = row["ours"][run_name]["processor"]
    return float(sum(spent.get(stage, 0.0) for stage in ("ingest", "media", "detect", "fuse")))


def everything(row: Any, run_name: str) -> float:
    """Processor seconds of a whole analysis; of the cold one with its start."""
    return float(sum(row["ours"][run_name]["processor"].values()))


def _overview(rows: Any) -> tuple[list[str], list[list[object]]]:
    head = ["clip", "limit", "verdict", "of limit", "all, warm", "of limit", "all, cold", "wall, cold", "peak MiB"]
    head += ["baseline (tenth x 10)", "baseline / all, cold"]
    found: list[list[object]] = []
    for row in rows:
        limit, cold = row["limit"]["sum"], everything(row, "cold")
        wall = sum(row["ours"]["cold"]["wall"].values())
        line: list[object] = [row["clip"], f"{limit:.1f}"]
        for spent in (judged(row, "warm"), everything(row, "warm")):
            line += [f"{spent:.1f}", f"{spent / limit:.2f}"]
        line += [f"{cold:.1f}", f"{wall:.1f}", f"{row['ours']['peak_mib']:.0f}"]
        plain = row.get("baseline_tenth") and _plain(row["baseline_tenth"]) / TENTH
        found.append([*line, f"{plain:.0f}" if plain else "", f"{plain / cold:.1f}" if plain else ""])
    return head, found


def _plain(cost: Any) -> float:
    """Processor seconds of a baseline without the loading, which does not grow with the clip."""
    return float(sum(v for stage, v in cost["processor"].items() if stage != "load"))


def _stages(row: Any) -> tuple[list[str], list[list[object]]]:
    head = ["stage", "processor s, cold", "wall s, cold", "processor s, warm", "wall s, warm"]
    cold, warm = row["ours"]["cold"], row["ours"]["warm"]
    found = []
    for stage in STAGES:
        values = [part[kind].get(stage) for part in (cold, warm) for kind in ("processor", "wall")]
        found.append([stage, *("" if value is None else f"{value:.2f}" for value in values)])
    return head, found


def _parts(row: Any) -> tuple[list[str], list[list[object]]]:
    whole, tenth = row.get("baseline_whole"), row["baseline_tenth"]
    plain = whole or tenth
    head = ["part", "limit, processor s", f"baseline on {'the whole' if whole else 'a tenth'}, processor s"]
    names = list(dict.fromkeys([*row["limit"]["parts"], *plain["processor"]]))
    limit, spent = row["limit"]["parts"], plain["processor"]
    rows = [[n, *(f"{part[n]:.2f}" if n in part else "" for part in (limit, spent))] for n in names]
    return head, [*rows, ["sum", f"{row['limit']['sum']:.2f}", f"{sum(spent.values()):.2f}"]]


def _line(row: Any) -> str:
    return " | ".join(map(str, _overview([row])[1][0]))


def write(document: Any, target: Path) -> None:
    """The numbers as JSON, and the tables beside them."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(document, indent=1) + "\n")
    target.with_suffix(".md").write_text(summary(document))
