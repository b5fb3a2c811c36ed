"""Rows and outcomes as a run would give them, drawn from a seed: no media, no models. For tests only."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from unmask.evaluation.cases import Case, cases
from unmask.evaluation.document import Evaluation
from unmask.evaluation.evaluate import evaluate
from unmask.evaluation.outcome import Found, Outcome, Stretch
from unmask.fusion.conditions import Traits
from unmask.models.registry import Registry
from unmask.training.manifest import Row

HOSTILE = "clip\u202e<script>alert(1)</script>.mp4"
REAL = ("talks", "phones", "lectures", "news")
CARDS = {name: Registry().card(name) for name in ("face", "voice")}
METHODS = ("FaceSwap", "Wav2Lip", "audiosynth:VITS", "SadTalker")


def outcome(
    name: str,
    label: str | None,
    probability: float | None,
    *,
    face: float | None = None,
    voice: float | None = None,
    error: str | None = None,
    stretches: tuple[tuple[float, float, float], ...] = (),
    traits: Traits | None = None,
) -> Outcome:
    """One file's outcome; a detector without a number has no face or no speech."""
    if error is not None:
        return Outcome(key="k", file=name, seconds=0.1, error=error, message="The file ends early.")
    findings = [_found("face", "person-1", face, "no_face"), _found("voice", "voice", voice, "no_speech")]
    return Outcome(
        key="k",
        file=name,
        seconds=2.0,
        label=label,  # type: ignore[arg-type]
        probability=probability,
        findings=findings,
        stretches=[Stretch(detector="face", start=a, end=b, probability=p) for a, b, p in stretches],
        traits=traits or Traits("video", 150.0, 120.0, 0.08, 12.0, "aac"),
    )


def row(name: str, label: str = "real", **more: object) -> Row:
    return Row(path=Path("/data") / name, kind=more.pop("kind", "video"), label=label, origin=name, **more)  # type: ignore[arg-type]


def many(count: int = 400, seed: int = 1, skill: float = 1.5) -> tuple[Case, ...]:
    """A run over `count` videos: half real, of four sources, half fake, of four methods; some fail or have no face."""
    rng = np.random.default_rng(seed)
    rows, outcomes = [], []
    for i in range(count):
        fake = i % 2 == 1
        method = METHODS[i // 2 % 4] if fake else ""
        source = "fakes" if fake else REAL[i // 2 % 4]
        name = HOSTILE if i == 6 else f"{source}/{i:04d}.mp4"
        span = ((4.0, 8.0),) if method == "SadTalker" else ()
        rows.append(
            row(name, "fake" if fake else "real", method=method, source=source, person=f"p{i // 3}", segments=span)
        )
        outcomes.append(_drawn(name, fake, method, rng, skill + (source == "lectures") * 0.8, i))
    return cases(rows, outcomes)


def made(found: Sequence[Case], **more: Any) -> Evaluation:
    """The evaluation of some cases, with few draws, by the shipped cards."""
    options = {"manifests": ["m.csv"], "split": "dev", "settings": {"fps": 4.0}, "draws": 30} | more
    return evaluate(found, CARDS, **options)


def _drawn(name: str, fake: bool, method: str, rng: np.random.Generator, skill: float, i: int) -> Outcome:
    size, light = rng.uniform(50, 260), rng.uniform(40, 200)
    traits = Traits("video", size, light, float(rng.uniform(0.01, 0.2)), float(rng.uniform(3, 90)), "aac")
    if i % 67 == 5:
        return outcome(name, None, None, error="truncated")
    if i % 41 == 3:
        bare = Traits("video", None, None, 0.1, 9.0, None)
        return outcome(name, "not_assessable", None, traits=bare)
    face = _chance(rng.normal((1 if fake and not method.startswith("audiosynth") else -1) * skill, 1.4))
    voice = _chance(rng.normal((1 if method.startswith("audiosynth") else -1) * skill, 1.2))
    chance = max(face, voice if fake else min(voice, 0.7))
    label = "likely_manipulated" if chance >= 0.8 else "likely_authentic" if chance < 0.25 else "inconclusive"
    spans = (
        ((4.3, 8.2, chance),) if face > 0.6 and method == "SadTalker" else ((1.0, 2.5, chance),) if face > 0.8 else ()
    )
    return outcome(name, label, chance, face=face, voice=voice, stretches=spans, traits=traits)


def _chance(log_odds: float) -> float:
    return float(1 / (1 + np.exp(-log_odds)))


def _found(detector: str, subject: str, probability: float | None, reason: str) -> Found:
    if probability is None:
        return Found(detector=detector, subject=subject, state="not_applicable", reason=reason)
    return Found(detector=detector, subject=subject, state="scored", probability=probability)
