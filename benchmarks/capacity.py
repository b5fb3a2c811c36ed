"""How many clips a day by number of machines, and what gives way first: `python -m benchmarks.capacity`.

Fed by what `scripts/load.py` measured, and by nothing else:

    runs/counts.json      one clip alone: wall seconds of its units, processor seconds of each part of the service
    runs/contention.json  the same analysis side by side without a service: how much slower each one becomes
    runs/throughput.json  clips an hour of the real service; only compared with what is predicted, never fitted to

A worker process is a server of a queue (M/G/c, Allen and Cunneen). Its time for a clip is that of a clip alone, times
the slowdown measured side by side. Everything else has a ceiling by the utilisation law: the processors it can use,
less what it uses when nobody asks anything, divided by its processor seconds for a clip.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.queueing import mean_wait, rate_within

DAY = 86_400.0
BUSY = 0.8
"""Share of its processors that a shared part is given to do at most; at 1 what waits for it never ends."""
MACHINES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
PROCESSORS = {"api": 1.0, "beat": 1.0, "postgres": 2.0, "redis": 1.0, "s3": 1.0}
"""Processors that each part can use: Python and Redis run on one, PostgreSQL on both of its machine."""
NAMES = {"api": "API", "beat": "beat", "postgres": "database", "redis": "broker", "s3": "store"}


@dataclass(frozen=True, slots=True)
class Station:
    """A part of the service that all machines share. `demand` is in processor seconds a clip, `idle` without clips."""

    name: str
    demand: float
    idle: float
    processors: float

    @property
    def ceiling(self) -> float:
        """Clips a second at which it is busy all the time."""
        return self.rate_at(1.0)

    def rate_at(self, utilisation: float) -> float:
        """Clips a second at which so much of its processors is busy."""
        return max(0.0, utilisation * self.processors - self.idle) / self.demand if self.demand > 0 else math.inf

    def utilisation(self, rate: float) -> float:
        """Share of its processors that is busy at so many clips a second."""
        return (self.idle + rate * self.demand) / self.processors


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine of workers. `alone` is the wall seconds of a clip on one process that has the machine for itself.

    `slowdown` is by how much longer an analysis takes, for each number of processes side by side.
    """

    processors: int
    alone: float
    scv: float
    slowdown: Mapping[int, float]

    def service(self, processes: int) -> float:
        """Wall seconds of a clip on each of so many processes."""
        return self.alone * self.slowdown[processes]

    def rate(self, processes: int) -> float:
        """Clips a second when clips always wait."""
        return processes / self.service(processes)


@dataclass(frozen=True, slots=True)
class Plan:
    """A mean wait in seconds, wished for in the busiest hour; `peak` is that hour's clips over the mean hour's."""

    wait: float
    peak: float


@dataclass(frozen=True, slots=True)
class Model:
    """Machines of workers, and what they share."""

    machine: Machine
    stations: tuple[Station, ...]

    def row(self, machines: int, processes: int, plan: Plan) -> dict[str, Any]:
        """Clips a day of so many machines: of workers that are never idle, and by plan; and what binds."""
        servers, service = machines * processes, self.machine.service(processes)
        workers = servers / service
        lowest = min(self.stations, key=lambda station: station.ceiling)
        planned = min(rate_within(servers, service, plan.wait, self.machine.scv), lowest.rate_at(BUSY))
        return {
            "machines": machines,
            "clips_a_day_of_workers": round(DAY * workers),
            "clips_a_day": round(DAY * planned / plan.peak),
            "wait_seconds": round(mean_wait(servers, planned, service, scv_service=self.machine.scv), 1),
            "binds": lowest.name if planned == lowest.rate_at(BUSY) else "workers",
            "utilisation": {"workers": round(planned / workers, 3)}
            | {station.name: round(station.utilisation(planned), 3) for station in self.stations},
        }

    def saturation(self, processes: int) -> dict[str, dict[str, float]]:
        """By shared part: clips a day at its ceiling, and machines that it takes to get there."""
        each = self.machine.rate(processes)
        return {
            station.name: {"clips_a_day": round(DAY * station.ceiling), "machines": round(station.ceiling / each, 1)}
            for station in self.stations
            if math.isfinite(station.ceiling)
        }


def build(counts: Any, contention: Any, seconds: float, asks: float, processors: int) -> Model:
    """The model of a service whose clips last `seconds`, each asked for `asks` times by its client until it ends."""
    (clip,) = (one for one in counts["analyses"] if one["clip_seconds"] == seconds)
    idle, call = counts["idle_a_second"]["processor_seconds"], counts["status_call"]["processor_seconds"]
    alone = clip["units"]["all"]
    stations = [
        Station(name, max(0.0, clip["processor_seconds"][key] + asks * call[key]), idle[key], PROCESSORS[key])
        for key, name in NAMES.items()
    ]
    first, *_ = contention["runs"]
    slowdown = {run["side_by_side"]: run["wall_seconds"] / first["wall_seconds"] for run in contention["runs"]}
    return Model(Machine(processors, alone["mean"], alone["scv"], slowdown), tuple(stations))


def compared(machine: Machine, throughput: Any) -> list[dict[str, float]]:
    """Clips an hour on one machine: predicted, measured, and by what share the prediction is off."""
    found = []
    for run in throughput["runs"]:
        predicted = 3600 * machine.rate(run["processes"])
        found.append(
            {
                "processes": run["processes"],
                "predicted_an_hour": round(predicted, 1),
                "measured_an_hour": run["an_hour"],
                "relative_error": round(predicted / run["an_hour"] - 1, 3),
            }
        )
    return found


def report(model: Model, throughput: Any, processes: int, plan: Plan, machines: Sequence[int]) -> dict[str, Any]:
    """All that is predicted, as one document."""
    return {
        "seconds_of_a_clip_alone": model.machine.alone,
        "slowdown": {str(number): round(value, 3) for number, value in model.machine.slowdown.items()},
        "processes_of_a_machine": processes,
        "wait_seconds": plan.wait,
        "peak": plan.peak,
        "demand": {station.name: round(station.demand, 4) for station in model.stations},
        "compared": compared(model.machine, throughput),
        "saturation": model.saturation(processes),
        "machines": [model.row(number, processes, plan) for number in machines],
    }


def main() -> None:
    asked = _arguments()
    counts, contention, throughput = (json.loads((asked.runs / f"{name}.json").read_text("utf-8")) for name in INPUTS)
    if contention["clip_seconds"] != throughput["clip_seconds"]:
        raise SystemExit("contention and throughput were measured with clips of different lengths")
    model = build(counts, contention, throughput["clip_seconds"], asked.asks, asked.processors)
    found = report(model, throughput, asked.processes, Plan(asked.wait, asked.peak), MACHINES)
    text = json.dumps(found, indent=1) + "\n"
    (asked.runs / "capacity.json").write_text(text, "utf-8")
    print(text, end="")
    from benchmarks.capacity_plot import draw

    for kind in ("svg", "png"):
        draw(model, found, asked.runs / f"capacity.{kind}")


INPUTS = ("counts", "contention", "throughput")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="where the measured numbers lie")
    parser.add_argument("--processors", type=int, default=2, help="of a machine, as of the one that was measured")
    parser.add_argument("--processes", type=int, default=2, help="worker processes of a machine")
    parser.add_argument("--asks", type=float, default=10.0, help="status calls of a client for each clip")
    parser.add_argument(
        "--wait", type=float, default=30.0, help="mean seconds that a clip may wait in the busiest hour"
    )
    parser.add_argument(
        "--peak", type=float, default=5 / 3, help="clips of the busiest hour over those of the mean one"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
