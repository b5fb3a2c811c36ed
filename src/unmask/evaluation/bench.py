"""The bench: an analyzer on which other detectors are measured beside ours, without a say in the verdict."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from unmask.bootstrap import beside, detectors, with_crops
from unmask.detectors.base import Detector
from unmask.evaluation.gauges import GAUGES
from unmask.evaluation.outcome import Found
from unmask.fusion.fuse import FEW
from unmask.fusion.pooling import pool
from unmask.fusion.signals import FACES, VOICE, join_signals
from unmask.models.registry import Registry, registry_for
from unmask.pipeline import Analyzer
from unmask.settings import Settings
from unmask.types import Media, ShardOutcome, Signal, Track


class Bench(Analyzer):
    """An analyzer whose `judges` make the verdict; `beside` and the gauges only look on. Not thread-safe."""

    def __init__(
        self, settings: Settings, registry: Registry, judges: Sequence[Detector], beside: Sequence[Detector] = ()
    ) -> None:
        super().__init__(settings, registry, judges)
        self.judges, self.beside = tuple(judges), tuple(beside)
        self.detectors = (*self.judges, *self.beside, *GAUGES)


def bench(settings: Settings) -> Bench:
    """The models that the settings name, the added ones with them.

    Raises:
        ModelError: a card can't be read, or weights do not match it.
    """
    registry = registry_for(settings)
    judges, others = detectors(registry, settings), beside(registry, settings)
    return Bench(with_crops(settings, (*judges, *others)), registry, judges, others)


def judges_of(tools: Analyzer) -> tuple[Detector, ...]:
    """The detectors that make the verdict."""
    return tools.judges if isinstance(tools, Bench) else tools.detectors


def raw_findings(
    media: Media, outcomes: Sequence[ShardOutcome], tracks: Sequence[Track], tools: Analyzer
) -> tuple[Found, ...]:
    """What the detectors beside say of each subject, in their own measure; none where `tools` is no bench.

    The number is the mean of the network's own answers over the frames or windows, as its authors take it, and
    `pooled` is the logit that a calibration would be fitted to.
    """
    others = tools.beside if isinstance(tools, Bench) else ()
    return tuple(found for detector in others for found in _findings(detector, media, outcomes, tracks))


def _findings(
    detector: Detector, media: Media, outcomes: Sequence[ShardOutcome], tracks: Sequence[Track]
) -> list[Found]:
    signals, failures = join_signals(detector, outcomes, tracks)
    subject = VOICE if detector.needs == "speech" else FACES
    if failures:
        return [_silent(detector, subject, "failed", failures[0])]
    least = FEW if detector.needs == "faces" and media.kind != "image" else 1
    scored = [_scored(signal) for signal in signals if len(signal.points) >= least]
    return scored or [_silent(detector, subject, "not_applicable", _reason(detector, media, tracks))]


def _scored(signal: Signal) -> Found:
    logits = np.array([point.logit for point in signal.points], dtype=np.float64)
    pooled = pool(logits.astype(np.float32))
    return Found(
        detector=signal.detector,
        subject=signal.subject,
        state="scored",
        probability=float((1 / (1 + np.exp(-np.clip(logits, -60, 60)))).mean()),
        calibrated=False,
        pooled=pooled,
        noise=float(np.sqrt(np.mean((logits - pooled) ** 2))),
    )


def _silent(detector: Detector, subject: str, state: str, reason: str) -> Found:
    kind = {"detector": detector.name, "subject": subject, "state": state, "reason": reason, "calibrated": False}
    return Found.model_validate(kind)


def _reason(detector: Detector, media: Media, tracks: Sequence[Track]) -> str:
    if detector.needs == "speech":
        return "no_audio" if media.audio is None else "too_little_speech"
    if media.kind == "audio":
        return "no_video"
    return "too_few_frames" if tracks else "no_face"
