"""Finished analyses put straight into the store of a server that runs, without anything being analysed. For tests only.

What they say is chosen by the test, so that a page can be held against it; the film is real.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from support.heated import VIDEO
from support.rows import incoming, stored
from support.writtenresult import written
from unmask.db.tables import Batch, Feedback, Judgement
from unmask.errors import DecodeFailed
from unmask.explain.narrative import NarrativeFacts, narrate
from unmask.result import Contribution, Finding, MediaFacts, ModelUsed, Result
from unmask.service import lifecycle
from unmask.service.context import Context, Principal, new_id, open_context
from unmask.service.keys import local_principal
from unmask.service.options import Options
from unmask.service.submissions import FromAnalysis, FromBytes, Order, submit_within
from unmask.settings import ServiceSettings

SECONDS = 15.2
_SHRUNK = SECONDS / 31.2


@dataclass(frozen=True)
class Told:
    """What an analysis is to say: the log-odds that the first face and the voice add, and versions of the models."""

    face: float = 2.6
    voice: float | None = 1.3
    versions: tuple[tuple[str, str], ...] = (("face", "0.2.0"), ("voice", "0.2.0"))
    seconds: float = SECONDS
    fps: float = 4.0


class Seeds:
    """Puts analyses into the data folder of a server that needs no keys."""

    def __init__(self, folder: Path, film: Path) -> None:
        self.context: Context = open_context(ServiceSettings(data=folder))
        self.who: Principal = local_principal(self.context)
        self._film = film.read_bytes()

    def close(self) -> None:
        """Let go of the database."""
        self.context.database.close()

    def done(self, told: Told | None = None, *, name: str = "clip.mp4", cut: int = 0, **more: Any) -> str:
        """An analysis that is done. `cut` bytes less of the film make it another file."""
        at = more.pop("at", datetime.now(UTC))
        context = replace(self.context, now=lambda: at)
        data = self._film[: len(self._film) - cut]
        batch, of = more.pop("batch", None), more.pop("rerun_of", None)
        source = FromAnalysis(of) if of else FromBytes(incoming(context, self.who.project, data), name)
        with context.database.write() as repo:  # in one go, so that no worker takes it
            asked = submit_within(
                repo, context, self.who, source=source, options=Options(**more), order=Order(batch=batch)
            )
            analysis = asked.analysis
            lifecycle.start(repo, context, analysis.id)
            outcome = result(analysis.id, told or Told(), analysis.media_name, analysis.media_sha256 or "", len(data))
            made = stored(context, self.who.project, analysis.id, _files(outcome))
            lifecycle.finish(repo, context, analysis.id, outcome, made)
            repo.work.drop_waiting(analysis.id)
        return analysis.id

    def running(self, *, name: str = "running.mp4", batch: str | None = None) -> str:
        """An analysis that runs, and that nobody works on: it stands in the middle of its examination."""
        data = b"\x00\x00\x00\x18ftypisom of " + name.encode()
        order, source = Order(batch=batch), FromBytes(incoming(self.context, self.who.project, data), name)
        with self.context.database.write() as repo:
            asked = submit_within(repo, self.context, self.who, source=source, options=Options(), order=order)
            analysis = asked.analysis.id
            lifecycle.start(repo, self.context, analysis)
            repo.work.drop_waiting(analysis)
            lifecycle.record_media(repo, self.context, analysis, SECONDS)
            lifecycle.record_progress(repo, self.context, analysis, stage="detect", fraction=0.4)
            found = Finding(detector="voice", subject="voice", state="not_applicable", reason="no_speech")
            lifecycle.record_finding(repo, self.context, analysis, found)
        return analysis

    def failed(self, *, name: str = "broken.mp4", batch: str | None = None) -> str:
        """An analysis that failed: its file can't be decoded."""
        analysis = self.running(name=name, batch=batch)
        with self.context.database.write() as repo:
            lifecycle.fail(repo, self.context, analysis, DecodeFailed("No picture could be decoded."))
        return analysis

    def stopped(self, *, name: str = "stopped.mp4") -> str:
        """An analysis that somebody stopped."""
        analysis = self.running(name=name)
        lifecycle.cancel(self.context, self.who, analysis)
        return analysis

    def batch(self, total: int, label: str | None = None) -> str:
        """A batch without analyses."""
        now = self.context.now()
        row = Batch(id=new_id(now), project_id=self.who.project, label=label, total=total, created_at=now)
        with self.context.database.write() as repo:
            repo.records.add(row)
        return row.id

    def judged(self, analysis: str, judgement: Judgement, *, days_ago: float = 0.0, comment: str = "") -> None:
        """A person's judgement, so many days ago."""
        at = datetime.now(UTC) - timedelta(days=days_ago)
        row = Feedback(
            id=new_id(at), analysis_id=analysis, judgement=judgement, comment=comment, author="", created_at=at
        )
        with self.context.database.write() as repo:
            repo.attached.add_feedback(row)


