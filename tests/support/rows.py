"""Projects, analyses and small results, for tests of the service."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

from unmask.access.scopes import SCOPES
from unmask.result import Finding, MediaFacts, ModelUsed, Narrative, Result, Verdict
from unmask.service import lifecycle
from unmask.service.context import Context, Principal, new_id
from unmask.service.lifecycle import ArtifactFile
from unmask.service.media import Incoming
from unmask.service.options import Options
from unmask.service.projects import ensure_project
from unmask.service.submissions import FromBytes, Submitted, submit
from unmask.storage import keys


def principal(context: Context, name: str = "one") -> Principal:
    """Somebody who may do everything in the project of that name."""
    return Principal(ensure_project(context, name).id, frozenset(SCOPES))


def incoming(context: Context, project: str, data: bytes) -> Incoming:
    """Bytes as an upload leaves them in the store."""
    key = keys.incoming(project, new_id())
    context.store.put(key, data)
    return Incoming(key, len(data), hashlib.sha256(data).hexdigest())


def submitted(
    context: Context, who: Principal, data: bytes = b"media", *, name: str = "clip.mp4", **options: Any
) -> Submitted:
    """An analysis that waits."""
    return submit(context, who, FromBytes(incoming(context, who.project, data), name), Options(**options))


def started(context: Context, who: Principal, data: bytes = b"media", **options: Any) -> str:
    """An analysis that runs; its id."""
    analysis = submitted(context, who, data, **options).analysis.id
    with context.database.write() as repo:
        assert lifecycle.start(repo, context, analysis) is not None
    return analysis


def finished(context: Context, who: Principal, data: bytes = b"media", label: Any = None, **options: Any) -> str:
    """An analysis that is done, with its artifacts in the store; its id."""
    analysis = started(context, who, data, **options)
    outcome = result(analysis, data, **({"label": label} if label else {}))
    files = stored(
        context,
        who.project,
        analysis,
        {
            "result.json": (outcome.to_json().encode(), "application/json"),
            "report.html": (b"<!doctype html><title>report</title>", "text/html; charset=utf-8"),
            "report.pdf": (b"%PDF-1.7 made up", "application/pdf"),
            "evidence/e1.png": (bytes(range(256)), "image/png"),
        },
    )
    with context.database.write() as repo:
        lifecycle.finish(repo, context, analysis, outcome, files)
    return analysis


def stored(context: Context, project: str, analysis: str, files: dict[str, tuple[bytes, str]]) -> list[ArtifactFile]:
    """Artifacts put into the store as a worker does it."""
    found = []
    for name, (data, media_type) in files.items():
        key = keys.artifact(project, analysis, name)
        context.store.put(key, data, media_type)
        found.append(ArtifactFile(name, key, len(data), hashlib.sha256(data).hexdigest(), media_type))
    return found


def result(
    analysis: str, data: bytes = b"media", label: Any = "likely_manipulated", probability: float = 0.9
) -> Result:
    """A small result document of one finding."""
    scored = label in {"likely_manipulated", "likely_authentic", "inconclusive"}
    return Result(
        analysis=analysis,
        created=datetime(2026, 11, 26, tzinfo=UTC),
        media=MediaFacts(
            name="clip.mp4",
            kind="video",
            sha256=hashlib.sha256(data).hexdigest(),
            bytes=len(data),
            container="mp4",
            duration=12.5,
            bit_rate=None,
            video=None,
            audio=None,
            tags={},
            notes=[],
        ),
        verdict=Verdict(
            label=label,
            probability=probability if scored else None,
            interval=(0.8, 0.95) if scored else None,
            prior_log_odds=0.0 if scored else None,
            reasons=[],
            expected_error=None,
        ),
        contributions=[],
        persons=[],
        findings=[
            Finding(
                detector="face", subject="person-1", state="scored", probability=0.9, interval=(0.8, 0.95), samples=9
            ),
            Finding(detector="voice", subject="voice", state="not_applicable", reason="no_speech"),
        ],
        segments=[],
        evidence=[],
        narrative=Narrative(text="", sentences=[], author="template", dropped=[]),
        models=[ModelUsed(name="face", version="0.2.0", sha256="0" * 64)],
        settings={},
        timings={},
    )
