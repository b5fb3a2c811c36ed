"""An analyzer whose detectors learned nothing and load no network, and that can be told to misbehave. For tests only.

`UNMASK_ANALYZER=support.fakeanalyzer:analyzer` sets it in. `UNMASK_TEST_FAULTS` is a file with a JSON list of
{"share", "shard", "do": "sleep" | "spin" | "stuck" | "die" | "raise" | "eat", "seconds", "times", "name"}:
what a detector does at a shard, at most so often. `UNMASK_TEST_LOG` is a file that gets a line per scored shard.
"""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

from unmask.fusion.combine import SHARES
from unmask.models.registry import HERE, Registry
from unmask.pipeline import Analyzer
from unmask.settings import load
from unmask.types import DetectorScores, ScorePoint

SHARES.update(brightness=0.9, loudness=0.9)


class Cards(Registry):
    """The package's cards, under the names of these detectors too."""

    def card(self, name):
        return super().card({"brightness": "face", "loudness": "voice"}.get(name, name))


class Brightness:
    """Scores every face by how bright it is."""

    name, modality, needs = "brightness", "video", "faces"

    def __init__(self, registry):
        self.model = registry.get("face").ref

    def score(self, samples):
        misbehave("video", samples.shard.index)
        points = tuple(
            ScorePoint(o.time, o.time + 1, (o.brightness - 110.0) / 20.0, o.key)
            for o in (face.observation for face in samples.faces)
        )
        return DetectorScores(self.name, points)


class Loudness:
    """Scores every second of speech by its mean power."""

    name, modality, needs = "loudness", "audio", "speech"

    def __init__(self, registry):
        self.model = registry.get("voice").ref

    def score(self, samples):
        misbehave("audio", samples.shard.index)
        inside = [s for s in samples.speech if samples.shard.start <= s.start < samples.shard.end]
        points = tuple(ScorePoint(s.start, s.end, float((samples.sound.cut(s) ** 2).mean()) * 40 - 1) for s in inside)
        return DetectorScores(self.name, points)


def analyzer(settings=None, registry=None):
    settings = settings or load()
    registry = registry or Cards(HERE)
    return Analyzer(settings, registry, [Brightness(registry), Loudness(registry)])


def misbehave(share, shard):
    log = os.environ.get("UNMASK_TEST_LOG")
    faults = os.environ.get("UNMASK_TEST_FAULTS")
    given = json.loads(Path(faults).read_text()) if faults and Path(faults).exists() else []
    for number, fault in enumerate(given):
        if fault["share"] != share or fault["shard"] not in (shard, "any"):
            continue
        if "times" in fault and not _once_more(Path(f"{log}.{fault['name']}.{number}"), fault["times"]):
            continue
        _note(log, f"fault {share} {shard} {os.getpid()}")
        _do(fault)
    _note(log, f"scored {share} {shard} {os.getpid()}")


def _do(fault):
    match fault["do"]:
        case "sleep":
            time.sleep(fault["seconds"])
        case "spin":
            until = time.monotonic() + fault["seconds"]
            while time.monotonic() < until:
                sum(range(10_000))
        case "stuck":
            _stuck(fault["seconds"])
        case "die":
            os.kill(os.getpid(), signal.SIGKILL)
        case "raise":
            raise RuntimeError("told to")
        case "eat":
            _ = bytearray(fault["bytes"])
            _[::4096] = b"x" * len(_[::4096])
            time.sleep(fault["seconds"])


def _stuck(seconds):
    """Gives way to no signal: a call into C that begins anew when it is interrupted."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2, signal.SIGTERM})
    time.sleep(seconds)


def _once_more(count, times):
    done = len(count.read_bytes()) if count.exists() else 0
    if done >= times:
        return False
    with count.open("ab") as file:
        file.write(b".")
    return True


def _note(log, line):
    if log:
        with Path(log).open("a", encoding="utf-8") as file:
            file.write(f"{time.time():.3f} {line}\n")
