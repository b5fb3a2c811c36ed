"""The composition root: the one place where settings, models and detectors meet."""

from __future__ import annotations

from fractions import Fraction

from unmask.detectors.base import Detector
from unmask.detectors.face import FaceDetector
from unmask.detectors.lip_sync import LipSyncDetector
from unmask.detectors.voice import VoiceDetector
from unmask.models.registry import HERE, Registry
from unmask.pipeline import Analyzer
from unmask.settings import Settings, load


def detectors(registry: Registry, settings: Settings) -> tuple[Detector, ...]:
    """All detectors, in the order in which findings are listed. A new detector is added here.

    `lip_sync` takes part where its model is installed.
    """
    slot = 1 / Fraction(settings.fps).limit_denominator(1000)
    found: list[Detector] = [
        FaceDetector(registry.get("face"), slot, settings.min_face),
        VoiceDetector(registry.get("voice")),
    ]
    if "lip_sync" in registry.names():
        found.append(LipSyncDetector(registry.get("lip_sync")))
    return tuple(found)


def analyzer(settings: Settings | None = None, registry: Registry | None = None) -> Analyzer:
    """An analyzer ready to run; its networks load when they are first needed and serve all its files."""
    settings = settings or load()
    registry = registry or Registry(settings.models or HERE)
    return Analyzer(settings, registry, detectors(registry, settings))