def result(analysis: str, told: Told, name: str, sha256: str, size: int) -> Result:
    """Two faces and a voice; the probability is that of what they add up to."""
    base = written(name)
    shrink = _SHRUNK * told.seconds / SECONDS
    voice = (
        []
        if told.voice is None
        else [Contribution(source="voice", subject="voice", log_odds=told.voice, evidence=["E5"])]
    )
    parts = [
        Contribution(source="face", subject="person-1", log_odds=told.face, evidence=["E1", "E2", "E3"]),
        Contribution(source="face", subject="person-2", log_odds=-0.5, evidence=["E4"]),
        *voice,
    ]
    total = math.fsum(part.log_odds for part in parts)
    probability = _probability(total)
    label: Any = "likely_manipulated" if total > 1.5 else "likely_authentic" if total < -1.5 else "inconclusive"
    media = MediaFacts(
        **base.media.model_dump(exclude={"sha256", "bytes", "duration", "video", "provenance"}),
        sha256=sha256,
        bytes=size,
        duration=told.seconds,
        video=VIDEO,
        provenance=base.media.provenance,
    )
    changes = {
        "analysis": analysis,
        "media": media,
        "verdict": base.verdict.model_copy(
            update={
                "label": label,
                "probability": probability,
                "interval": (_probability(total - 0.7), _probability(total + 0.7)),
            }
        ),
        "contributions": parts,
        "findings": [_scored(f, told) for f in base.findings],
        "persons": [p.model_copy(update={"last_seen": p.last_seen * shrink}) for p in base.persons],
        "segments": [
            s.model_copy(update={"start": s.start * shrink, "end": s.end * shrink})
            for s in base.segments
            if (s.detector == "face" and told.face > 0) or (s.detector == "voice" and (told.voice or 0) > 0)
        ],
        "models": [ModelUsed(name=n, version=v, sha256=_hash(f"{n} {v}")) for n, v in told.versions],
        "settings": {"fps": told.fps},
    }
    made = base.model_copy(update=changes)
    return made.model_copy(update={"narrative": narrate(NarrativeFacts.of(made))})


def _scored(finding: Finding, told: Told) -> Finding:
    match finding.detector, finding.subject:
        case "face", "person-1":
            return _with(finding, told.face)
        case "voice", _ if told.voice is None:
            return Finding(detector="voice", subject="voice", state="not_applicable", reason="no_speech")
        case "voice", _:
            return _with(finding, told.voice or 0.0)
    return finding


def _with(finding: Finding, log_odds: float) -> Finding:
    interval = (_probability(log_odds - 0.7), _probability(log_odds + 0.7))
    return finding.model_copy(update={"probability": _probability(log_odds), "interval": interval})


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _probability(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))


def _files(outcome: Result) -> dict[str, tuple[bytes, str]]:
    signals = []
    for finding in outcome.findings:
        if finding.state == "scored" and finding.probability is not None:
            steps = int(outcome.media.duration * 2)
            points = [[n / 2, finding.probability * (0.6 + 0.4 * math.sin(n / 3))] for n in range(steps)]
            signals.append({"detector": finding.detector, "subject": finding.subject, "points": points})
    boxes = [[n / 2, 240, 120, 150, 150] for n in range(int(outcome.media.duration * 2))]
    drawn = {
        "schema": "unmask.player/1",
        "size": [640, 480],
        "persons": [{"subject": "person-1", "boxes": boxes}],
        "heats": [],
        "signals": signals,
    }
    return {
        "result.json": (outcome.to_json().encode(), "application/json"),
        "player.json": (json.dumps(drawn).encode(), "application/json"),
        "report.html": (b"<!doctype html><title>report</title><p>report</p>", "text/html; charset=utf-8"),
        "report.pdf": (b"%PDF-1.7 made up", "application/pdf"),
    }
