"""The composition root: the one place where settings, models and detectors meet."""

from __future__ import annotations

from fractions import Fraction

from unmask.detectors.added import added_detector
from unmask.detectors.base import Detector
from unmask.detectors.face import FaceDetector
from unmask.detectors.lip_sync import LipSyncDetector
from unmask.detectors.voice import VoiceDetector
from unmask.models.added import AddedModel
from unmask.models.registry import Registry, registry_for
from unmask.pipeline import Analyzer
from unmask.sandbox.cell import enabled
from unmask.sandbox.nursery import nursery
from unmask.settings import Settings, load


def detectors(registry: Registry, settings: Settings) -> tuple[Detector, ...]:
    """All detectors, in the order in which findings are listed. A new detector is added here.

    `lip_sync` takes part where its model is installed, an added model where its card holds a calibration.
    """
    slot = 1 / Fraction(settings.fps).limit_denominator(1000)
    found: list[Detector] = [
        FaceDetector(registry.get("face"), slot, settings.min_face),
        VoiceDetector(registry.get("voice")),
    ]
    if "lip_sync" in registry.names():
        found.append(LipSyncDetector(registry.get("lip_sync")))
    found += [added(model, settings) for model in registry.added.all() if model.card.calibration is not None]
    return tuple(found)


def beside(registry: Registry, settings: Settings) -> tuple[Detector, ...]:
    """Detectors of added models that take no part in a verdict, because nobody calibrated them: for evaluations."""
    return tuple(added(model, settings) for model in registry.added.all() if model.card.calibration is None)


def added(model: AddedModel, settings: Settings) -> Detector:
    """The detector of one added model."""
    return added_detector(model, 1 / Fraction(settings.fps).limit_denominator(1000), settings.min_face)


def with_crops(settings: Settings, looked_at: tuple[Detector, ...]) -> Settings:
    """The settings with wide crops of faces, where one of the detectors is of an added model that looks at faces."""
    wide = any(detector.name.startswith("face:") for detector in looked_at)
    return settings.model_copy(update={"wide_faces": True}) if wide else settings


def analyzer(settings: Settings | None = None, registry: Registry | None = None) -> Analyzer:
    """An analyzer ready to run; its networks load when they are first needed and serve all its files."""
    settings = settings or load()
    if enabled():
        nursery.warm()  # it loads its decoders while networks are loaded here
    registry = registry or registry_for(settings)
    found = detectors(registry, settings)
    return Analyzer(with_crops(settings, found), registry, found)
